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

  it('lets as many calls pass at once as a second may have, and the next ones a second later', async () => {
    assert.deepEqual(await timesOf(7, new Pace(clock, 3)), [0, 0, 0, 1015, 1015, 1015, 2030]);
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
    await pace.turn();
    clock.advance(1015);
    await pace.turn();

    assert.deepEqual(clock.sleeps, []);
  });

  it('lets calls pass in the order in which they came', async () => {
    const pace = new Pace(clock, 1);
    const order: number[] = [];

    await Promise.all([1, 2, 3].map((call) => pace.turn().then(() => order.push(call))));

    assert.deepEqual(order, [1, 2, 3]);
  });

  it('lets fewer pass in each second in which some are refused, but always one', () => {
    const pace = new Pace(clock, 30);
    const rates = Array.from({ length: 12 }, () => {
      for (let refusal = 0; refusal < 5; refusal++) {
        pace.refused(1000);
        pace.taken();
      }
      clock.advance(1015);
      return pace.perSecond;
    });

    assert.equal(rates[0], 21);
    assert.ok(rates.every((rate, index) => index === 0 || rate <= (rates[index - 1] ?? 0)));
    for (let second = 0; second < 30; second++) {
      pace.refused(1000);
      clock.advance(1015);
    }
    assert.equal(pace.perSecond, 1);
  });

  it('gets faster again as calls are taken, the sooner the longer none is refused', () => {
    const pace = new Pace(clock, 30);
    for (let second = 0; second < 5; second++) {
      pace.refused(undefined);
      clock.advance(1015);
    }
    const rates = [pace.perSecond];
    for (let second = 0; second < 4; second++) {
      for (let call = pace.perSecond; call > 0; call--) pace.taken();
      clock.advance(1015);
      rates.push(pace.perSecond);
    }

    assert.deepEqual(rates, [5, 7, 11, 20, 30]);
  });

  it('holds all calls back as long as the service asks when it refuses one after the other', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 20; refusal++) pace.refused(7_000);

    assert.deepEqual(await timesOf(2, pace), [7_000, 7_000]);
  });

  it('holds them back for a second when the service does not say how long', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 20; refusal++) pace.refused(undefined);

    assert.deepEqual(await timesOf(1, pace), [1_000]);
  });

  it('does not hold calls back for refusals between which others are taken', async () => {
    const pace = new Pace(clock, 30);
    for (let refusal = 0; refusal < 40; refusal++) {
      pace.refused(7_000);
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
