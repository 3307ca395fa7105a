import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findAzureRepository } from '../../../../tasks/UpdateRepo/azure-repository';
import { readRemoteCommit } from '../../../../tasks/UpdateRepo/remote-commit';
import { FakeTaskHost } from '../../../helpers/fake-task-host';
import { createGitRemote, type GitRemote } from '../../../helpers/git-remote';
import { startProxy } from '../../../helpers/identity/agent-network';

const branch = (name: string) => ({ kind: 'branch', name }) as const;
const tag = (name: string) => ({ kind: 'tag', name }) as const;

function aHost(collectionUri?: string, token = 'job-token') {
  return new FakeTaskHost({
    ...(collectionUri !== undefined && { variables: { 'System.CollectionUri': collectionUri } }),
    connections: { SYSTEMVSSCONNECTION: { parameters: { accesstoken: token } } },
  });
}

function ask(host: FakeTaskHost, url: string, ref: ReturnType<typeof branch | typeof tag>) {
  return readRemoteCommit({ host, signal: new AbortController().signal }, url, ref);
}

describe('readRemoteCommit with git', () => {
  let remote: GitRemote;

  before(() => {
    remote = createGitRemote({ 'a.py': '1' });
    remote.branch('feature/x');
    remote.commit({ 'a.py': '2' }, { branch: 'main-2' });
    remote.tag('light');
    remote.tag('annotated', 'main', 'Release');
    remote.branch('v1', 'main-2');
    remote.tag('v1', 'main');
  });

  after(() => remote.remove());

  for (const [what, ref, expected] of [
    ['a branch', branch('main'), 'main'],
    ['a branch with a slash', branch('feature/x'), 'main'],
    ['a branch whose name begins like another', branch('main-2'), 'main-2'],
    ['a tag', tag('light'), 'main'],
    ['the commit of an annotated tag, not the tag itself', tag('annotated'), 'main'],
    ['a tag that is called like a branch', tag('v1'), 'main'],
    ['a branch that is called like a tag', branch('v1'), 'main-2'],
  ] as const) {
    it(`finds ${what}`, async () => {
      assert.deepEqual(await ask(aHost(), remote.url, ref), {
        kind: 'commit',
        commitId: remote.head(`refs/heads/${expected}`),
      });
    });
  }

  for (const ref of [branch('mai'), branch('x'), tag('main')]) {
    it(`finds no ${ref.kind} ${ref.name}`, async () => {
      assert.deepEqual(await ask(aHost(), remote.url, ref), { kind: 'missing' });
    });
  }

  it('finds nothing in a repository without commits', async () => {
    const empty = createGitRemote();

    assert.deepEqual(await ask(aHost(), empty.url, branch('main')), { kind: 'missing' });

    empty.remove();
  });

  it('changes nothing at the remote', async () => {
    const before = remote.snapshot();

    await ask(aHost(), remote.url, branch('main'));

    assert.deepEqual(remote.snapshot(), before);
  });

  it('says why the remote cannot be asked', async () => {
    assert.deepEqual(await ask(aHost(), 'file:///does/not/exist', branch('main')), {
      kind: 'unknown',
      reason: "fatal: '/does/not/exist' does not appear to be a git repository",
    });
  });

  it('says that there is no git', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      assert.deepEqual(await ask(aHost(), remote.url, branch('main')), {
        kind: 'unknown',
        reason: 'git is not on this agent',
      });
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('ends with the reason of the cancel', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));

    await assert.rejects(readRemoteCommit({ host: aHost(), signal }, remote.url, branch('main')), {
      message: 'cancelled',
    });
  });
});

describe('findAzureRepository', () => {
  const find = (collectionUri: string, url: string) => {
    const found = findAzureRepository(aHost(collectionUri), url);
    return found && `${found.project}/${found.repository}`;
  };

  for (const [collection, url, expected] of [
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/acme/p/_git/app', 'p/app'],
    ['https://dev.azure.com/acme', 'https://dev.azure.com/Acme/p/_git/app', 'p/app'],
    ['https://acme.visualstudio.com/', 'https://dev.azure.com/acme/p/_git/app', 'p/app'],
    ['https://dev.azure.com/acme/', 'https://acme.visualstudio.com/p/_git/app', 'p/app'],
    [
      'https://dev.azure.com/acme/',
      'https://acme.visualstudio.com/DefaultCollection/p/_git/app',
      'p/app',
    ],
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/acme/_git/app', 'app/app'],
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/acme/My%20P/_git/a%20b', 'My P/a b'],
    ['https://tfs.test/tfs/Main/', 'https://tfs.test/tfs/Main/p/_git/app', 'p/app'],
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/other/p/_git/app', undefined],
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/acme2/p/_git/app', undefined],
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/.*/p/_git/app', undefined],
    [
      'https://dev.azure.com/acme/',
      'https://acme.visualstudio.com.evil.test/p/_git/app',
      undefined,
    ],
    ['https://dev.azure.com/acme/', 'https://github.com/acme/app', undefined],
    ['https://dev.azure.com/acme/', 'https://dev.azure.com/acme/p/_wiki/app', undefined],
    ['https://evil.test//dev.azure.com/acme', 'https://dev.azure.com/acme/p/_git/app', undefined],
    ['http://tfs.test/tfs/Main/', 'http://tfs.test/tfs/Main/p/_git/app', undefined],
    ['', 'https://dev.azure.com/acme/p/_git/app', undefined],
  ] as const) {
    it(`finds ${expected ?? 'nothing'} for ${url} in ${collection || 'no organisation'}`, () => {
      assert.equal(find(collection, url), expected);
    });
  }

  it('finds nothing without the token of the job', () => {
    const host = new FakeTaskHost({
      variables: { 'System.CollectionUri': 'https://dev.azure.com/acme/' },
    });

    assert.equal(findAzureRepository(host, 'https://dev.azure.com/acme/p/_git/app'), undefined);
  });
});

interface SeenRequest {
  readonly line: string;
  readonly authorization: string | undefined;
}

/** What `_apis` of Azure DevOps answers: the locations of the area git, and the refs that begin with a filter. */
async function startAzure(refs: readonly object[], status = 200) {
  const seen: SeenRequest[] = [];
  const server: Server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ line: `${method} ${url}`, authorization: headers.authorization });
    const location = {
      id: '2d874a60-a811-4f62-9c9f-963a6ea0a55b',
      area: 'git',
      resourceName: 'refs',
      routeTemplate: '{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*filter}',
      resourceVersion: 1,
      minVersion: '1.0',
      maxVersion: '7.2',
      releasedVersion: '7.1',
    };
    const value = method === 'OPTIONS' ? [location] : refs;
    response.writeHead(method === 'OPTIONS' ? 200 : status, {
      'content-type': 'application/json',
      ...(status === 302 && { location: 'http://elsewhere.test/' }),
    });
    const isOk = method === 'OPTIONS' || status === 200;
    response.end(JSON.stringify(isOk ? { value, count: value.length } : { message: 'No.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collectionUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/acme/`;
  return {
    collectionUri,
    url: `${collectionUri}p/_git/app`,
    seen,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('readRemoteCommit with Azure Repos', () => {
  let azure: Awaited<ReturnType<typeof startAzure>>;
  const a = 'a'.repeat(40);
  const b = 'b'.repeat(40);

  afterEach(() => azure.close());

  it('asks with the token of the job for exactly this ref', async () => {
    azure = await startAzure([
      { name: 'refs/heads/main-2', objectId: b },
      { name: 'refs/heads/main', objectId: a },
    ]);

    const found = await ask(aHost(azure.collectionUri), azure.url, branch('main'));

    assert.deepEqual(found, { kind: 'commit', commitId: a });
    assert.deepEqual(azure.seen, [
      { line: 'OPTIONS /acme/_apis/git', authorization: 'Bearer job-token' },
      {
        line: 'GET /acme/p/_apis/git/repositories/app/refs?filter=heads%2Fmain&peelTags=true',
        authorization: 'Bearer job-token',
      },
    ]);
  });

  it('takes the commit of an annotated tag', async () => {
    azure = await startAzure([{ name: 'refs/tags/v1', objectId: b, peeledObjectId: a }]);

    const found = await ask(aHost(azure.collectionUri), azure.url, tag('v1'));

    assert.deepEqual(found, { kind: 'commit', commitId: a });
  });

  it('finds no ref that only begins so', async () => {
    azure = await startAzure([{ name: 'refs/heads/main-2', objectId: b }]);

    const found = await ask(aHost(azure.collectionUri), azure.url, branch('main'));

    assert.deepEqual(found, { kind: 'missing' });
  });

  for (const [status, why] of [
    [404, 'Error: the repository was not found'],
    [401, 'Error: No.'],
    [302, 'Error: No.'],
  ] as const) {
    it(`asks git after HTTP ${status}`, async () => {
      azure = await startAzure([], status);
      const host = aHost(azure.collectionUri);

      const found = await ask(host, azure.url, branch('main'));

      assert.equal(found.kind, 'unknown');
      assert.deepEqual(host.debugs, [`Azure Repos could not be asked: ${why}`]);
    });
  }

  it('sends git no token', async () => {
    azure = await startAzure([], 404);

    await ask(aHost(azure.collectionUri), azure.url, branch('main'));

    const ofGit = azure.seen.filter(({ line }) => line.includes('info/refs'));
    assert.deepEqual(
      ofGit.map(({ authorization }) => authorization),
      ofGit.map(() => undefined),
    );
    assert.ok(ofGit.length > 0);
  });

  it('ends with the reason of the cancel', async () => {
    azure = await startAzure([]);
    const signal = AbortSignal.abort(new Error('cancelled'));
    const host = aHost(azure.collectionUri);

    await assert.rejects(readRemoteCommit({ host, signal }, azure.url, branch('main')), {
      message: 'cancelled',
    });
  });

  it('goes through the proxy of the agent', async () => {
    azure = await startAzure([{ name: 'refs/heads/main', objectId: a }]);
    const proxy = await startProxy('me', 'pass word');
    const host = new FakeTaskHost({
      variables: { 'System.CollectionUri': azure.collectionUri },
      connections: { SYSTEMVSSCONNECTION: { parameters: { accesstoken: 'job-token' } } },
      network: { proxyUrl: `http://me:pass%20word@127.0.0.1:${proxy.port}` },
    });

    const found = await ask(host, azure.url, branch('main'));
    await proxy.close();

    assert.deepEqual(found, { kind: 'commit', commitId: a });
    const { host: name } = new URL(azure.collectionUri);
    assert.deepEqual(proxy.asked, [
      `OPTIONS ${name} as me:pass word`,
      `GET ${name} as me:pass word`,
    ]);
  });

  it('goes directly when the agent does, whatever proxy the environment names', async () => {
    azure = await startAzure([{ name: 'refs/heads/main', objectId: a }]);
    const { HTTP_PROXY } = process.env;
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:9';

    const found = await ask(aHost(azure.collectionUri), azure.url, branch('main'));
    if (HTTP_PROXY === undefined) delete process.env['HTTP_PROXY'];
    else process.env['HTTP_PROXY'] = HTTP_PROXY;

    assert.deepEqual(found, { kind: 'commit', commitId: a });
  });
});
