import assert from 'node:assert/strict';
import { createStopSignals } from '../../../../scripts/start/stop-signals';

function createScene() {
  const lines: string[] = [];
  const time = { now: 1000 };
  const stop = createStopSignals(
    (line) => lines.push(line),
    () => time.now,
  );
  return { lines, time, stop };
}

describe('createStopSignals', () => {
  it('cancels at the first signal and says how to end at once', () => {
    const { lines, stop } = createScene();

    stop.onSignal();

    assert.deepEqual([stop.cancel.aborted, stop.kill.aborted], [true, false]);
    assert.deepEqual(lines, ['Cancelling the run; press Ctrl+C again to end everything at once.']);
  });

  it('takes a signal that npm repeats for one', () => {
    const { stop, time } = createScene();

    stop.onSignal();
    time.now += 400;
    stop.onSignal();

    assert.equal(stop.kill.aborted, false);
  });

  it('ends everything at a second signal', () => {
    const { lines, stop, time } = createScene();

    stop.onSignal();
    time.now += 401;
    stop.onSignal();

    assert.equal(stop.kill.aborted, true);
    assert.equal(lines.length, 1);
  });

  it('cancels without a word when nobody reads', () => {
    const { lines, stop } = createScene();

    stop.onDeaf();

    assert.equal(stop.cancel.aborted, true);
    assert.deepEqual(lines, []);
  });
});
