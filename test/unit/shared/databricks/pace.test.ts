import assert from 'node:assert/strict';
import { Pace } from '../../../../shared/databricks/pace';
import { FakeClock } from '../../../helpers/fake-clock';

describe('Pace', () => {
  it('lets the first call pass, and those after it one by one', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, 10);

    await Promise.all([pace.turn(), pace.turn(), pace.turn()]);

    assert.deepEqual(clock.sleeps, [100, 100]);
  });

  it('does not wait when calls are rare', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, 10);

    await pace.turn();
    clock.advance(100);
    await pace.turn();

    assert.deepEqual(clock.sleeps, []);
  });

  it('rejects with the reason of an abort', async () => {
    const pace = new Pace(new FakeClock(), 10);
    const reason = new Error('cancelled');

    await pace.turn();

    await assert.rejects(pace.turn(AbortSignal.abort(reason)), reason);
  });
});
