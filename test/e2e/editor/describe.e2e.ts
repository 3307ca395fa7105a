import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../scripts/manifests/load-manifests';
import { type Scene, startScene } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';

const ODD_NAMES = [
  'Bäckerei Groß & Söhne',
  "Jane O'Neil's Cluster <dev>",
  'a=b; 100 % {{x}} $(y)',
  'пример 🚀',
];

/** A list takes three pages, of 100, 100 and 50; two clusters are there from the start. */
const CLUSTERS = 250;

interface Ended {
  readonly exitCode: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs `npm run pipeline -- --describe …` in a process of its own, in the folder of the extension. */
function describeInProcess(...args: readonly string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'local/agent/main.ts', '--describe', ...args],
    { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, lines: output.split('\n'), errors }));
  });
}

describe('the editor', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await startScene({ ok: '' });
  });

  afterEach(() => scene.close());

  const create = async (path: string, body: object): Promise<Record<string, unknown>> =>
    await callApi(scene.workspace, 'POST', path, body);

  function writeConnections(tokens: Readonly<Record<string, string>>): string {
    const file = join(scene.folder, 'connections.json');
    const connections = Object.entries(tokens).map(([name, apitoken]) => ({
      name,
      type: 'databricksworkspace',
      url: `${scene.workspace.url}/`,
      scheme: 'Token',
      parameters: { apitoken },
    }));
    writeFileSync(file, JSON.stringify({ connections }));
    return file;
  }

  it('offers the clusters of the workspace, page after page, whatever they are called', async () => {
    const fill = Array.from({ length: CLUSTERS - 2 - ODD_NAMES.length }, (_, at) => `fill ${at}`);
    const ids = new Map<string, string>();
    for (const name of [...ODD_NAMES, ...fill]) {
      const body = { cluster_name: name, spark_version: '15.4.x-scala2.12' };
      ids.set(name, String((await create('/api/2.1/clusters/create', body))['cluster_id']));
    }
    const connections = writeConnections({ 'databricks-dev': scene.workspace.token });

    const { exitCode, lines, errors } = await describeInProcess(
      'DatabricksRunNotebook@1',
      '--tasks',
      'tasks',
      '--connections',
      connections,
    );

    assert.deepEqual([exitCode, errors], [0, '']);
    assert.ok(
      lines.includes(`    ${CLUSTERS} entries of Clusters through "databricks-dev", 3 calls`),
      lines.slice(0, 20).join('\n'),
    );
    for (const [name, id] of ids) {
      assert.ok(
        lines.some((line) => line.trim().startsWith(id) && line.includes(name)),
        name,
      );
    }
    assert.equal(scene.requests('GET /api/2.1/clusters/list').length, 3);
    assert.ok(!lines.join('\n').includes(scene.workspace.token));
  });

  it('verifies a connection, and asks every data source of its type', async () => {
    const task = { task_key: 'main', notebook_task: { notebook_path: '/Shared/ok' } };
    await create('/api/2.2/jobs/create', { name: 'nightly', tasks: [task] });
    const connections = writeConnections({ good: scene.workspace.token, bad: 'dapi-nonsense' });

    const { exitCode, lines, errors } = await describeInProcess(
      'connection',
      '--connections',
      connections,
    );

    const at = lines.indexOf('bad');
    const refused = 'HTTP 403 PERMISSION_DENIED: Invalid access token.';
    const sources = [
      ['Clusters', '2 items'],
      ['Jobs', '1 item'],
      ['SparkVersions', '2 items'],
      ['NodeTypes', '2 items'],
      ['ClusterPolicies', '2 items'],
      ['InstancePools', '2 items'],
    ];
    assert.deepEqual([exitCode, errors], [1, '']);
    assert.deepEqual(lines.slice(2, at - 1), [
      'good',
      '  Verify: OK, HTTP 200',
      ...sources.map(([name, count]) => `  ${name}: ${count}, 1 call`),
    ]);
    assert.deepEqual(lines.slice(at + 1), [
      `  Verify: failed: ${refused}`,
      ...sources.map(([name]) => `  ${name}: ${refused}`),
      '',
    ]);
  });
});
