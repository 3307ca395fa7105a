import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { ExtensionManifest } from '../manifests/load-manifests';
import { loadExtension, loadManifests, taskContributionType } from '../manifests/load-manifests';
import {
  computeNames,
  type ExtensionIdentity,
  renameExtension,
  renameTask,
} from './extension-identity';
import { buildMarketplacePage } from './marketplace-page';
import { PackagingError } from './packaging-error';

/** What is packed, and under which names. */
export interface StageOptions {
  /** Folder of the repository; its tasks are built in dist/tasks. */
  readonly root: string;
  /** Folder that is made anew. */
  readonly target: string;
  readonly identity: ExtensionIdentity;
}

/** Files of a built task that people's agents get. */
const taskFiles = /^(task\.json|icon\.png|ThirdPartyNotices\.md|[a-z0-9-]+\.js)$/;

/** Lays out the folder that tfx packs: resolved manifest, page, licence, images, tasks. Returns the manifest. */
export function stageExtension({ root, target, identity }: StageOptions): ExtensionManifest {
  const original = loadExtension(root);
  const names = computeNames(original, identity);
  const { version, repository } = readPackage(root);
  const manifests = loadManifests(root);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });

  const page = buildMarketplacePage(readFileSync(join(root, 'README.md'), 'utf8'), {
    repository,
    ref: `v${version}`,
    names,
    taskNames: manifests.map(({ manifest }) => manifest.name),
  });
  const staged = {
    ...renameExtension(original, identity, names),
    version,
    repository: { type: 'git', uri: repository },
    links: linksOf(repository, version),
  };
  writeFileSync(join(target, original.content.details.path), page);
  writeFileSync(join(target, 'vss-extension.json'), `${JSON.stringify(staged, undefined, 2)}\n`);
  cpSync(join(root, 'LICENSE'), join(target, original.content.license.path));
  for (const image of imagesOf(original, page)) {
    mkdirSync(dirname(join(target, image)), { recursive: true });
    copyInto(root, target, image);
  }
  for (const { folder, manifest } of manifests) {
    const built = join(root, 'dist', 'tasks', folder);
    if (!existsSync(join(built, 'index.js')))
      throw new PackagingError(`tasks/${folder} is not built`, 'Run npm run build.');
    cpSync(built, join(target, 'tasks', folder), {
      recursive: true,
      filter: (path) => path === built || taskFiles.test(path.slice(built.length + 1)),
    });
    const renamed = `${JSON.stringify(renameTask(manifest, names), undefined, 2)}\n`;
    writeFileSync(join(target, 'tasks', folder, 'task.json'), renamed);
  }
  return staged;
}

/** Only pictures that something shows: the icons, the screenshots and those of the page. */
function imagesOf(
  { icons, screenshots, contributions }: ExtensionManifest,
  page: string,
): Set<string> {
  const shown = [...page.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*\bsrc="([^"]+)"/g)]
    .map(([, markdown, html]) => markdown ?? html ?? '')
    .filter((source) => !source.includes(':'));
  const icon = contributions
    .filter(({ type }) => type !== taskContributionType)
    .map(({ properties }) => properties.icon ?? '');
  return new Set(
    [...Object.values(icons), ...screenshots.map(({ path }) => path), ...icon, ...shown].filter(
      (path) => extname(path) !== '',
    ),
  );
}

function copyInto(root: string, target: string, path: string): void {
  if (!existsSync(join(root, path)))
    throw new PackagingError(
      `The picture ${path} is missing`,
      'Draw it, or take it out of vss-extension.json and README.md.',
    );
  cpSync(join(root, path), join(target, path));
}

function readPackage(root: string): { readonly version: string; readonly repository: string } {
  const { version, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
    repository?: { url?: string };
  };
  const url = repository?.url?.replace(/^git\+/, '').replace(/\.git$/, '');
  if (url === undefined || !/^https:\/\/[^/]+\/.+[^/]$/.test(url))
    throw new PackagingError(
      'package.json does not say where the repository is',
      'Set repository.url to its https address; the links of the Marketplace page go there.',
    );
  return { version, repository: url };
}

function linksOf(repository: string, version: string): Record<string, { readonly uri: string }> {
  return {
    home: { uri: repository },
    getstarted: { uri: `${repository}/blob/v${version}/README.md` },
    learn: { uri: `${repository}/tree/v${version}/docs` },
    support: { uri: `${repository}/issues` },
    issues: { uri: `${repository}/issues` },
    license: { uri: `${repository}/blob/v${version}/LICENSE` },
  };
}
