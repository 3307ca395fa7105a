import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';

interface Import {
  /** Both relative to the repository, with forward slashes; packages by their name. */
  readonly from: string;
  readonly to: string;
}

const layers = ['shared', 'tasks', 'local'];

function sourceFiles(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const specifiers = text.matchAll(
    /(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g,
  );
  const from = relative(repositoryRoot, file).replaceAll('\\', '/');
  return [...specifiers].map(([, first, second]) => {
    const specifier = first ?? second ?? '';
    const to = specifier.startsWith('.')
      ? relative(repositoryRoot, resolve(dirname(file), specifier)).replaceAll('\\', '/')
      : specifier;
    return { from, to };
  });
}

const imports = layers.flatMap(sourceFiles).flatMap(importsOf);

function importsBetween(from: RegExp, to: RegExp): string[] {
  return imports
    .filter((item) => from.test(item.from) && to.test(item.to))
    .map((item) => `${item.from} imports ${item.to}`);
}

function importersOf(packageName: RegExp): string[] {
  return [
    ...new Set(imports.filter(({ to }) => packageName.test(to)).map(({ from }) => from)),
  ].sort();
}

describe('imports', () => {
  it('are found at all', () => {
    assert.ok(imports.length > 200);
    assert.ok(importsBetween(/^tasks\//, /^shared\/pipeline\//).length > 0);
  });

  it('of shared/databricks stay inside it', () => {
    assert.deepEqual(
      importsBetween(/^shared\/databricks\//, /^(shared\/pipeline|tasks|local)\//),
      [],
    );
  });

  it('of shared/pipeline go to shared/databricks alone', () => {
    assert.deepEqual(importsBetween(/^shared\/pipeline\//, /^(tasks|local)\//), []);
  });

  it('of shared/pipeline use the public face of shared/databricks', () => {
    assert.deepEqual(importsBetween(/^(shared\/pipeline|tasks)\//, /^shared\/databricks\/./), []);
  });

  it('of a task stay out of other tasks', () => {
    const crossing = imports.filter(({ from, to }) => {
      const [, own] = /^tasks\/([^/]+)\//.exec(from) ?? [];
      const [, other] = /^tasks\/([^/]+)\//.exec(to) ?? [];
      return own !== undefined && other !== undefined && own !== other;
    });

    assert.deepEqual(crossing, []);
  });

  it('of local take nothing from the product, not even types', () => {
    assert.deepEqual(importsBetween(/^local\//, /^(shared|tasks)\//), []);
  });

  it('of the product take nothing from local', () => {
    assert.deepEqual(importsBetween(/^(shared|tasks)\//, /^local\//), []);
  });

  it('of the local workspace and the local agent are apart', () => {
    assert.deepEqual(importsBetween(/^local\/workspace\//, /^local\/agent\//), []);
    assert.deepEqual(importsBetween(/^local\/agent\//, /^local\/workspace\//), []);
  });

  it('of azure-pipelines-task-lib are in one file', () => {
    assert.deepEqual(importersOf(/^azure-pipelines-task-lib/), [
      'shared/pipeline/azure-task-host.ts',
    ]);
  });

  it('of node-fetch are in one file', () => {
    assert.deepEqual(importersOf(/^node-fetch$/), ['shared/pipeline/create-task-context.ts']);
  });

  it('of development packages are not in the product', () => {
    const { devDependencies } = JSON.parse(
      readFileSync(join(repositoryRoot, 'package.json'), 'utf8'),
    ) as { devDependencies: Record<string, string> };
    const names = Object.keys(devDependencies).filter((name) => !name.startsWith('@types/'));

    const used = names.filter((name) =>
      imports.some(
        ({ from, to }) =>
          /^(shared|tasks)\//.test(from) && (to === name || to.startsWith(`${name}/`)),
      ),
    );

    assert.deepEqual(used, []);
  });
});
