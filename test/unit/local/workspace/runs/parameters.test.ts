import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRun, type NewRun } from '../../../../../local/workspace/runs/create-run';
import { resolveParameters } from '../../../../../local/workspace/runs/parameters';
import { createIdSource } from '../../../../../local/workspace/state/ids';

function resolve(base: object, plan: Partial<NewRun> = {}, valuesFile = '/none'): object {
  const settings = {
    tasks: [{ task_key: 'main', notebook_task: { notebook_path: '/n', base_parameters: base } }],
  };
  const basics = { type: 'JOB_RUN', jobId: '7', name: 'job', creator: 'me', settings } as const;
  const ids = createIdSource(() => 1_000, false);
  const run = createRun({ ...basics, ...plan }, ids, Date.UTC(2024, 0, 2));
  const [task] = run.tasks;
  assert.ok(task);
  return resolveParameters(run, task, valuesFile);
}

describe('resolveParameters', () => {
  it('lets notebook_params win over base_parameters, and job parameters over both', () => {
    const parameters = resolve(
      { a: 'base', b: 'base', c: 'base' },
      {
        overridingParameters: { notebook_params: { b: 'run', c: 'run', d: 'run' } },
        jobParameters: { c: 'job' },
      },
    );

    assert.deepEqual(parameters, { a: 'base', b: 'run', c: 'job', d: 'run' });
  });

  const references: [string, string][] = [
    ['{{job.id}}', '7'],
    ['{{ job.name }}', 'job'],
    ['{{job.run_id}}/{{parent_run_id}}', '100000/100000'],
    ['{{task.run_id}}', '100001'],
    ['{{job.start_time.iso_date}}', '2024-01-02'],
    ['{{job.parameters.p}}', 'v'],
    ['{{job.parameters.unknown}}', '{{job.parameters.unknown}}'],
    ['{{constructor}}', '{{constructor}}'],
    ['{{tasks.up.values.k}}', '{{tasks.up.values.k}}'],
  ];
  for (const [text, value] of references) {
    it(`makes ${value} of ${text}`, () => {
      const { x } = { x: '', ...resolve({ x: text }, { jobParameters: { p: 'v' } }) };

      assert.equal(x, value);
    });
  }

  it('reads task values, as JSON when they are no text', () => {
    const dir = mkdtempSync(join(tmpdir(), 'values-'));
    const file = join(dir, 'values.json');
    writeFileSync(file, JSON.stringify({ up: { text: 'a', list: [1, 2] } }));

    const base = { a: '{{tasks.up.values.text}}', b: '{{tasks.up.values.list}}' };
    const parameters = resolve(base, {}, file);

    rmSync(dir, { recursive: true });
    assert.deepEqual(parameters, { a: 'a', b: '[1,2]' });
  });
});
