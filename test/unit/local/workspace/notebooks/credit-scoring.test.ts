import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { NotebookLab, plainTrace } from './notebook-lab';

const NOTEBOOKS = join(__dirname, '../../../../../examples/credit-scoring/notebooks');

describe('the notebooks of the credit scoring example', function () {
  this.timeout(30_000);
  let lab: NotebookLab;

  before(() => {
    lab = new NotebookLab();
    lab.file('/Repos/ci/credit/.git/HEAD', '');
    cpSync(NOTEBOOKS, join(lab.treeDir, 'Repos/ci/credit'), {
      recursive: true,
      filter: (path) => !path.endsWith('__pycache__'),
    });
  });
  after(() => lab.remove());

  async function run(name: string, parameters: Record<string, string> = {}): Promise<unknown> {
    const result = await lab.run(`/Repos/ci/credit/${name}`, { parameters });
    assert.equal(result.status, 'success', result.output);
    return JSON.parse((result as { exitValue: string }).exitValue);
  }

  it('prepare, train and evaluate with the same numbers everywhere', async () => {
    assert.deepEqual(await run('train', { environment: 'staging' }), {
      auc: 0.8632,
      rows: 400,
      epochs: 60,
      environment: 'staging',
      commit: '',
    });
    assert.deepEqual(await run('evaluate', { environment: 'staging' }), {
      auc: 0.8401,
      accuracy: 0.8,
      auc_in_use: 'none',
      better: true,
      commit: '',
    });
  });

  it('test themselves', async () => {
    assert.deepEqual(await run('integration_test'), { passed: 11, auc: 0.7708 });
  });

  it('fail deep in a function when the export has a renamed column', async () => {
    const result = await lab.run('/Repos/ci/credit/train', {
      parameters: { source_schema: '2025' },
    });

    assert.equal(
      (result as { error: string }).error,
      'MissingColumnError: Column "annual_income" is missing in the loan applications. The file has: application_id, yearly_income, loan_amount, employment_years, open_loans, late_payments, defaulted',
    );
    assert.match(
      plainTrace(result),
      /File \/Workspace\/Repos\/ci\/credit\/train \(cell 7\), line 1\n[\s\S]*File \/Workspace\/Repos\/ci\/credit\/scoring\.py:\d+, in read_number\n/,
    );
  });

  it('say what is missing when there is no model', async () => {
    const result = await lab.run('/Repos/ci/credit/evaluate', {
      parameters: { environment: 'qa' },
    });

    assert.match(
      (result as { error: string }).error,
      /^FileNotFoundError: There is no candidate in .*: run the notebook train first$/,
    );
  });
});
