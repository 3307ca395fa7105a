import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type PollOptions, pollUntil, runPollInterval } from '../../../../shared/databricks/poll';
import { FakeClock } from '../../../helpers/fake-clock';

const minute = 60_000;
const hour = 60 * minute;

/** The times, in milliseconds from the first read, at which a run is read when each read takes `readMs`. */
function readTimes(untilMs: number, readMs = 0): number[] {
  const times = [0];
  for (let now = 0; now <= untilMs; ) {
    now += readMs;
    now += runPollInterval(now);
    times.push(now);
  }
  return times;
}

/** How long after its end a run that ends `endMs` after the first read is seen to have ended. */
function noticeDelay(endMs: number, readMs = 0): number {
  const times = readTimes(endMs, readMs);
  return (times.find((time) => time >= endMs) ?? Number.NaN) - endMs;
}

describe('runPollInterval', () => {
  for (const [elapsedMs, intervalMs] of [
    [0, 1_000],
    [10_000, 1_000],
    [35_000, 1_150],
    [minute, 1_300],
    [105_000, 3_400],
    [150_000, 5_500],
    [5 * minute, 5_500],
    [10 * minute, 5_500],
    [655_000, 7_750],
    [700_000, 10_000],
    [24 * hour, 10_000],
  ] as const) {
    it(`is ${intervalMs} ms after ${elapsedMs} ms`, () => {
      assert.equal(runPollInterval(elapsedMs), intervalMs);
    });
  }

  it('never gets shorter, so that no later hour has more reads than the first', () => {
    const time = fc.nat({ max: 48 * hour });
    fc.assert(
      fc.property(time, time, (a, b) => {
        assert.ok(runPollInterval(Math.min(a, b)) <= runPollInterval(Math.max(a, b)));
      }),
    );
  });

  it('lets a run be read at most 472 times in its first hour', () => {
    assert.equal(readTimes(hour).filter((time) => time < hour).length, 472);
  });

  it('lets a run be read at most 500 times in any hour', () => {
    const times = readTimes(6 * hour);
    fc.assert(
      fc.property(fc.nat({ max: 5 * hour }), (from) => {
        const count = times.filter((time) => time >= from && time < from + hour).length;
        assert.ok(count <= 500, `${count} reads from ${from}`);
      }),
    );
  });

  it('notices the end of a run under a minute within 1.5 s', () => {
    fc.assert(
      fc.property(fc.nat({ max: minute }), fc.nat({ max: 100 }), (endMs, readMs) => {
        assert.ok(noticeDelay(endMs, readMs) + readMs <= 1_500);
      }),
    );
  });

  it('notices the end of a run within 6 s up to ten minutes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 * minute }), fc.nat({ max: 200 }), (endMs, readMs) => {
        assert.ok(noticeDelay(endMs, readMs) + readMs <= 6_000);
      }),
    );
  });
});

describe('pollUntil', () => {
  function setUp(values: readonly string[], overrides: Partial<PollOptions<string>> = {}) {
    const clock = new FakeClock();
    const left = [...values];
    const seen: [value: string, elapsedMs: number][] = [];
    const read = (): Promise<string> => Promise.resolve(left.shift() ?? 'end of the test');
    const options: PollOptions<string> = {
      clock,
      intervalMs: () => 5_000,
      isDone: (value) => value === 'done',
      onRead: (value, elapsedMs) => seen.push([value, elapsedMs]),
      ...overrides,
    };
    return { clock, seen, poll: () => pollUntil(read, options) };
  }

  it('resolves without a wait to a first value that is done', async () => {
    const { clock, poll } = setUp(['done']);

    assert.deepEqual(await poll(), { outcome: 'done', value: 'done' });

    assert.deepEqual(clock.sleeps, []);
  });

  it('reads every interval until the value is done', async () => {
    const { clock, seen, poll } = setUp(['a', 'b', 'done']);

    assert.deepEqual(await poll(), { outcome: 'done', value: 'done' });

    assert.deepEqual(clock.sleeps, [5_000, 5_000]);
    assert.deepEqual(seen, [
      ['a', 0],
      ['b', 5_000],
      ['done', 10_000],
    ]);
  });

  it('makes its last read at the end of the time', async () => {
    const { clock, poll } = setUp(['a', 'b', 'c', 'd', 'e'], { timeoutMs: 12_000 });

    assert.deepEqual(await poll(), { outcome: 'timed-out', value: 'd' });

    assert.deepEqual(clock.sleeps, [5_000, 5_000, 2_000]);
  });

  it('takes a value that is done at the end of the time', async () => {
    const { poll } = setUp(['a', 'b', 'c', 'done'], { timeoutMs: 12_000 });

    assert.deepEqual(await poll(), { outcome: 'done', value: 'done' });
  });

  it('reads once when there is no time at all', async () => {
    const { clock, poll } = setUp(['a'], { timeoutMs: 0 });

    assert.deepEqual(await poll(), { outcome: 'timed-out', value: 'a' });

    assert.deepEqual(clock.sleeps, []);
  });

  it('works without onRead', async () => {
    const clock = new FakeClock();

    const result = await pollUntil(() => Promise.resolve(1), {
      clock,
      intervalMs: () => 1,
      isDone: () => true,
    });

    assert.deepEqual(result, { outcome: 'done', value: 1 });
  });

  it('rejects with what read throws', async () => {
    const error = new Error('gone');

    await assert.rejects(
      pollUntil(() => Promise.reject(error), {
        clock: new FakeClock(),
        intervalMs: () => 1,
        isDone: () => true,
      }),
      error,
    );
  });

  it('stops waiting when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('the step was cancelled');
    const { clock, seen, poll } = setUp(['a', 'b', 'c'], { signal: controller.signal });
    clock.onSleep = () => controller.abort(reason);

    await assert.rejects(poll(), reason);

    assert.equal(seen.length, 1);
  });
});
