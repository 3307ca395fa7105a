import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Packages that are evaluated when something of them is first used, not when the task starts: tasks are judged by the time
 * to their first request, and most steps need none of these.
 */
export function lazyPackages(names) {
  const filter = new RegExp(`^(${names.join('|')})$`);
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter }, ({ path, namespace }) =>
        namespace === 'lazy' ? undefined : { path, namespace: 'lazy' },
      );
      build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
        contents: Object.keys(require(path))
          .map((name) => getter(path, name))
          .join('\n'),
        resolveDir: process.cwd(),
      }));
    },
  };
}

function getter(path, name) {
  return `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => require('${path}').${name} });`;
}

/** Modules of ours that are imported when needed become files beside the bundle; their paths are added to `found`. */
export function ownFileForDynamicImports(found) {
  return {
    name: 'own-file-for-dynamic-imports',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, importer, resolveDir }) => {
        if (kind !== 'dynamic-import' || !importer.endsWith('.ts')) return undefined;
        found.add(`${join(resolveDir, path)}.ts`);
        return { path: `./${basename(path)}.js`, external: true };
      });
    },
  };
}
