// npm run publish: packs the extension, checks it, publishes it in the Marketplace and shares it. --help shows the options.
import { relative } from 'node:path';
import { loadExtension, repositoryRoot } from './manifests/load-manifests';
import { computeNames } from './package/extension-identity';
import { PackagingError } from './package/packaging-error';
import { runTfx } from './package/tfx';
import { createOutput } from './publish/command';
import { createGallery, type PublishedExtension } from './publish/gallery';
import { checkExtensionNames } from './publish/names';
import { openPackage, packAnew, type ReadyPackage } from './publish/obtain-package';
import { type PublishOptions, parsePublishOptions } from './publish/options';
import {
  checkMarketplace,
  describeNext,
  describeStatus,
  publishVsix,
  shareWith,
  type Target,
  type Tools,
} from './publish/publish-extension';
import { explainRefusal, toAnswer } from './publish/refusals';
import { checkLinks, checkRelease, type Findings, readRelease } from './publish/release-checks';
import { requireToken } from './publish/token';

const usage = `npm run publish -- [options]     docs/publishing.md explains all steps

  --publisher ID       ID of your publisher, if it is not that of vss-extension.json
  --id ID              publishes a copy under another id, to try something out
  --vsix FILE          publishes a VSIX that npm run package has made
  --share-with ORG     shares it with an organisation; several are possible
  --status             only shows what is published
  --dry-run            checks and packs, publishes nothing
  --no-wait            does not wait for the validation
  --no-build           packs what npm run build has made
  --no-link-check      does not open the addresses that the page links to
  --service-url URL    another Marketplace
  --token TOKEN        better: the environment variable AZURE_DEVOPS_EXT_PAT`;

const scope = 'Marketplace (Publish)';
const output = createOutput();
const { say } = output;

async function main(): Promise<void> {
  const given = parsePublishOptions(process.argv.slice(2));
  if (given.help) return say(usage);
  const token = output.takeToken(given.token);
  const opened = given.vsix === undefined ? undefined : await openPackage(given.vsix);
  const target = findTarget(given, opened);
  checkExtensionNames(target.publisher, target.id);
  if (given.status) return showStatus(target, token);

  await checkLocally(given, target);
  const published = await askMarketplace(given, target, token);
  const packed = opened ?? (await packAnew(target, given.build));
  say(
    `${relative(process.cwd(), packed.file)}: version ${packed.version}, ${(packed.size / 1e6).toFixed(2)} MB, ${packed.files.size} files`,
  );
  if (given.dryRun) return say('Everything is ready. Nothing was published (--dry-run).');
  await publish(given, target, packed, published, connect(target, token));
}

async function publish(
  given: PublishOptions,
  target: Target,
  { file }: ReadyPackage,
  published: PublishedExtension | undefined,
  tools: Tools,
): Promise<void> {
  say(
    'Publishing; the Marketplace looks at it, which takes seconds, of a public extension up to 20 minutes.',
  );
  const result = await publishVsix(file, given.wait, target, tools);
  const before = published?.sharedWith ?? [];
  await shareWith(given.shareWith, before, target, tools);
  const shared = [...new Set([...before, ...given.shareWith])];
  for (const line of describeNext(target, result, shared)) say(line);
}

function connect({ serviceUrl }: Target, given: string | undefined): Tools {
  const token = requireToken(given, scope);
  return {
    gallery: createGallery(serviceUrl, token),
    tfx: (args) => runTfx(args, token),
    say,
  };
}

function findTarget(given: PublishOptions, opened: ReadyPackage | undefined): Target {
  const original = loadExtension();
  return {
    publisher: opened?.publisher ?? given.publisher ?? original.publisher,
    id: opened?.id ?? given.id ?? original.id,
    version: opened?.version ?? readRelease(repositoryRoot, true).version,
    serviceUrl: given.serviceUrl,
  };
}

async function showStatus(target: Target, token: string | undefined): Promise<void> {
  const { gallery } = connect(target, token);
  const { publisher, id } = target;
  const published = await gallery.readExtension(publisher, id).catch((error: unknown) => {
    const what = `Asking the Marketplace for ${publisher}.${id}`;
    throw explainRefusal({ what, ...target }, toAnswer(error));
  });
  for (const line of describeStatus(target, published)) say(line);
}

async function askMarketplace(
  given: PublishOptions,
  target: Target,
  token: string | undefined,
): Promise<PublishedExtension | undefined> {
  if (given.dryRun && token === undefined) {
    say('warning: There is no token, so the Marketplace was not asked.');
    return undefined;
  }
  return checkMarketplace(target, connect(target, token).gallery);
}

/** A VSIX that was packed earlier does not hold what is checked out now. */
async function checkLocally(given: PublishOptions, target: Target): Promise<void> {
  const { isCopy } = computeNames(loadExtension(), target);
  const release = { ...readRelease(repositoryRoot, isCopy), version: target.version };
  const local = checkRelease(
    given.vsix === undefined ? release : { ...release, changes: [], versions: new Map() },
  );
  const links =
    isCopy || !given.linkCheck
      ? { errors: [], warnings: [] }
      : await checkLinks(pageLinks(target.version), fetch);
  report(local, links);
}

function pageLinks(version: string): string[] {
  const { repository } = require('../package.json') as { repository: { url: string } };
  const address = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  return [address, `${address}/blob/v${version}/README.md`];
}

function report(...findings: readonly Findings[]): void {
  for (const warning of findings.flatMap(({ warnings }) => warnings)) say(`warning: ${warning}`);
  const errors = findings.flatMap(({ errors: found }) => found);
  if (errors.length > 0)
    throw new PackagingError(
      `This cannot be published:${errors.map((error) => `\n  - ${error.replace(/\.$/, '')}`).join('')}`,
      'Nothing was published',
    );
}

output.run(main);
