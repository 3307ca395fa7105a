import assert from 'node:assert/strict';
import { faultKinds, type PlacedFault } from '../../faults/fault-kinds';
import { FaultLab } from '../../faults/try-faults';
import { packedTasks } from '../../helpers/scene';

const signIn = 'GET /api/2.0/preview/scim/v2/Me';
const read = 'GET /api/2.2/jobs/runs/get';
const importCall = 'POST /api/2.0/workspace/import';
const deleteCall = 'POST /api/2.0/workspace/delete';
const createFolder = 'POST /api/2.0/repos';
const updateFolder = 'PATCH /api/2.0/repos/*';

/** The first request has little patience, a list for information has none, and git is waited for much longer. */
const special = [signIn, 'GET /api/2.2/jobs/runs/list', createFolder, updateFolder];

/** So many faults in a row are over within the patience of a request. */
const atOnce = 6;

/** Kinds that the workspace delivers, that pass anywhere but in calls of git, and quickly. */
const passing = Object.entries(faultKinds)
  .filter(([, { shape, mustPass, isSlow }]) => shape.workspace && mustPass(read) && !isSlow)
  .map(([name]) => name);

/** Faults that end the main request of a task, or the task, beside those of the other files. */
const ending: readonly (readonly [string, string, string, number?])[] = [
  ['submit', '500-handled', 'POST /api/2.2/jobs/runs/submit'],
  ['wait', '500', read],
  ['mirror', '500-handled', importCall],
  ['create', '500-handled', createFolder],
  ['create', 'login-page', updateFolder],
  ['update', 'redirect', updateFolder],
  ['update', 'integer-code-in-200', updateFolder],
  ['recreate', 'error-in-200', createFolder],
  ['mirror', 'killed', importCall, 3],
  ['mirror', 'killed', deleteCall],
  ['create', 'killed', createFolder],
  ['recreate', 'killed', 'DELETE /api/2.0/repos/*'],
  ['wait', 'clock-a-day-ahead', read, 2],
  ['merge', 'clock-a-day-back', importCall],
  ['update', 'clock-20-min-ahead', updateFolder],
];

describe('each kind of fault', () => {
  const lab = new FaultLab(packedTasks);

  after(() => lab.close());

  for (const [scenario, kinds] of [
    ['submit', [...passing].reverse()],
    ['mirror', passing],
    ['recreate', passing],
  ] as const) {
    it(`passes, at one or the other request of ${scenario}`, async function () {
      this.timeout(60_000);
      const { requests } = await lab.reference(scenario);
      const places = [...requests.keys()].filter((request) => !special.includes(request));
      const faults = kinds.slice(0, atOnce * places.length).map((kind, index): PlacedFault => {
        return { kind, request: places[index % places.length] ?? '', number: 1 };
      });

      const verdict = await lab.try(scenario, faults);

      assert.deepEqual([verdict.outcome, verdict.problems], ['done', []], verdict.log.join('\n'));
      assert.equal(verdict.hits, faults.length);
    });
  }

  for (const [scenario, kind, request, number = 1] of ending) {
    it(`${kind} at ${request} of ${scenario} is survived, or leaves what the message says`, async () => {
      const verdict = await lab.try(scenario, [{ kind, request, number }]);

      assert.deepEqual(verdict.problems, [], verdict.log.join('\n'));
      assert.equal(verdict.hits, 1);
    });
  }
});
