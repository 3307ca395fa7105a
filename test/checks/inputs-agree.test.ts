import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type FullInput,
  loadManifests,
  repositoryRoot,
} from '../../scripts/manifests/load-manifests';
import { type InputRead, InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';

/** What the code asks of an input, in the words of task.json. A pickList without options is filled from the workspace. */
function expectedType(read: InputRead, { type, options }: FullInput): boolean {
  switch (read.kind) {
    case 'choice':
      return type === 'pickList' && options !== undefined;
    case 'boolean':
      return type === 'boolean';
    case 'secret':
    case 'number':
      return type === 'string';
    case 'text':
      return type === 'pickList'
        ? options === undefined
        : /^(string|multiLine|connectedService:.*)$/.test(type);
  }
}

async function readAll(folder: string): Promise<InputRead[]> {
  const manifest = loadManifests().find((item) => item.folder === folder)!.manifest;
  const reads = new Map<string, InputRead>();
  const reader = new InputReader({
    manifest,
    getInput: (name) => {
      const input = manifest.inputs.find((item) => item.name === name);
      return String(input?.defaultValue ?? '');
    },
    warning: () => {},
    onRead: (read) => reads.set(read.name, read),
  });
  const host = { getVariable: () => undefined, setSecret: () => {} } as unknown as TaskHost;
  const { readInputs } = (await import(join(repositoryRoot, 'tasks', folder, 'inputs'))) as {
    readInputs(input: InputReader, host: TaskHost): unknown;
  };
  // Defaults alone are not a valid step: the required inputs are missing.
  assert.throws(() => readInputs(reader, host), { name: 'InputError' });
  return [...reads.values()];
}

describe('task.json and inputs.ts', () => {
  for (const { folder, manifest } of loadManifests()) {
    describe(folder, () => {
      let reads: InputRead[] = [];
      const declared = new Map<string, FullInput>(
        manifest.inputs.map((input) => [input.name, input]),
      );

      before(async () => {
        reads = await readAll(folder);
      });

      it('know the same inputs', () => {
        assert.deepEqual(reads.map(({ name }) => name).sort(), [...declared.keys()].sort());
      });

      it('agree on types', () => {
        const wrong = reads.filter((read) => !expectedType(read, declared.get(read.name)!));

        assert.deepEqual(wrong, []);
      });

      it('agree on defaults', () => {
        const inCode = reads.map(({ name, defaultValue }) => [name, defaultValue]);
        const inManifest = reads.map(({ name }) => [
          name,
          String(declared.get(name)!.defaultValue ?? ''),
        ]);

        assert.deepEqual(inCode, inManifest);
      });

      it('agree on options', () => {
        const inCode = reads.map(({ name, options }) => [name, options ?? []]);
        const inManifest = reads.map(({ name }) => [
          name,
          Object.keys(declared.get(name)!.options ?? {}),
        ]);

        assert.deepEqual(inCode, inManifest);
      });
    });
  }
});
