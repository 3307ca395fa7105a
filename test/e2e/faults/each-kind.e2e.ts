import assert from 'node:assert/strict';
import pLimit from 'p-limit';
import { faultKinds, type PlacedFault } from '../../faults/fault-kinds';
import { FaultLab, type Verdict } from '../../faults/try-faults';
import { packedTasks } from '../../helpers/scene';

const signIn = 'GET /api/2.0/preview/scim/v2/Me';
const read = 'GET /api/2.2/jobs/runs/get';
const importCall = 'POST /api/2.0/workspace/import';
const writeCall = 'POST /api/2.0/workspace-files/import-file/Shared/app';
const exportCall = 'GET /api/2.0/workspace/export';
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
  ['incremental', 'killed', deleteCall],
  // The record; then what was touched.
  ['incremental', '403', exportCall],
  ['incremental', '400', exportCall, 2],
  // The note; the record again; the note again.
  ['incremental', '403', `${writeCall}/.databricks-import.running`],
  ['incremental', '403', `${writeCall}/.databricks-import.json`],
  ['incremental', '500', deleteCall, 3],
  ['create', 'killed', createFolder],
  ['recreate', 'killed', 'DELETE /api/2.0/repos/*'],
  ['wait', 'clock-a-day-ahead', read, 2],
  ['merge', 'clock-a-day-back', importCall],
  ['update', 'clock-20-min-ahead', updateFolder],
  ['check', '500', 'GET /api/2.2/jobs/get'],
  ['check', 'login-page', 'GET /api/2.0/git-credentials'],
  ['check', '401', signIn],
  ['check', 'killed', 'GET /api/2.1/clusters/get'],
];

interface Case {
  readonly title: string;
  readonly scenario: string;
  readonly faults: (lab: FaultLab) => Promise<readonly PlacedFault[]>;
  /** The step does its work at the first try. */
  readonly isDone: boolean;
}

const cases: readonly Case[] = [
  ...(['submit', 'incremental', 'recreate', 'check'] as const).map((scenario) => ({
    title: `all that pass are survived, at one or the other request of ${scenario}`,
    scenario,
    faults: (lab: FaultLab) => placeAll(lab, scenario),
    isDone: true,
  })),
  ...ending.map(([scenario, kind, request, number = 1]) => ({
    title: `${kind} at ${request} of ${scenario} is survived, or leaves what the message says`,
    scenario,
    faults: async () => [{ kind, request, number }],
    isDone: false,
  })),
];

async function placeAll(lab: FaultLab, scenario: string): Promise<PlacedFault[]> {
  const { requests } = await lab.reference(scenario);
  const places = [...requests.keys()].filter((request) => !special.includes(request));
  // Few requests have no room for all of them: each end of the list has its turn.
  const kinds = scenario === 'submit' ? [...passing].reverse() : passing;
  return kinds.slice(0, atOnce * places.length).map((kind, index) => {
    return { kind, request: places[index % places.length] ?? '', number: 1 };
  });
}

describe('each kind of fault', () => {
  const lab = new FaultLab(packedTasks);
  const verdicts = new Map<Case, Promise<readonly [Verdict, readonly PlacedFault[]]>>();

  before(() => {
    // Most of the time is spent in waiting for what is late.
    const limit = pLimit(3);
    for (const one of cases) {
      verdicts.set(
        one,
        limit(async () => {
          const faults = await one.faults(lab);
          return [await lab.try(one.scenario, faults), faults];
        }),
      );
    }
  });

  after(() => lab.close());

  for (const one of cases) {
    it(one.title, async function () {
      this.timeout(120_000);
      const [verdict, faults] = (await verdicts.get(one))!;

      assert.deepEqual(verdict.problems, [], verdict.log.join('\n'));
      assert.equal(verdict.hits, faults.length);
      assert.ok(!one.isDone || verdict.outcome === 'done', verdict.log.join('\n'));
    });
  }
});
