import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, type Tokens } from 'marked';
import { repositoryRoot } from '../../../scripts/manifests/load-manifests';
import { type Outcome, type Scene, startScene, warningsOf } from '../../helpers/scene';
import { creditScoring } from './scene';

const clusterId = '0923-164208-local001';
const quickStart = /## Quick start in YAML\n(.*?)\n## /s;

/** A block of the quick start in this language, as it stands in the README. */
function blockOf(language: string): string {
  const [, section = ''] =
    quickStart.exec(readFileSync(join(repositoryRoot, 'README.md'), 'utf8')) ?? [];
  const blocks = marked
    .lexer(section)
    .filter((token): token is Tokens.Code => token.type === 'code' && token['lang'] === language);
  const [found, another] = blocks;
  if (!found || another) throw new Error(`the quick start must have one block of ${language}`);
  return found.text;
}

describe('the quick start of the README', () => {
  let scene: Scene;
  let notebooks: string;

  beforeEach(async () => {
    scene = await startScene();
    notebooks = join(scene.folder, 'repository', 'notebooks');
    mkdirSync(notebooks, { recursive: true });
  });

  afterEach(() => scene.close());

  function run(pipeline: string): Promise<Outcome> {
    const { url, token } = scene.workspace;
    const group = { DATABRICKS_HOST: url, DATABRICKS_TOKEN: { value: token, secret: true } };
    return scene.run(pipeline, {
      sources: join(scene.folder, 'repository'),
      variables: { groups: { 'databricks-dev': group } },
    });
  }

  it('runs the notebook that it shows, and prints what that returns', async () => {
    writeFileSync(join(notebooks, 'integration_test.py'), `${blockOf('python')}\n`);

    const { result, log } = await run(blockOf('yaml'));

    assert.equal(result.result, 'Succeeded');
    assert.match(log, /^ *\|? *1 checks passed, AUC 0\.84$/m);
  });

  it('runs the notebooks of the example', async () => {
    cpSync(join(creditScoring, 'notebooks'), notebooks, { recursive: true });

    const { result, log } = await run(blockOf('yaml'));

    assert.equal(result.result, 'Succeeded');
    assert.match(log, /^ *\|? *11 checks passed, AUC 0\.\d+$/m);
  });

  it('runs on a cluster when that replaces serverless, without a warning', async () => {
    writeFileSync(join(notebooks, 'integration_test.py'), `${blockOf('python')}\n`);
    const pipeline = blockOf('yaml').replace(
      'compute: serverless',
      `existingCluster: ${clusterId}`,
    );

    const outcome = await run(pipeline);

    assert.equal(outcome.result.result, 'Succeeded');
    assert.deepEqual(warningsOf(outcome.step('test')), []);
    const [submitted] = scene.requests('POST /api/2.2/jobs/runs/submit');
    assert.match(
      JSON.stringify(submitted?.body),
      new RegExp(`"existing_cluster_id":"${clusterId}"`),
    );
  });
});
