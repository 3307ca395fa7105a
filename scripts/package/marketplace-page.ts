import { slug } from 'github-slugger';
import type { ExtensionNames } from './extension-identity';

const repositoryOnly = /<!-- repository only -->[\s\S]*?<!-- end of repository only -->\n*/g;

/** What the page of the Marketplace differs in from the README. */
export interface PageOptions {
  /** Web address of the repository, without a slash at the end. */
  readonly repository: string;
  /** Branch or tag that links go to. */
  readonly ref: string;
  readonly names: ExtensionNames;
  readonly taskNames: readonly string[];
}

/**
 * The README as page of the Marketplace: links to files of the repository become web addresses (images stay: they are in the
 * package), parts for people who have the repository are left out, and a copy tells how its tasks are called.
 */
export function buildMarketplacePage(readme: string, options: PageOptions): string {
  const page = readme
    .replace(repositoryOnly, '')
    .replace(
      /(!?)(\[[^\]]*\])\(([^)\s]+)\)/g,
      (link, image: string, text: string, target: string) =>
        image === '!' || /^([a-z]+:|#)/i.test(target)
          ? link
          : `${text}(${webAddress(target, options)})`,
    );
  return options.names.isCopy ? renameTasks(page, options) : page;
}

/** Names of tasks with their version, and links to the headings that are such names. */
function renameTasks(page: string, { names, taskNames }: PageOptions): string {
  const newNames = new Map(taskNames.map((name) => [name, names.taskName(name)]));
  const newAnchors = new Map([...newNames].map(([name, renamed]) => [slug(name), slug(renamed)]));
  return page
    .replace(
      new RegExp(`\\b(${[...newNames.keys()].join('|')})@`, 'g'),
      (_, name: string) => `${newNames.get(name)}@`,
    )
    .replace(
      new RegExp(`\\(#(${[...newAnchors.keys()].join('|')})(\\d+)\\)`, 'g'),
      (_, anchor: string, major: string) => `(#${newAnchors.get(anchor)}${major})`,
    );
}

function webAddress(target: string, { repository, ref }: PageOptions): string {
  return `${repository}/blob/${ref}/${target.replace(/^\.\//, '').replace(/\/(?=#|$)/, '')}`;
}
