import assert from 'node:assert/strict';
import { gitCall } from '../../../../tasks/UpdateRepo/git-call';
import { FakeClock } from '../../../helpers/fake-clock';
import { FakeTaskHost } from '../../../helpers/fake-task-host';

const words = { doing: 'cloning', ifCancelled: 'Look.' };

function aContext() {
  const host = new FakeTaskHost();
  const controller = new AbortController();
  return { host, clock: new FakeClock(), controller, signal: controller.signal };
}

describe('gitCall', () => {
  it('gives a sign of life each minute, until the call ends', async () => {
    const context = aContext();
    let end = (_: string): void => {};
    context.clock.onSleep = () => {
      if (context.clock.sleeps.length === 3) end('done');
    };

    const result = await gitCall(
      context,
      words,
      () => new Promise<string>((resolve) => (end = resolve)),
    );

    assert.equal(result, 'done');
    assert.deepEqual(context.host.infos.slice(0, 2), [
      'Still cloning, for 1 min now.',
      'Still cloning, for 2 min now.',
    ]);
    assert.deepEqual(new Set(context.clock.sleeps), new Set([60_000]));
  });

  it('passes a failure on', async () => {
    const failure = new Error('no');

    await assert.rejects(
      gitCall(aContext(), words, () => Promise.reject(failure)),
      failure,
    );
  });

  it('says what may come of a cancelled call', async () => {
    const context = aContext();

    await assert.rejects(
      gitCall(context, words, () => {
        context.controller.abort(new Error('cancelled'));
        return Promise.reject(context.signal.reason);
      }),
      {
        name: 'CancelledError',
        message: 'The step was cancelled while it was cloning',
        hint: 'Look.',
        cause: context.signal.reason ?? new Error('cancelled'),
      },
    );
  });
});
