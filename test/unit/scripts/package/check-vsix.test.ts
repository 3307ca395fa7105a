import assert from 'node:assert/strict';
import type { ExtensionManifest } from '../../../../scripts/manifests/load-manifests';
import { findPackageProblems, largestVsix } from '../../../../scripts/package/check-vsix';
import type { PackedExtension } from '../../../../scripts/package/packed-extension';

/** The start of a PNG, as far as its size is told there. */
function aPicture(width: number, height = width): Buffer {
  const png = Buffer.alloc(32);
  png.write('\u0089PNG\r\n\u001a\n', 'latin1');
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}

function aTask(changes: object = {}): object {
  return {
    id: '3f2b1c8e-5a40-4b7e-9c1d-2e6f7a8b9c0d',
    name: 'DatabricksRun',
    friendlyName: 'Run',
    version: { Major: 1, Minor: 2, Patch: 3 },
    inputs: [
      { name: 'connection', type: 'connectedService:databricksworkspace' },
      { name: 'cluster', type: 'pickList' },
    ],
    dataSourceBindings: [{ target: 'cluster', dataSourceName: 'Clusters' }],
    execution: { Node20_1: { target: 'index.js' }, Node24: { target: 'index.js' } },
    postjobexecution: { Node20_1: { target: 'post-job.js' } },
    ...changes,
  };
}

function aManifest(changes: Partial<ExtensionManifest> = {}): ExtensionManifest {
  return {
    id: 'databricks-notebooks',
    publisher: 'someone',
    version: '0.2.3',
    name: 'Databricks',
    description: 'Runs notebooks.',
    files: [],
    icons: { default: 'images/icon.png', large: 'images/large.png' },
    screenshots: [{ path: 'images/shot.png' }],
    content: { details: { path: 'README.md' }, license: { path: 'LICENSE.md' } },
    contributions: [
      { id: 'run', type: 'ms.vss-distributed-task.task', properties: { name: 'tasks/Run' } },
      {
        id: 'connection',
        type: 'ms.vss-endpoint.service-endpoint-type',
        properties: {
          name: 'databricksworkspace',
          icon: 'images/connection.png',
          dataSources: [{ name: 'Clusters', endpointUrl: '' }],
        },
      },
    ],
    ...changes,
  };
}

const assets = `<Assets>
  <Asset Type="images/shot.png" d:Source="File" Path="images/shot.png" Addressable="true"/>
</Assets>`;

/** A package that is right; `files` replaces, adds or (undefined) takes away files. */
function aPackage(
  files: Readonly<Record<string, string | Buffer | undefined>> = {},
  changes: Partial<PackedExtension> = {},
): PackedExtension {
  const all: Record<string, string | Buffer | undefined> = {
    'extension.vsixmanifest': assets,
    'README.md':
      '![forms](images/shot.png) [more](https://example.test/docs) [here](#tasks)\n\n## Tasks',
    'LICENSE.md': 'MIT',
    'images/icon.png': aPicture(128),
    'images/large.png': aPicture(512),
    'images/shot.png': aPicture(1366, 768),
    'images/connection.png': aPicture(32),
    'tasks/Run/task.json': JSON.stringify(aTask()),
    'tasks/Run/icon.png': aPicture(32),
    'tasks/Run/ThirdPartyNotices.md': 'MIT',
    'tasks/Run/index.js': 'require("./yaml.js"), import("./oauth.js")',
    'tasks/Run/oauth.js': '3',
    'tasks/Run/post-job.js': '1',
    'tasks/Run/yaml.js': '2',
    ...files,
  };
  const present = Object.entries(all).flatMap(([path, content]) =>
    content === undefined ? [] : [[path, Buffer.from(content)] as const],
  );
  return {
    files: new Map(present),
    size: 1_000_000,
    manifest: aManifest(),
    root: '/home/somebody/databricks',
    ...changes,
  };
}

const ready = 'tasks/Run/task.json';

describe('findPackageProblems', () => {
  it('finds nothing in a package that is right', () => {
    assert.deepEqual(findPackageProblems(aPackage()), []);
  });

  const cases: readonly (readonly [string, PackedExtension, string])[] = [
    [
      'a package that is too large',
      aPackage({}, { size: largestVsix }),
      'The package has 3145728 bytes; less than 3145728 are allowed',
    ],
    [
      'a contribution without its folder',
      aPackage({ [ready]: undefined }),
      'The contribution of tasks/Run has no tasks/Run/task.json',
    ],
    [
      'a task without a contribution',
      aPackage({
        'tasks/Other/task.json': JSON.stringify(aTask()),
      }),
      'tasks/Other has no contribution in vss-extension.json',
    ],
    [
      'a handler without its bundle',
      aPackage({ 'tasks/Run/post-job.js': undefined }),
      'tasks/Run has no post-job.js for its handler Node20_1',
    ],
    [
      'a bundle that loads a missing file',
      aPackage({ 'tasks/Run/yaml.js': undefined }),
      'tasks/Run/index.js loads yaml.js, which is missing',
    ],
    [
      'a bundle that imports a missing file',
      aPackage({ 'tasks/Run/oauth.js': undefined }),
      'tasks/Run/index.js loads oauth.js, which is missing',
    ],
    [
      'a task without licences',
      aPackage({ 'tasks/Run/ThirdPartyNotices.md': undefined }),
      'tasks/Run has no ThirdPartyNotices.md',
    ],
    [
      'a task without icon',
      aPackage({ 'tasks/Run/icon.png': undefined }),
      'tasks/Run/icon.png must be a PNG of 32 x 32 pixels',
    ],
    [
      'an icon of another size',
      aPackage({ 'tasks/Run/icon.png': aPicture(64) }),
      'tasks/Run/icon.png must be a PNG of 32 x 32 pixels',
    ],
    [
      'a stray file of a task',
      aPackage({ 'tasks/Run/notes.txt': 'x' }),
      'tasks/Run/notes.txt does not belong into a task',
    ],
    [
      'another version than that of the extension',
      aPackage({}, { manifest: aManifest({ version: '0.2.4' }) }),
      "tasks/Run has not Minor and Patch of the extension's version 0.2.4",
    ],
    [
      'a name that is too long',
      aPackage({ [ready]: JSON.stringify(aTask({ friendlyName: 'x'.repeat(41) })) }),
      'tasks/Run needs a friendlyName of 1 to 40 characters',
    ],
    [
      'a name with a space',
      aPackage({ [ready]: JSON.stringify(aTask({ name: 'Run it' })) }),
      'tasks/Run is named "Run it"; letters, digits and - are allowed',
    ],
    [
      'an id that is no GUID',
      aPackage({ [ready]: JSON.stringify(aTask({ id: '1' })) }),
      'tasks/Run has the id "1", which is no GUID',
    ],
    [
      'a type of service connection that nobody declares',
      aPackage({
        [ready]: JSON.stringify(aTask({ inputs: [{ name: 'c', type: 'connectedService:other' }] })),
      }),
      'tasks/Run: input c has the type connectedService:other, which the extension lacks',
    ],
    [
      'a data source that nobody declares',
      aPackage({
        [ready]: JSON.stringify(aTask({ dataSourceBindings: [{ dataSourceName: 'Pools' }] })),
      }),
      'tasks/Run: there is no data source Pools',
    ],
    [
      'an addressable task',
      aPackage({
        'extension.vsixmanifest': `${assets}<Asset Type="t" d:Source="File" Path="tasks/Run/index.js" Addressable="true"/>`,
      }),
      'tasks/Run/index.js can be loaded by browsers; task folders must not be addressable',
    ],
    [
      'an extension icon of another size',
      aPackage({ 'images/icon.png': aPicture(64) }),
      'images/icon.png must be a PNG of 128 x 128 pixels',
    ],
    [
      'a missing icon of the service connection',
      aPackage({ 'images/connection.png': undefined }),
      'images/connection.png is missing',
    ],
    ['a missing page', aPackage({ 'README.md': undefined }), 'The page README.md is missing'],
    [
      'a picture that is not in the package',
      aPackage({ 'README.md': '![x](images/other.png)' }),
      'README.md shows images/other.png, which is not in the package',
    ],
    [
      'a link into the repository',
      aPackage({ 'README.md': 'See [docs](docs/agents.md).' }),
      'README.md links to docs/agents.md, which only the repository has',
    ],
    [
      'a link to a heading that the page does not have',
      aPackage({ 'README.md': '[run](#databricksrun1)\n\n### DatabricksRun-my-copy@1' }),
      'README.md links to #databricksrun1, but no heading is called so',
    ],
    [
      'a source map',
      aPackage({ 'tasks/Run/index.js': 'x\n//# sourceMappingURL=index.js.map' }),
      'tasks/Run/index.js names a source map',
    ],
    ['a test', aPackage({ 'test/x.js': '1' }), 'test/x.js does not belong into the package'],
    [
      'a key of the tool library',
      aPackage({ 'images/.taskkey': 'k' }),
      'images/.taskkey does not belong into the package',
    ],
    [
      'a folder of the machine',
      aPackage({ 'tasks/Run/yaml.js': '"/home/somebody/databricks/tasks"' }),
      'tasks/Run/yaml.js names a folder of the machine it was built on',
    ],
    [
      'a Databricks token',
      aPackage({ 'LICENSE.md': `dapi${'0a'.repeat(16)}` }),
      'LICENSE.md contains a Databricks token',
    ],
    [
      'a private key',
      aPackage({ 'LICENSE.md': '-----BEGIN RSA PRIVATE KEY-----' }),
      'LICENSE.md contains a private key',
    ],
    [
      'an id with a space',
      aPackage({}, { manifest: aManifest({ id: 'my copy' }) }),
      'The id "my copy" may have letters, digits and - only',
    ],
    [
      'a publisher with a dot',
      aPackage({}, { manifest: aManifest({ publisher: 'a.b' }) }),
      'The publisher "a.b" may have letters, digits and - only',
    ],
    [
      'a version of four numbers',
      aPackage({}, { manifest: aManifest({ version: '0.2.3.4' }) }),
      'The version "0.2.3.4" must have three numbers',
    ],
    [
      'a description that is too long',
      aPackage({}, { manifest: aManifest({ description: 'x'.repeat(201) }) }),
      'The description must have 1 to 200 characters',
    ],
  ];
  for (const [title, extension, problem] of cases) {
    it(`finds ${title}`, () => {
      assert.ok(
        findPackageProblems(extension).includes(problem),
        findPackageProblems(extension).join('\n'),
      );
    });
  }

  it('finds two tasks with one id', () => {
    const manifest = aManifest();
    const second = {
      id: 'again',
      type: 'ms.vss-distributed-task.task',
      properties: { name: 'tasks/Again' },
    };
    const extension = aPackage(
      { 'tasks/Again/task.json': JSON.stringify(aTask({ name: 'Again', friendlyName: 'Again' })) },
      { manifest: { ...manifest, contributions: [...manifest.contributions, second] } },
    );

    const problems = findPackageProblems(extension);

    assert.ok(problems.includes('Two tasks have the id "3f2b1c8e-5a40-4b7e-9c1d-2e6f7a8b9c0d"'));
  });
});
