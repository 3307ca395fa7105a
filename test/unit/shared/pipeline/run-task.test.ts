import assert from 'node:assert/strict';
import { CancelledError, InputError } from '../../../../shared/pipeline/errors';
import { runTask, type TaskProcess } from '../../../../shared/pipeline/run-task';
import type { Task } from '../../../../shared/pipeline/task-context';
import { aTaskContext } from '../../../helpers/task-context';

const manifest = { name: 'Test', version: { Major: 1, Minor: 0, Patch: 0 }, inputs: [] };
const defect =
  'This is a defect of the task. Run again with the variable system.debug set to true and report the log.';

/** A process that remembers that it was ended, and in which defects happen on demand. */
class FakeProcess implements TaskProcess {
  ends = 0;
  #handler: (error: unknown) => void = () => {};
  /** What the agent does when it is told to stop again. */
  signalAgain = (): void => {};

  end(): void {
    this.ends++;
  }

  onDefect(handler: (error: unknown) => void): void {
    this.#handler = handler;
  }

  onSecondSignal(handler: () => void): void {
    this.signalAgain = handler;
  }

  raise(error: unknown): void {
    this.#handler(error);
  }
}

function arrange() {
  const taskProcess = new FakeProcess();
  const test = aTaskContext({ manifest });
  const run = (task: Task): Promise<void> => runTask(test.context, task, taskProcess);
  return { ...test, taskProcess, run };
}

describe('runTask', () => {
  it('reports success and ends the process', async () => {
    const { run, host, taskProcess } = arrange();

    await run(async () => ({ message: 'Run 7 succeeded.' }));

    assert.deepEqual(host.completed, { result: 'Succeeded', message: 'Run 7 succeeded.' });
    assert.equal(taskProcess.ends, 1);
  });

  it('reports success that needs attention', async () => {
    const { run, host } = arrange();

    await run(async () => ({ message: 'Almost.', hasIssues: true }));

    assert.deepEqual(host.completed, { result: 'SucceededWithIssues', message: 'Almost.' });
  });

  const failures: [title: string, error: unknown, message: string][] = [
    [
      'what happened and what to do',
      new InputError('It is wrong', { hint: 'Write another.' }),
      'It is wrong. Write another.',
    ],
    ['no full stop after another', new InputError('It is wrong.'), 'It is wrong.'],
    [
      'a defect as such',
      new TypeError('x is not a function'),
      `Unexpected error: x is not a function. ${defect}`,
    ],
    ['what is thrown and no error', 'a text', `Unexpected error: a text. ${defect}`],
  ];
  for (const [title, error, message] of failures) {
    it(`says ${title}`, async () => {
      const { run, host, taskProcess } = arrange();

      await run(() => Promise.reject(error));

      assert.deepEqual(host.completed, { result: 'Failed', message });
      assert.equal(taskProcess.ends, 1);
    });
  }

  it('keeps the stack for the debug log', async () => {
    const { run, host } = arrange();
    const error = new TypeError('x is not a function');

    await run(() => Promise.reject(error));

    assert.deepEqual(host.debugs, [error.stack]);
  });

  it('fails at once for an error that nobody has caught', async () => {
    const { run, host, taskProcess } = arrange();

    await run(async () => {
      taskProcess.raise(new Error('nobody waited'));
      return { message: 'done' };
    });

    assert.deepEqual(host.completed, {
      result: 'Failed',
      message: `Unexpected error: nobody waited. ${defect}`,
    });
    assert.equal(taskProcess.ends, 1);
  });

  it('lets a cancelled task tell by itself how it ended, within its 4.5 seconds', async () => {
    const { run, host, clock, cancel } = arrange();
    let passTime = (): void => {};
    clock.sleep = (ms) => {
      clock.sleeps.push(ms);
      return new Promise((resolve) => {
        passTime = resolve;
      });
    };

    await run(async () => {
      cancel(new CancelledError('The step was cancelled'));
      throw new CancelledError('The step was cancelled; run 7 is cancelled too');
    });
    passTime();

    assert.deepEqual(clock.sleeps, [4_500]);
    assert.deepEqual(host.completed, {
      result: 'Failed',
      message: 'The step was cancelled; run 7 is cancelled too.',
    });
  });

  it('ends a cancelled task that does not end by itself after 4.5 seconds', async () => {
    const { run, host, clock, cancel, taskProcess } = arrange();
    const ended = new Promise<void>((resolve) => {
      taskProcess.end = resolve;
    });

    void run(() => new Promise(() => {}));
    cancel(new CancelledError('The step was cancelled'));
    await ended;

    assert.deepEqual(clock.sleeps, [4_500]);
    assert.deepEqual(host.completed, {
      result: 'Failed',
      message: 'The step was cancelled before everything could be undone.',
    });
  });

  it('ends at once at the second signal, and names what is left', async () => {
    const { run, host, context, taskProcess, cancel } = arrange();
    const { hash, taskInstanceId } = context.identity;
    const mine = { submittedBy: hash, cancelOnPipelineCancel: true };
    const runPageUrl = 'https://adb-7.test/?o=7#job/3/run/7';
    context.ledger.updateRun('https://adb-7.test', '7', { ...mine, runPageUrl });
    context.ledger.updateRun('https://adb-8.test', '8', mine);
    context.ledger.writeStep(taskInstanceId, { submissionNumber: 1, pendingRunName: 'nightly' });
    context.clock.sleep = () => new Promise(() => {});

    void run(() => new Promise(() => {}));
    cancel(new CancelledError('The step was cancelled'));
    taskProcess.signalAgain();

    assert.equal(taskProcess.ends, 1);
    assert.deepEqual(host.completed, {
      result: 'Failed',
      message: `The step was told to stop again, and ended at once. Run 7 is perhaps still going on. Run page: ${runPageUrl} Run 8 in https://adb-8.test is perhaps still going on. The run "nightly" was perhaps started: look for it among the job runs of the workspace.`,
    });
  });
});
