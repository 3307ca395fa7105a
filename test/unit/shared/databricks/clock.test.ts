import assert from 'node:assert/strict';
import sinon from 'sinon';
import { systemClock } from '../../../../shared/databricks';

describe('systemClock', () => {
  it('tells the time in milliseconds', () => {
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 60_000);
    assert.ok(Number.isInteger(systemClock.now()));
  });

  for (const jumpMs of [86_400_000, -86_400_000]) {
    it(`goes on when the clock of the machine jumps by ${jumpMs} ms`, () => {
      const before = systemClock.now();
      const wallClock = Date.now();

      sinon.stub(Date, 'now').returns(wallClock + jumpMs);

      assert.ok(Math.abs(systemClock.now() - before) < 60_000);
    });
  }

  it('sleeps as long as it is told', async () => {
    const timers = sinon.useFakeTimers();
    let isAwake = false;
    const sleep = systemClock.sleep(5_000).then(() => {
      isAwake = true;
    });

    await timers.tickAsync(4_999);
    const wasAwake = isAwake;
    await timers.tickAsync(1);
    await sleep;

    assert.deepEqual([wasAwake, isAwake], [false, true]);
  });

  it('rejects with the reason of a signal that is aborted before, without a timer', async () => {
    const timers = sinon.useFakeTimers();
    const reason = new Error('the step was cancelled');

    await assert.rejects(systemClock.sleep(5_000, AbortSignal.abort(reason)), reason);

    assert.equal(timers.countTimers(), 0);
  });

  it('rejects when it is aborted meanwhile, and leaves no timer', async () => {
    const timers = sinon.useFakeTimers();
    const controller = new AbortController();
    const reason = new Error('the step was cancelled');
    const sleep = systemClock.sleep(5_000, controller.signal);

    controller.abort(reason);

    await assert.rejects(sleep, reason);
    assert.equal(timers.countTimers(), 0);
  });

  it('leaves no listener at the signal', async () => {
    const timers = sinon.useFakeTimers();
    const { signal } = new AbortController();
    const added = sinon.spy(signal, 'addEventListener');
    const removed = sinon.spy(signal, 'removeEventListener');
    const sleep = systemClock.sleep(5_000, signal);

    await timers.tickAsync(5_000);
    await sleep;

    assert.equal(added.callCount, 1);
    assert.deepEqual(removed.firstCall.args.slice(0, 2), added.firstCall.args.slice(0, 2));
  });
});
