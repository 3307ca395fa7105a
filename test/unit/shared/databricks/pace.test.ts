import assert from 'node:assert/strict';
import { Pace } from '../../../../shared/databricks/pace';
import { FakeClock } from '../../../helpers/fake-clock';

describe('Pace', () => {
  const start = 1_000_000;
  let clock: FakeClock;

  beforeEach(() => {
    clock = new FakeClock(start);
  });

  /** The times at which so many calls pass, in ms from the first. */
  async function timesOf(calls: number, pace: Pace): Promise<number[]> {
    const times: number[] = [];
    for (let call = 0; call < calls; call++) {
      await pace.turn();
      times.push(clock.now() - start);
    }
    return times;
  }

  it('lets as many calls pass in a row as a second may have, and the next ones a second later', async () => {
    assert.deepEqual(await timesOf(7, new Pace(clock, 3)), [0, 2, 4, 1060, 1062, 1064, 2072]);
  });

  it('has never more calls in any second, whenever they come', async () => {
    const pace = new Pace(clock, 5);
    const times: number[] = [];
    for (let call = 0; call < 200; call++) {
      clock.advance((call * 7919) % 300);
      await pace.turn();
      times.push(clock.now());
    }

    const most = Math.max(
      ...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length),
    );

    assert.equal(most, 5);
  });

  it('does not wait when calls are rare', async () => {
    const pace = new Pace(clock, 2);

    await pace.turn();
    clock.advance(4);
    await pace.turn();
    clock.advance(1060);
    await pace.turn();

    assert.deepEqual(clock.sleeps, []);
  });

  it('lets calls pass in the order in which they came', async () => {
    const pace = new Pace(clock, 1);
    const order: number[] = [];

    await Promise.all([1, 2, 3].map((call) => pace.turn().then(() => order.push(call))));

    assert.deepEqual(order, [1, 2, 3]);
  });

  /** A second in which so many calls are refused and the others are taken. */
  async function aSecond(pace: Pace, refusals: number): Promise<void> {
    for (let call = 0; call < refusals; call++) pace.refused(await pace.turn(), 1000);
    for (let call = pace.perSecond - refusals; call > 0; call--) {
      await pace.turn();
      pace.taken();
    }
    clock.advance(2_000);
  }

  it('keeps a little more distance after each second in which a few are refused', async () => {
    const pace = new Pace(clock, 10);
    for (let second = 0; second < 2; second++) await aSecond(pace, 1);
    const begin = clock.now() - start;

    const times = await timesOf(11, pace);

    assert.equal(pace.perSecond, 10);
    assert.equal((times[10] ?? 0) - begin, 1032);
  });

  it('lets fewer pass after each second in which many are refused, but always one', async () => {
    const pace = new Pace(clock, 30);
    const rates: number[] = [];
    for (let second = 0; second < 16; second++) {
      await aSecond(pace, 1 + Math.floor(pace.perSecond / 2));
      rates.push(pace.perSecond);
    }

    assert.ok((rates[0] ?? 30) < 24, rates.join());
    assert.equal(Math.min(...rates), 1);
  });

  it('gets faster again as calls are taken, the sooner the longer none is refused', async () => {
    const pace = new Pace(clock, 30);
    for (let second = 0; second < 12; second++) {
      await aSecond(pace, 1 + Math.floor(pace.perSecond / 2));
    }
    const rates = [pace.perSecond];
    for (let second = 0; second < 6; second++) {
      await aSecond(pace, 0);
      rates.push(pace.perSecond);
    }

    const gains = rates.slice(1).map((rate, index) => rate - (rates[index] ?? 0));
    assert.ok((rates[0] ?? 30) <= 5, rates.join());
    assert.equal(rates.at(-1), 30);
    assert.ok((gains[0] ?? 0) < (gains[2] ?? 0), rates.join());
  });

  it('lets another call pass in place of one that was refused', async () => {
    const pace = new Pace(clock, 10);
    const first = await pace.turn();
    await timesOf(9, pace);
    pace.refused(first, undefined);

    assert.deepEqual(await timesOf(2, pace), [20, 1062]);
  });

  it('holds all calls back as long as the service asks when it refuses one after the other', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 20; refusal++) pace.refused(0, 7_000);

    assert.deepEqual(await timesOf(2, pace), [7_000, 7_002]);
  });

  it('never holds them back for longer than half a minute', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 20; refusal++) pace.refused(0, 86_400_000);

    assert.deepEqual(await timesOf(1, pace), [30_000]);
  });

  it('holds them back for a second when the service does not say how long', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 20; refusal++) pace.refused(0, undefined);

    assert.deepEqual(await timesOf(1, pace), [1_000]);
  });

  it('does not hold calls back for refusals between which others are taken', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 40; refusal++) {
      pace.refused(0, 7_000);
      pace.taken();
    }

    assert.deepEqual(await timesOf(1, pace), [0]);
  });

  it('rejects with the reason of an abort, and lets the others pass', async () => {
    const pace = new Pace(clock, 10);
    const reason = new Error('cancelled');

    const refused = pace.turn(AbortSignal.abort(reason));
    const other = pace.turn();

    await assert.rejects(refused, reason);
    await other;
  });
});
