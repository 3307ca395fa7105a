import { readFileSync, realpathSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { types } from 'node:util';

/**
 * Replaces texts in files of packages. `edits` are lists of `{ file, edits: [{ text, by }] }`, `file` below node_modules. A
 * text that is not there once ends the build: the package has changed.
 */
export function editedPackages(root, edits) {
  const byPath = new Map(
    edits.map(({ file, edits }) => [realpathSync(join(root, 'node_modules', file)), edits]),
  );
  return {
    name: 'edited-packages',
    setup(build) {
      build.onLoad({ filter: /node_modules/ }, ({ path }) => {
        const edits = byPath.get(path);
        return edits && { contents: edits.reduce(edit, readFileSync(path, 'utf8')) };
      });
    },
  };
}

function edit(source, { text, by }) {
  const [before, after, ...others] = source.split(text);
  if (after === undefined || others.length > 0) throw new Error(`Not found once: ${text}`);
  return before + by + after;
}

/**
 * Packages that are loaded when something of them is first used, not when the task starts: tasks are judged by the time to
 * their first request, which needs none of these. Each becomes a file beside the bundle; its name and source are added to
 * `chunks`. `of` is the package that asks for them, in a version of its own; empty for any other.
 */
export function lazyPackages(groups, chunks) {
  return {
    name: 'lazy-packages',
    setup(build) {
      const isOf = (importer, of) => importer.includes(`node_modules/${of}/`);
      build.onResolve({ filter: /^(\.\/)?[a-z_]/ }, ({ kind, namespace, path, ...args }) => {
        if (kind === 'entry-point' || namespace !== 'file') return undefined;
        const group =
          groups.find(({ of }) => isOf(args.importer, of)) ?? groups.find(({ of }) => of === '');
        if (!group.names.includes(path)) return undefined;
        const file = createRequire(join(args.resolveDir, 'x.js')).resolve(path);
        const chunk = [group.of, basename(path, '.js')].filter((part) => part !== '').join('-');
        return { path: file, namespace: 'lazy', pluginData: { chunk } };
      });
      build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path, pluginData }) => {
        if (!isBuiltin(path)) chunks.set(pluginData.chunk, path);
        const target = isBuiltin(path) ? path : `./${pluginData.chunk}.js`;
        return { contents: standInFor(path, target), resolveDir: import.meta.dirname };
      });
      // The stand-in's own request: for a file that is built beside the bundle.
      build.onResolve({ filter: /^\.\/[a-z0-9_-]+\.js$/, namespace: 'lazy' }, ({ path }) => ({
        path,
        external: true,
      }));
    },
  };
}

/** A CommonJS module with the exports of a file, which it loads from `target` when one of them is used. */
function standInFor(file, target) {
  const module = createRequire(import.meta.url)(file);
  const head = types.isModuleNamespaceObject(module)
    ? `Object.defineProperty(exports, '__esModule', { value: true });`
    : typeof module === 'function'
      ? `module.exports = function (...args) { return require('${target}').apply(this, args); };`
      : '';
  const names = Object.keys(module).filter((name) => name !== '__esModule');
  return `${head}
for (const name of ${JSON.stringify(names)}) {
  const get = () => require('${target}')[name];
  Object.defineProperty(module.exports, name, { enumerable: true, configurable: true, get });
}`;
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
