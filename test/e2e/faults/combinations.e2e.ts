import assert from 'node:assert/strict';
import pLimit from 'p-limit';
import { combinationsOf } from '../../faults/combinations';
import { scenarios } from '../../faults/scenarios';
import { describeFaults, FaultLab, type Verdict } from '../../faults/try-faults';
import { packedTasks } from '../../helpers/scene';

const seed = 20;
const count = 60;

describe('faults in random combination', () => {
  const lab = new FaultLab(packedTasks);
  const outcomes: Promise<{ readonly spec: string; readonly verdict: Verdict }>[] = [];

  before(async function () {
    this.timeout(60_000);
    const names = Object.keys(scenarios);
    const references = await Promise.all(
      names.map(async (name) => [name, (await lab.reference(name)).requests] as const),
    );
    const limit = pLimit(3);
    const all = combinationsOf(seed, count, new Map(references), { slow: false });
    for (const { scenario, faults } of all) {
      const spec = `${scenario}: ${describeFaults(faults)}`;
      outcomes.push(limit(async () => ({ spec, verdict: await lab.try(scenario, faults) })));
    }
  });

  after(() => lab.close());

  for (let index = 0; index < count; index++) {
    it(`are survived or reported, number ${index + 1} of seed ${seed}`, async function () {
      this.timeout(120_000);
      const { spec, verdict } = (await outcomes[index])!;

      assert.deepEqual(
        verdict.problems,
        [],
        `repeat with npm run test:faults -- --only "${spec}"\n${verdict.log.join('\n')}`,
      );
    });
  }
});
