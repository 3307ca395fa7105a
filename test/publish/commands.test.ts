import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';
import { type FakeMarketplace, startFakeMarketplace } from '../helpers/fake-marketplace';
import { folderWithVsix, runNotebookId } from '../unit/scripts/publish/packages';

const token = 'abc123secret';

interface End {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Arguments of all processes that took part. */
  readonly argv: string;
}

describe('npm run publish and npm run upload-tasks', function () {
  this.timeout(60_000);
  const folder = folderWithVsix();
  let fake: FakeMarketplace;
  beforeEach(async () => {
    fake = await startFakeMarketplace(token);
  });
  afterEach(() => fake.close());

  function run(script: string, ...args: string[]): Promise<End> {
    const argumentsFile = join(folder.path, `${script}-${fake.url.split(':').at(-1)}.txt`);
    const preload = join(repositoryRoot, 'test', 'helpers', 'record-arguments.cjs');
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', `scripts/${script}.ts`, '--vsix', folder.vsix, ...args],
      {
        cwd: repositoryRoot,
        env: {
          ...process.env,
          NODE_OPTIONS: `--require ${JSON.stringify(preload)}`,
          ARGUMENTS_FILE: argumentsFile,
          AZURE_DEVOPS_EXT_PAT: token,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    return new Promise((resolve) =>
      child.on('close', (exitCode) =>
        resolve({ exitCode, ...text, argv: readFileSync(argumentsFile, 'utf8') }),
      ),
    );
  }

  it('publishes and shares, with the token in no argument and no output', async () => {
    const { exitCode, stdout, stderr, argv } = await run(
      'publish',
      '--service-url',
      fake.url,
      '--share-with',
      'contoso',
    );

    assert.equal(exitCode, 0, stderr);
    assert.match(
      stdout,
      new RegExp(
        [
          'Shared with contoso\\.',
          'me\\.my-copy 1\\.2\\.3 is published and validated\\.',
          `Page and installation: ${fake.url}/items\\?itemName=me\\.my-copy`,
          'Installation in contoso: https://dev\\.azure\\.com/contoso/_settings/extensions\\?tab=shared\n$',
        ].join('\n'),
      ),
    );
    assert.deepEqual(
      fake.extensions.get('me.my-copy')?.versions.map(({ version }) => version),
      ['1.2.3'],
    );
    assert.match(argv, /tfx-with-token\.cjs extension publish --vsix/);
    assert.match(argv, /tfx-with-token\.cjs extension share --publisher me/);
    assert.equal(argv.includes(token), false);
    assert.equal(`${stdout}${stderr}`.includes(token), false);
  });

  it('publishes nothing in a dry run', async () => {
    const { exitCode, stdout } = await run('publish', '--service-url', fake.url, '--dry-run');

    assert.equal(exitCode, 0);
    assert.match(stdout, /Everything is ready\. Nothing was published \(--dry-run\)\.\n$/);
    assert.equal(fake.extensions.size, 0);
  });

  it('hides the token even where a service repeats it', async () => {
    const message = `Only a fool would send ${token}`;
    fake.refusals.push({ request: /^POST/, status: 418, body: { message } });

    const { exitCode, stderr } = await run('publish', '--service-url', fake.url);

    assert.equal(exitCode, 1);
    assert.equal(
      stderr,
      'error: Publishing me.my-copy 1.2.3 failed. The Marketplace said: "Only a fool would send ***". docs/publishing.md lists the refusals that are known.\n',
    );
  });

  it('uploads a task, and says what is missing without the extension', async () => {
    const { exitCode, stdout, stderr, argv } = await run(
      'upload-tasks',
      '--organization',
      `${fake.url}/contoso/`,
      '--task',
      'RunNotebook',
    );

    assert.equal(exitCode, 0, stderr);
    assert.match(
      stdout,
      /^Tasks in .*\/contoso:\n {2}DatabricksRunNotebook-my-copy@1 1\.2\.3: uploaded \(before: nothing\)\nWithout the extension/,
    );
    assert.equal(fake.tasks.has(runNotebookId), true);
    assert.equal(`${argv}${stdout}${stderr}`.includes(token), false);
  });
});
