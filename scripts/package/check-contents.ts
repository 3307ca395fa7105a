import { marked, type Token } from 'marked';
import { isPicture, type PackedExtension } from './packed-extension';
import { findAnchors } from './page-anchors';

/** Browsers may load pictures and page, never the code of tasks. */
export function checkAddressable({ files }: PackedExtension): string[] {
  const manifest = files.get('extension.vsixmanifest')?.toString('utf8') ?? '';
  if (manifest === '') return ['The package has no extension.vsixmanifest'];
  return addressablePaths(manifest)
    .filter((path) => path.startsWith('tasks/'))
    .map((path) => `${path} can be loaded by browsers; task folders must not be addressable`);
}

function addressablePaths(vsixManifest: string): string[] {
  return [...vsixManifest.matchAll(/<Asset\b[^>]*\bPath="([^"]*)"[^>]*\bAddressable="true"/g)].map(
    ([, path]) => path ?? '',
  );
}

/** Icons have the sizes that the Marketplace wants; what is shown is there. */
export function checkPictures({ files, manifest }: PackedExtension): string[] {
  const sized: readonly (readonly [string | undefined, number])[] = [
    [manifest.icons['default'], 128],
    [manifest.icons['large'], 512],
  ];
  const wrongSizes = sized.flatMap(([path = '', size]) => {
    return isPicture(files.get(path), size)
      ? []
      : [`${path || 'The icon'} must be a PNG of ${size} x ${size} pixels`];
  });
  const shown = [
    ...manifest.screenshots.map(({ path }) => path),
    ...manifest.contributions.flatMap(({ properties: { icon } }) => icon ?? []),
  ];
  const missing = shown.filter((path) => !files.has(path)).map((path) => `${path} is missing`);
  return [...wrongSizes, ...missing];
}

/**
 * The page is shown outside of the repository: pictures come from the package, other files by web address. Links within the
 * page name headings that it has: a copy has others, and parts are left out.
 */
export function checkPage({ files, manifest }: PackedExtension): string[] {
  const path = manifest.content.details.path;
  const page = files.get(path)?.toString('utf8');
  if (page === undefined) return [`The page ${path} is missing`];
  const addressable = new Set(
    addressablePaths(files.get('extension.vsixmanifest')?.toString('utf8') ?? ''),
  );
  const known: KnownTargets = { addressable, anchors: findAnchors(page) };
  const problems: string[] = [];
  void marked.walkTokens(marked.lexer(page), (token) => {
    const problem = checkTarget(token, known);
    if (problem !== undefined) problems.push(`${path} ${problem}`);
  });
  return problems;
}

interface KnownTargets {
  readonly addressable: ReadonlySet<string>;
  readonly anchors: ReadonlySet<string>;
}

function checkTarget(token: Token, { addressable, anchors }: KnownTargets): string | undefined {
  const href = 'href' in token && typeof token.href === 'string' ? token.href : '';
  if (/^(https:|mailto:)/.test(href) || href === '') return undefined;
  if (token.type === 'image') {
    return addressable.has(href) ? undefined : `shows ${href}, which is not in the package`;
  }
  if (token.type !== 'link') return undefined;
  if (!href.startsWith('#')) return `links to ${href}, which only the repository has`;
  return anchors.has(href.slice(1)) ? undefined : `links to ${href}, but no heading is called so`;
}

const secrets: readonly (readonly [RegExp, string])[] = [
  [/dapi[0-9a-f]{32}/, 'a Databricks token'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\./, 'a JSON Web Token'],
  [/\/\/[^/\s]*:_authToken=/, 'a token of a package registry'],
];

/** Nothing of the repository's workshop, of the machine, or of anybody's secrets goes to users. */
export function checkForbidden({ files, root }: PackedExtension): string[] {
  return [...files].flatMap(([path, content]) => [
    ...(doesNotBelong.test(path) ? [`${path} does not belong into the package`] : []),
    ...(path.endsWith('.png') ? [] : checkText(path, content.toString('utf8'), root)),
  ]);
}

const doesNotBelong = /\.(map|ts|tsx|vsix|npmrc|env|log)$|(^|\/)(test|node_modules)\/|\.taskkey$/;

function checkText(path: string, text: string, root: string): string[] {
  const found: readonly (readonly [boolean, string])[] = [
    [text.includes('sourceMappingURL='), 'names a source map'],
    [text.includes(root), 'names a folder of the machine it was built on'],
    ...secrets.map(([pattern, what]) => [pattern.test(text), `contains ${what}`] as const),
  ];
  return found.filter(([isThere]) => isThere).map(([, problem]) => `${path} ${problem}`);
}
