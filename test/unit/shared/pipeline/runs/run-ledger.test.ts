import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunLedger } from '../../../../../shared/pipeline/runs/run-ledger';
import { aTempDirectory, blockFolders } from '../../../../helpers/task-context';

const host = 'https://adb-7.test';

function aLedger() {
  const tempDirectory = aTempDirectory();
  const folder = join(tempDirectory, 'databricks-runs');
  const warnings: string[] = [];
  const ledger = new RunLedger(tempDirectory, (message) => warnings.push(message));
  return { ledger, warnings, tempDirectory, folder };
}

describe('RunLedger', () => {
  it('knows no runs at first, and creates no folder for that', () => {
    const { ledger, tempDirectory } = aLedger();

    assert.deepEqual(ledger.listRuns(host), []);
    assert.equal(ledger.findRun(host, '7'), undefined);
    assert.deepEqual(readdirSync(tempDirectory), []);
  });

  it('adds a run, with what is not known left empty', () => {
    const { ledger } = aLedger();

    const record = ledger.updateRun(host, '7', { submittedBy: 'me' });

    const expected = {
      host,
      runId: '7',
      runPageUrl: '',
      cancelOnPipelineCancel: false,
      submittedBy: 'me',
    };
    assert.deepEqual(record, expected);
    assert.deepEqual(ledger.findRun(host, '7'), expected);
  });

  it('keeps what a change does not name', () => {
    const { ledger } = aLedger();

    ledger.updateRun(host, '7', { submittedBy: 'me', submittedAt: 1 });
    ledger.updateRun(host, '7', { waitedBy: 'you', submittedAt: 2 });

    assert.equal(ledger.findRun(host, '7')?.submittedBy, 'me');
    assert.equal(ledger.findRun(host, '7')?.submittedAt, 2);
    assert.equal(ledger.findRun(host, '7')?.waitedBy, 'you');
  });

  it('is shared by all steps with the same temp directory', () => {
    const { ledger, tempDirectory } = aLedger();

    ledger.updateRun(host, '7', { submittedBy: 'me' });

    assert.equal(new RunLedger(tempDirectory).findRun(host, '7')?.submittedBy, 'me');
  });

  it('tells runs of two workspaces with the same id apart', () => {
    const { ledger } = aLedger();

    ledger.updateRun('https://dev.test', '7', { submittedBy: 'dev' });
    ledger.updateRun('https://prod.test', '7', { submittedBy: 'prod' });

    assert.equal(ledger.findRun('https://dev.test', '7')?.submittedBy, 'dev');
    assert.deepEqual(
      ledger.listRuns('https://prod.test').map(({ submittedBy }) => submittedBy),
      ['prod'],
    );
  });

  it('lists runs in the order of submission', () => {
    const { ledger } = aLedger();

    ledger.updateRun(host, '10', { submittedAt: 3 });
    ledger.updateRun(host, '11', { submittedAt: 1 });
    ledger.updateRun(host, '9', { submittedAt: 2 });

    assert.deepEqual(
      ledger.listRuns(host).map(({ runId }) => runId),
      ['11', '9', '10'],
    );
  });

  it('leaves no draft behind and keeps its files from others', () => {
    const { ledger, folder } = aLedger();
    // Windows knows no such rights.
    const rightsOfOthers = process.platform === 'win32' ? 0 : 0o077;

    ledger.updateRun(host, '4711', {});
    ledger.writeStep('step-1', { submissionNumber: 1 });

    const names = readdirSync(folder);
    assert.deepEqual(
      names.map((name) => name.replace(/[0-9a-f]{16}/, '<hash>')),
      ['run-<hash>-4711.json', 'step-<hash>.json'],
    );
    assert.deepEqual(
      names.map((name) => statSync(join(folder, name)).mode & rightsOfOthers),
      [0, 0],
    );
  });

  it('leaves no draft behind when a record cannot be replaced', () => {
    const { ledger, folder } = aLedger();
    ledger.updateRun(host, '7', {});
    const [name = ''] = readdirSync(folder);
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));

    ledger.updateRun(host, '7', {});

    assert.deepEqual(readdirSync(folder), [name]);
  });

  it('does not take the draft of a process that was killed for a run', () => {
    const { ledger, folder } = aLedger();
    ledger.updateRun(host, '7', { submittedBy: 'me', cancelOnPipelineCancel: true });
    const [name = ''] = readdirSync(folder);

    writeFileSync(join(folder, `${name}.99.tmp`), readFileSync(join(folder, name)));
    ledger.updateRun(host, '7', { isOver: true });

    assert.equal(ledger.listRuns(host).length, 1);
    assert.equal(ledger.hasOpenWork(true), false);
    assert.deepEqual(ledger.findUnfinished({ hash: 'me', taskInstanceId: 'step-1' }).runs, []);
  });

  for (const content of [
    '',
    '{"host": "https://adb-7.te',
    'null',
    '[]',
    '{}',
    '7',
    '{"host":1,"runId":2}',
    '{"host":"https://adb-7.test","runId":2}',
  ]) {
    it(`takes a file that holds ${content || 'nothing'} for none`, () => {
      const { ledger, folder } = aLedger();
      ledger.updateRun(host, '7', { submittedBy: 'me' });
      ledger.writeStep('step-1', { submissionNumber: 4 });

      for (const name of readdirSync(folder)) writeFileSync(join(folder, name), content);

      assert.deepEqual(ledger.listRuns(host), []);
      assert.equal(ledger.findRun(host, '7'), undefined);
      assert.deepEqual(ledger.readStep('step-1'), { submissionNumber: 0 });
      assert.equal(ledger.hasOpenWork(true), false);
      assert.deepEqual(ledger.findUnfinished({ hash: 'me', taskInstanceId: 'step-1' }).runs, []);
      assert.equal(ledger.updateRun(host, '7', {}).submittedBy, undefined);
    });
  }

  it('ignores a record that lies under the name of another', () => {
    const { ledger, folder } = aLedger();
    ledger.updateRun(host, '7', {});
    const [name = ''] = readdirSync(folder);

    writeFileSync(join(folder, name), JSON.stringify({ host: 'https://evil.test', runId: '7' }));

    assert.deepEqual(ledger.listRuns(host), []);
    assert.equal(ledger.findRun(host, '7'), undefined);

    writeFileSync(join(folder, name), JSON.stringify({ host, runId: '8' }));

    assert.equal(ledger.findRun(host, '7'), undefined);
  });

  for (const id of [
    '../../evil',
    '../../../evil7',
    '7/../../evil',
    '..',
    'a/b',
    'a\\b',
    'CON',
    'x'.repeat(500),
    'ü:*?',
    '',
  ]) {
    it(`stays in its folder with "${id.slice(0, 20)}" for an id`, () => {
      const { ledger, tempDirectory, folder } = aLedger();

      ledger.updateRun(host, id, { submittedBy: 'me' });
      ledger.writeStep(id, { submissionNumber: 2 });

      assert.equal(ledger.findRun(host, id)?.submittedBy, 'me');
      assert.deepEqual(ledger.readStep(id), { submissionNumber: 2 });
      assert.deepEqual(readdirSync(tempDirectory), ['databricks-runs']);
      assert.equal(readdirSync(folder).length, 2);
    });
  }

  it('remembers what a step submitted', () => {
    const { ledger } = aLedger();

    ledger.writeStep('step-1', { submissionNumber: 1, pendingToken: 'abc' });
    ledger.writeStep('step-2', { submissionNumber: 5 });

    assert.deepEqual(ledger.readStep('step-1'), { submissionNumber: 1, pendingToken: 'abc' });
  });

  it('remembers nothing of a step that cannot be told from others', () => {
    const { ledger, tempDirectory } = aLedger();

    ledger.writeStep(undefined, { submissionNumber: 1 });

    assert.deepEqual(ledger.readStep(undefined), { submissionNumber: 0 });
    assert.deepEqual(readdirSync(tempDirectory), []);
  });

  it('leaves the known record whole when the new one cannot be written', () => {
    const { ledger, folder, tempDirectory } = aLedger();
    ledger.updateRun(host, '7', { submittedBy: 'me' });
    const [name = ''] = readdirSync(folder);
    mkdirSync(join(folder, `${name}.${process.pid}.tmp`));

    ledger.updateRun(host, '7', { submittedBy: 'you' });

    assert.equal(new RunLedger(tempDirectory).findRun(host, '7')?.submittedBy, 'me');
  });

  describe('without room on the disk', () => {
    it('knows in this process what it could not write, and warns once', () => {
      const { ledger, warnings, tempDirectory, folder } = aLedger();
      blockFolders(tempDirectory, 'databricks-runs');

      ledger.updateRun(host, '7', { submittedBy: 'me', cancelOnPipelineCancel: true });
      ledger.updateRun(host, '7', { isCancelRequested: true });
      ledger.writeStep('step-1', { submissionNumber: 3, pendingRunName: 'nightly' });

      assert.deepEqual(ledger.listRuns(host), [ledger.findRun(host, '7')]);
      assert.deepEqual(
        [ledger.findRun(host, '7')?.submittedBy, ledger.findRun(host, '7')?.isCancelRequested],
        ['me', true],
      );
      assert.equal(ledger.hasOpenWork(false), true);
      const { runs, submission } = ledger.findUnfinished({
        hash: 'me',
        taskInstanceId: 'step-1',
      });
      assert.deepEqual([runs.length, submission], [1, 'nightly']);
      assert.equal(warnings.length, 1);
      const [before, after] = (warnings[0] ?? '').split(/E[A-Z]+: .*?\. (?=So )/);
      assert.equal(before, `What this job knows of its runs cannot be written to "${folder}": `);
      assert.equal(
        after,
        'So the end of the job may not cancel them, and a retry of this step may not find them: free space there.',
      );
    });

    it('writes what it can as soon as there is room', () => {
      const { ledger, tempDirectory, folder } = aLedger();
      blockFolders(tempDirectory, 'databricks-runs');
      ledger.updateRun(host, '7', { submittedBy: 'me' });
      rmSync(folder);

      ledger.updateRun(host, '7', { isOver: true });
      new RunLedger(tempDirectory).updateRun(host, '7', { waitedBy: 'you' });

      const { submittedBy, waitedBy, isOver } = ledger.findRun(host, '7') ?? {};
      assert.deepEqual([submittedBy, waitedBy, isOver], ['me', 'you', true]);
      assert.equal(ledger.listRuns(host).length, 1);
    });

    it('refuses to forget what must not be forgotten', () => {
      const { ledger, warnings, tempDirectory } = aLedger();
      blockFolders(tempDirectory, 'databricks-runs');

      assert.throws(() => ledger.writeStepSurely('step-1', { submissionNumber: 0 }), {
        code: /^E/,
      });
      assert.deepEqual(ledger.readStep('step-1'), { submissionNumber: 0 });
      assert.deepEqual(warnings, []);
    });
  });

  it('has open work as long as one run of several goes on', () => {
    const { ledger } = aLedger();
    ledger.updateRun(host, '7', { isOver: true });
    ledger.updateRun('https://adb-8.test', '8', {});
    ledger.writeStep('step-1', { submissionNumber: 0, runId: '7' });

    assert.equal(ledger.hasOpenWork(true), true);
    assert.equal(ledger.hasOpenWork(false), false);
  });

  it('finds what a cancelled step has not cancelled, in whatever workspace', () => {
    const { ledger } = aLedger();
    const me = { hash: 'me', taskInstanceId: 'step-1' };
    const open = { submittedBy: 'me', cancelOnPipelineCancel: true };
    ledger.updateRun(host, '1', open);
    ledger.updateRun('https://adb-8.test', '2', open);
    ledger.updateRun(host, '3', { ...open, isOver: true });
    ledger.updateRun(host, '4', { ...open, cancelOnPipelineCancel: false });
    ledger.updateRun(host, '5', { ...open, submittedBy: 'you' });
    ledger.updateRun(host, '6', { ...open, waitedBy: 'you' });
    ledger.updateRun(host, '7', { ...open, submittedBy: 'you', waitedBy: 'me' });
    ledger.updateRun(host, '8', {
      ...open,
      cancelOnPipelineCancel: false,
      isCancelRequested: true,
    });
    ledger.updateRun(host, '9', { ...open, isCancelRequested: true, isOver: true });
    ledger.writeStep('step-1', { submissionNumber: 0, pendingRunName: 'nightly' });
    ledger.writeStep('step-2', { submissionNumber: 0, pendingRunName: 'other' });

    const { runs, submission } = ledger.findUnfinished(me);

    assert.deepEqual(runs.map(({ runId }) => runId).sort(), ['1', '2', '7', '8']);
    assert.equal(submission, 'nightly');
  });
});
