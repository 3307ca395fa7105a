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
  if (!options.names.isCopy) return page;
  const tasks = new RegExp(`\\b(${options.taskNames.join('|')})@`, 'g');
  return page.replace(tasks, (_, name: string) => `${options.names.taskName(name)}@`);
}

function webAddress(target: string, { repository, ref }: PageOptions): string {
  return `${repository}/blob/${ref}/${target.replace(/^\.\//, '').replace(/\/(?=#|$)/, '')}`;
}
