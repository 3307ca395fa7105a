import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hashContent } from '../../../../tasks/ImportNotebooks/manifest/manifest';
import { importNotebooks } from '../../../../tasks/ImportNotebooks/run';
import type { FakeTaskHost } from '../../../helpers/fake-task-host';
import { anImportContext, FakeWorkspace, isImportOf } from './fake-workspace';
import { aFolder, header } from './source/a-source';

const names = ['a', 'b', 'x/c', 'x/d'];

interface Ending {
  readonly host: FakeTaskHost;
  readonly error: Error | undefined;
}

/**
 * Imports a folder whose notebooks hold `content`, all of them or those that are `changed`; each request and each answer
 * takes as many turns as `delays` say.
 */
async function anImport(
  workspace: FakeWorkspace,
  content: string,
  delays: readonly number[],
  changed: readonly string[] = names,
): Promise<Ending> {
  const files = Object.fromEntries(
    names.map((name) => [`${name}.py`, `${header}\n${changed.includes(name) ? content : 'base'}`]),
  );
  let turn = 0;
  const wait = (): Promise<void> => pass(delays[turn++ % delays.length] ?? 0);
  const slow = Object.create(workspace, {
    fetch: {
      value: async (...call: Parameters<typeof workspace.fetch>) => {
        await wait();
        const answer = await workspace.fetch(...call);
        await wait();
        return answer;
      },
    },
  }) as FakeWorkspace;
  const { context, host, clock } = anImportContext(slow, { sourceFolder: aFolder(files) });
  // While one waits for the other, that one goes on.
  clock.sleep = async (ms, signal) => {
    signal?.throwIfAborted();
    clock.advance(ms);
    await pass(Math.ceil(ms / 100));
  };
  const error = await importNotebooks(context).then(
    () => undefined,
    (reason: Error) => reason,
  );
  return { host, error };
}

async function pass(turns: number): Promise<void> {
  for (let left = turns; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}

/** What `contents` is when an import is alone. */
function wanted(content: string, changed: readonly string[]): string {
  return names.map((name) => (changed.includes(name) ? content : 'base')).join();
}

/** Whether all that the record says of objects which are as they were recorded is true. */
function assertTrueRecord(workspace: FakeWorkspace): void {
  for (const [path, entry] of Object.entries(workspace.manifest() ?? {})) {
    const stored = workspace.stored.get(`/Shared/app/${path}`);
    const isTrusted =
      String(stored?.id) === entry['object_id'] && stored?.modifiedAt === entry['modified_at'];
    if (!isTrusted) continue;
    assert.equal(hashContent(Buffer.from(stored?.content ?? '')), entry['hash'], path);
  }
}

function assertWell(endings: readonly Ending[]): void {
  const errors = endings.flatMap(({ error }) => error ?? []);
  assert.deepEqual(errors, []);
}

function hasWarned(endings: readonly Ending[]): boolean {
  return endings.some(({ host }) => host.warnings.length > 0);
}

function contents(workspace: FakeWorkspace): string[] {
  return names.map((name) => workspace.contentOf(`/Shared/app/${name}`)?.split('\n').at(-1) ?? '');
}

describe('two imports into one folder at once', function () {
  this.timeout(60_000);

  const delays = fc.array(fc.nat({ max: 6 }), { minLength: 3, maxLength: 30 });

  it('end in the folder of one of them, and warn', async () => {
    let warned = 0;
    await fc.assert(
      fc.asyncProperty(delays, delays, async (ofOne, ofOther) => {
        const workspace = new FakeWorkspace();
        const both = await Promise.all([
          anImport(workspace, 'one', ofOne),
          anImport(workspace, 'other', ofOther),
        ]);

        assertTrueRecord(workspace);
        assertWell(both);
        const found = new Set(contents(workspace));
        assert.equal(found.size, 1, [...found].join());
        warned += hasWarned(both) ? 1 : 0;
      }),
      { numRuns: 120 },
    );
    assert.ok(warned >= 5, String(warned));
  });

  it('end in the folder of one of them although each has to send only a part', async () => {
    const part = fc.subarray(names, { minLength: 1 });
    const headStart = fc.nat({ max: 60 });
    let warned = 0;
    await fc.assert(
      fc.asyncProperty(
        delays,
        delays,
        part,
        part,
        headStart,
        async (ofOne, ofOther, partOfOne, partOfOther, turns) => {
          const workspace = new FakeWorkspace();
          await anImport(workspace, 'base', [0]);

          const both = await Promise.all([
            anImport(workspace, 'one', ofOne, partOfOne),
            pass(turns).then(() => anImport(workspace, 'other', ofOther, partOfOther)),
          ]);

          assertTrueRecord(workspace);
          assertWell(both);
          const expected = [wanted('one', partOfOne), wanted('other', partOfOther)];
          const found = contents(workspace).join();
          assert.ok(expected.includes(found), found);
          warned += hasWarned(both) ? 1 : 0;
        },
      ),
      { numRuns: 100 },
    );
    assert.ok(warned >= 5, String(warned));
  });

  it('end well when both deploy the same', async () => {
    await fc.assert(
      fc.asyncProperty(delays, delays, async (ofOne, ofOther) => {
        const workspace = new FakeWorkspace();
        const both = await Promise.all([
          anImport(workspace, 'same', ofOne),
          anImport(workspace, 'same', ofOther),
        ]);

        assertWell(both);
        assert.deepEqual(new Set(contents(workspace)), new Set(['same']));
        assertTrueRecord(workspace);
      }),
      { numRuns: 40 },
    );
  });

  it('are told apart from one after the other', async () => {
    const workspace = new FakeWorkspace();

    await anImport(workspace, 'one', [0]);
    const { host } = await anImport(workspace, 'other', [0]);

    assert.deepEqual(host.warnings, []);
    assert.deepEqual(contents(workspace), ['other', 'other', 'other', 'other']);
  });

  it('find what another has sent that had begun before, of what was unchanged', async () => {
    const workspace = new FakeWorkspace();
    await anImport(workspace, 'base', [0]);
    const note = '/Shared/app/.databricks-import.running';
    workspace.types.set(note, 'FILE');
    workspace.edit(note, '{"id": "other"}');
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/b')) workspace.edit('/Shared/app/x/c', 'of the other');
      return undefined;
    };

    const { host } = await anImport(workspace, 'one', [0], ['b']);

    assert.deepEqual(contents(workspace), ['base', 'one', 'base', 'base']);
    assert.ok(host.infos.includes('Restoring x/c.'), host.infos.join('\n'));
    assert.match(host.warnings.join(), /Somebody else imported/);
  });

  it('wait five minutes for the note of one that was killed', async () => {
    const workspace = new FakeWorkspace();
    const note = '{"id": "other", "by": "CI 7", "since": "2026-11-22T08:00:00Z"}';
    const sourceFolder = aFolder({ 'a.py': `${header}\n1` });
    const { context, host, clock } = anImportContext(workspace, { sourceFolder });
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/a')) {
        workspace.edit('/Shared/app/.databricks-import.running', note);
      }
      return undefined;
    };

    const { message } = await importNotebooks(context);

    assert.equal(message, 'Imported 1 notebook to /Shared/app.');
    assert.equal(clock.sleeps.filter((ms) => ms === 2_000).length, 150);
    assert.deepEqual(
      host.infos.filter((line) => line.startsWith('Waiting')),
      ['Waiting until that import has ended (CI 7, begun 2026-11-22T08:00:00Z).'],
    );
    assert.equal(workspace.types.has('/Shared/app/.databricks-import.running'), false);
  });

  it('leave a record and no note behind, so that the next import finds all unchanged', async () => {
    const workspace = new FakeWorkspace();
    await Promise.all([anImport(workspace, 'one', [1]), anImport(workspace, 'other', [2, 1])]);

    await anImport(workspace, 'last', [0]);
    const { host } = await anImport(workspace, 'last', [0]);

    assert.match(host.infos.at(-1) ?? '', /^Nothing has changed/);
    assert.equal(workspace.types.has('/Shared/app/.databricks-import.running'), false);
  });
});
