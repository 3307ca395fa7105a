import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences under which code may be part of a task; anything else is looked at by a person first. */
const known = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0'];

/**
 * The licences of the packages that bundles contain, as Markdown. `inputs` are the paths of the bundled files, relative to
 * the root. Throws for a package whose licence is unknown or whose text is missing.
 */
export function thirdPartyNotices(root, inputs) {
  const folders = new Set(inputs.map(packageFolder).filter(Boolean));
  const packages = [...folders].map((folder) => readPackage(join(root, folder)));
  const byTitle = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  const parts = [...byTitle]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, one]) => `## ${title} (${one.licence})\n\n${fenced(textOf(one, packages))}`);
  return `# Third-party notices\n\nThis task contains code of the following packages.\n\n${parts.join('\n\n')}\n`;
}

function packageFolder(path) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path.replace(/\\/g, '/'))?.[1];
}

function readPackage(folder) {
  const json = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  return {
    name: json.name,
    version: json.version,
    licence: json.license,
    repository: json.repository?.url ?? json.repository,
    text: file === undefined ? licenceInReadme(folder) : readFileSync(join(folder, file), 'utf8'),
  };
}

/** Packages that share a repository share its licence; not each of them carries the text. */
function textOf({ name, version, licence, repository, text }, packages) {
  if (!known.includes(licence))
    throw new Error(
      `${name}@${version} is bundled, but its licence "${licence}" is not one of ${known.join(', ')}`,
    );
  const sibling = packages.find(
    (other) =>
      other.text !== undefined &&
      other.licence === licence &&
      repository !== undefined &&
      other.repository === repository,
  );
  const found = text ?? sibling?.text;
  if (found === undefined)
    throw new Error(`${name}@${version} is bundled, but has no text of its licence`);
  return found;
}

function fenced(text) {
  return `\`\`\`text\n${text.replace(/\r/g, '').trim()}\n\`\`\``;
}

/** Some packages have their licence at the end of the README only. */
function licenceInReadme(folder) {
  const file = ['README.md', 'readme.md', 'Readme.md']
    .map((name) => join(folder, name))
    .find(existsSync);
  if (file === undefined) return undefined;
  const section = /^(?:#+ )?licen[cs]e\s*\n(?:-+\n)?([\s\S]*?copyright[\s\S]*)/im;
  return section.exec(readFileSync(file, 'utf8'))?.[1];
}
