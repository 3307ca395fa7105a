import assert from 'node:assert/strict';
import { errorsOf, fastClock, type Scene, startScene } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';

const names = [
  'with spaces  inside',
  'größe 日本語 e\u0301',
  'rocket 🚀 and 👩‍👩‍👧',
  'a+b=c & d#1',
  '100% %41 %2F',
  'what? (really) [1] {2}',
  'it\'s "quoted" `ticks`',
  '<b>*bold* _it_ | ~x~<b>',
  '$HOME $x %x% !y!',
  'back\\slash;semi,comma:colon',
  '##vso[task.complete result=Failed]x',
];

interface SubmitBody {
  readonly run_name?: string;
  readonly tasks?: readonly { readonly notebook_task: { readonly notebook_path: string } }[];
}

describe('names of notebooks', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene(
      Object.fromEntries(names.map((name, index) => [name, `dbutils.notebook.exit("${index}")\n`])),
    );
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  names.forEach((name, index) => {
    it(`may be ${JSON.stringify(name)}`, async () => {
      const notebookPath = `/Shared/${name}`;
      const inputs = { notebookPath, compute: 'serverless' };

      const outcome = await scene.steps(taskStep('RunNotebook', inputs, { name: 'run' }), {
        env: fastClock(),
      });

      assert.deepEqual(errorsOf(outcome.step('run')), []);
      assert.equal(outcome.step('run').result, 'Succeeded');
      assert.equal(outcome.step('run').outputs['notebookOutput'], String(index));
      const [looked] = scene.requests('GET /api/2.0/workspace/get-status');
      assert.equal(looked?.query['path'], notebookPath);
      const [submitted] = scene.requests('POST /api/2.2/jobs/runs/submit');
      const { run_name: runName, tasks } = (submitted?.body ?? {}) as SubmitBody;
      assert.equal(tasks?.[0]?.notebook_task.notebook_path, notebookPath);
      assert.ok(runName?.replace(/ \[[0-9a-f]{8}\]$/, '').endsWith(`: ${name}`));
      const shown = notebookPath.replace('##vso', '##_vso').replaceAll('\u200d', '');
      assert.ok(outcome.step('run').log.includes(`Exit value of ${shown}: ${index}`));
      const title = /^### Run \d+ of notebook "(.*)"$/m.exec(
        outcome.step('run').attachments[0]?.content ?? '',
      );
      const unescaped = title?.[1]
        ?.replace(/\\(.)/g, '$1')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&amp;/g, '&');
      assert.equal(unescaped, shown);
    });
  });
});
