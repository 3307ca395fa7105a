import { createRequire, isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { types } from 'node:util';

/**
 * Packages that are loaded when something of them is first used, not when the task starts: tasks are judged by the time to
 * their first request, which needs none of these. Each becomes a file beside the bundle; its name and source are added to
 * `chunks`. `of` is the package that asks for them, empty for any.
 */
export function lazyPackages(groups, chunks) {
  return {
    name: 'lazy-packages',
    setup(build) {
      const isLazy = ({ path, importer }) =>
        groups.some(({ of, names }) => importer.includes(of) && names.includes(path));
      build.onResolve({ filter: /^[a-z_]/ }, (args) =>
        args.kind !== 'entry-point' && isLazy(args)
          ? { path: args.path, namespace: 'lazy', pluginData: { resolveDir: args.resolveDir } }
          : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path, pluginData }) => ({
        contents: standInFor(path, pluginData.resolveDir, chunks),
        resolveDir: pluginData.resolveDir,
      }));
      // The stand-in's own request: for a file that is built beside the bundle.
      build.onResolve({ filter: /^\.\/[a-z0-9_-]+\.js$/, namespace: 'lazy' }, ({ path }) => ({
        path,
        external: true,
      }));
    },
  };
}

/** A CommonJS module with the exports of a package, which it loads when one of them is used. */
function standInFor(path, resolveDir, chunks) {
  const require = createRequire(join(resolveDir, 'x.js'));
  const module = require(path);
  const target = isBuiltin(path) ? `node:${path.replace(/^node:/, '')}` : `./${path}.js`;
  if (!isBuiltin(path)) chunks.set(path, require.resolve(path));
  const head = types.isModuleNamespaceObject(module)
    ? `Object.defineProperty(exports, '__esModule', { value: true });`
    : typeof module === 'function'
      ? `module.exports = function (...args) { return require('${target}').apply(this, args); };`
      : '';
  return [head, ...Object.keys(module).map((name) => getter(target, name))].join('\n');
}

function getter(target, name) {
  return `Object.defineProperty(module.exports, '${name}', { enumerable: true, configurable: true, get: () => require('${target}')['${name}'] });`;
}

/** Modules and packages that are imported by `import()` become files beside the bundle, added to `chunks` likewise. */
export function lazyModules(chunks) {
  return {
    name: 'lazy-modules',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, importer, resolveDir }) => {
        if (kind !== 'dynamic-import' || !importer.endsWith('.ts')) return undefined;
        chunks.set(basename(path), `${join(resolveDir, path)}.ts`);
        return { path: `./${basename(path)}.js`, external: true };
      });
      build.onResolve({ filter: /^[a-z]/ }, ({ kind, path, importer, resolveDir }) => {
        if (kind !== 'dynamic-import' || !importer.endsWith('.ts') || isBuiltin(path))
          return undefined;
        chunks.set(path, createRequire(join(resolveDir, 'x.js')).resolve(path));
        return { path: `./${path}.js`, external: true };
      });
    },
  };
}
