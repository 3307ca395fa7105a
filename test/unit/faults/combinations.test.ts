import assert from 'node:assert/strict';
import { combinationsOf, shrink } from '../../faults/combinations';
import { parseFaultOptions } from '../../faults/command-line';
import { describeFault, kindOf, type PlacedFault, parseFaults } from '../../faults/fault-kinds';

const submit = 'POST /api/2.2/jobs/runs/submit';
const read = 'GET /api/2.2/jobs/runs/get';
const requests = new Map([
  [
    'run',
    new Map([
      [submit, 1],
      [read, 3],
    ]),
  ],
]);

describe('combinations of faults', () => {
  it('are the same for the same seed, and others for another', () => {
    const ofSeed = (seed: number) => combinationsOf(seed, 20, requests, { slow: true });

    assert.deepEqual(ofSeed(7), ofSeed(7));
    assert.notDeepEqual(ofSeed(7), ofSeed(8));
  });

  it('have one to three faults at requests that are sent, and one life and one clock', () => {
    const all = combinationsOf(7, 300, requests, { slow: false }).map(({ faults }) => faults);

    assert.deepEqual([...new Set(all.map(({ length }) => length))].sort(), [1, 2, 3]);
    const shapes = all.map((faults) => faults.map((fault) => kindOf(fault).shape));
    assert.ok(shapes.every((list) => list.filter(({ isKill }) => isKill).length <= 1));
    assert.ok(shapes.every((list) => list.filter(({ clockJumpMs }) => clockJumpMs).length <= 1));
    const faults = all.flat();
    assert.ok(faults.every(({ request, number }) => number <= (request === read ? 3 : 1)));
    assert.ok(faults.every((fault) => kindOf(fault).isSlow !== true));
  });

  it('are written as they are read', () => {
    const text = `reset-after@${submit}#1 + 503@${read}#2`;

    const faults = parseFaults(text);

    assert.deepEqual(faults[1], { kind: '503', request: read, number: 2 });
    assert.equal(faults.map(describeFault).join(' + '), text);
  });

  for (const [text, message] of [
    ['503', /"503" is no fault: expected kind@METHOD \/path#n\./],
    [`flood@${submit}#1`, /^There is no fault "flood"; there are 400, 401, /],
  ] as const) {
    it(`refuse ${text}`, () => {
      assert.throws(() => parseFaults(text), { message });
    });
  }

  it('shrink to the faults that are to blame', async () => {
    const faults = parseFaults(`503@${read}#1 + killed@${submit}#1 + 502@${read}#3`);
    const isToBlame = ({ kind }: PlacedFault): boolean => kind === '503' || kind === '502';

    const smallest = await shrink(faults, async (part) => part.filter(isToBlame).length === 2);

    assert.deepEqual(
      smallest.map(({ kind }) => kind),
      ['503', '502'],
    );
  });
});

describe('options of the fault suite', () => {
  it('have defaults', () => {
    const { runs, jobs, matrix, only } = parseFaultOptions([]);

    assert.deepEqual([runs, jobs, matrix, only], [500, 4, true, undefined]);
  });

  it('name what there is', () => {
    assert.deepEqual(parseFaultOptions(['--task', 'run, wait', '--kind', '503']).scenarios, [
      'run',
      'wait',
    ]);
    assert.throws(() => parseFaultOptions(['--task', 'walk']), {
      message: /^--task: "walk" is none of submit, wait, /,
    });
    assert.throws(() => parseFaultOptions(['--runs', 'many']), { message: '--runs: "many"' });
  });
});
