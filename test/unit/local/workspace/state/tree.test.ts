import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createIdSource } from '../../../../../local/workspace/state/ids';
import { parseWorkspacePath } from '../../../../../local/workspace/state/paths';
import { WorkspaceTree } from '../../../../../local/workspace/state/tree';
import { makeFolders, putObject } from '../../../../../local/workspace/state/workspace-objects';

describe('WorkspaceTree', () => {
  let parent: string;
  let dataDir: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'tree-'));
    dataDir = join(parent, 'data');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  function open(): WorkspaceTree {
    return new WorkspaceTree({ dataDir, ids: createIdSource(Date.now, false), now: Date.now });
  }

  const file = { type: 'FILE', content: Buffer.from('x') } as const;

  it('stores an object as the file of its name', () => {
    const tree = open();
    tree.makeFolder('/a');
    tree.write('/a/b', file);

    assert.equal(existsSync(join(dataDir, 'tree/a/b')), true);
    assert.deepEqual(tree.read('/a/b'), file.content);
    assert.deepEqual(readdirSync(join(dataDir, 'tree')), ['a']);
  });

  it('finds its objects with their ids again', () => {
    const tree = open();
    const written = tree.write('/n', {
      ...file,
      type: 'NOTEBOOK',
      language: 'R',
      format: 'SOURCE',
    });
    tree.flush();

    assert.deepEqual(open().find('/n'), written);
  });

  it('sees what appears on disk, notebooks by their content', () => {
    const tree = open();
    mkdirSync(join(dataDir, 'tree/new'));
    writeFileSync(join(dataDir, 'tree/new/data.csv'), 'a');
    writeFileSync(join(dataDir, 'tree/new/n'), '# Databricks notebook source\n');

    const types = tree.list('/new').map(({ key, type, language }) => [key, type, language]);

    assert.deepEqual(types, [
      ['/new/data.csv', 'FILE', undefined],
      ['/new/n', 'NOTEBOOK', 'PYTHON'],
    ]);
    assert.equal(tree.find('/new')?.id, tree.find('/new')?.id);
  });

  it('starts from the disk when the index is damaged', () => {
    open().write('/n', {
      ...file,
      type: 'NOTEBOOK',
      content: Buffer.from('# Databricks notebook source'),
    });
    writeFileSync(join(dataDir, 'objects.json'), '{"/n":{"id":1');

    assert.equal(open().find('/n')?.type, 'NOTEBOOK');
  });

  it('gives a folder in the place of a file its own metadata', () => {
    const tree = open();
    const before = tree.write('/x', file);
    rmSync(join(dataDir, 'tree/x'));
    mkdirSync(join(dataDir, 'tree/x'));

    const after = tree.find('/x');

    assert.equal(after?.type, 'DIRECTORY');
    assert.notEqual(after?.id, before.id);
  });

  it('does not follow symbolic links', () => {
    const tree = open();
    const outside = join(parent, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'x');
    symlinkSync(outside, join(dataDir, 'tree/link'));
    symlinkSync(join(outside, 'secret'), join(dataDir, 'tree/alias'));

    assert.equal(tree.find('/link'), undefined);
    assert.equal(tree.find('/link/secret'), undefined);
    assert.equal(tree.find('/alias'), undefined);
    assert.deepEqual(tree.list('/'), []);
    assert.throws(() => putObject(tree, parseWorkspacePath('/link/new'), file, true));
    tree.write('/alias', { ...file, content: Buffer.from('mine') });
    assert.deepEqual(readdirSync(outside), ['secret']);
    assert.equal(tree.read('/alias').toString(), 'mine');
  });

  it('never writes outside its folder, whatever the path', () => {
    const tree = open();
    const piece = fc.oneof(
      fc.constantFrom('..', '.', 'Workspace', '%2e%2e', '\0', '~', '...', '.. ', '\\..\\', ''),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const path = fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join('/')}`);
    fc.assert(
      fc.property(path, fc.boolean(), (text, isFolder) => {
        tryTo(() => {
          const target = parseWorkspacePath(text);
          if (isFolder) makeFolders(tree, target);
          else putObject(tree, target, file, true);
        });
        assert.deepEqual(readdirSync(parent), ['data']);
        assert.ok(
          readdirSync(dataDir).every((name) => ['tree', 'tmp', 'objects.json'].includes(name)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

function tryTo(action: () => void): void {
  try {
    action();
  } catch (error: unknown) {
    assert.equal((error as Error).name, 'ApiError');
  }
}
