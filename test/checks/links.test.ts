import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { marked, type Token } from 'marked';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';
import { findAnchors } from '../../scripts/package/page-anchors';

const pages = ['.', 'docs', 'examples', 'local']
  .flatMap((folder) =>
    readdirSync(join(repositoryRoot, folder), { recursive: folder !== '.', encoding: 'utf8' }).map(
      (name) => join(folder, name).replaceAll('\\', '/'),
    ),
  )
  .filter((name) => name.endsWith('.md'))
  .sort();
const scripts = Object.keys(
  (
    JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    }
  ).scripts,
);

interface Page {
  /** Targets of links and pictures. */
  readonly targets: readonly string[];
  readonly anchors: ReadonlySet<string>;
  /** Fenced blocks with their language. */
  readonly blocks: readonly { readonly language: string; readonly text: string }[];
}

function readPage(file: string): Page {
  const targets: string[] = [];
  const blocks: { language: string; text: string }[] = [];
  const visit = (token: Token): void => {
    if (token.type === 'link' || token.type === 'image') targets.push(String(token['href']));
    if (token.type === 'code')
      blocks.push({ language: String(token['lang'] ?? ''), text: String(token['text']) });
  };
  const text = readFileSync(join(repositoryRoot, file), 'utf8');
  void marked.walkTokens(marked.lexer(text), visit);
  return { targets, anchors: findAnchors(text), blocks };
}

/** Why a link of a page leads nowhere; undefined if it leads somewhere. Web addresses are only looked at. */
function problemOf(file: string, target: string): string | undefined {
  if (/^[a-z]+:/i.test(target)) {
    return /^https:\/\/[a-z0-9.-]+\.[a-z]+(\/|$)/.test(target) ? undefined : 'is no https address';
  }
  const [path = '', anchor] = target.split('#');
  const found =
    path === '' ? join(repositoryRoot, file) : resolve(repositoryRoot, dirname(file), path);
  if (relative(repositoryRoot, found).startsWith('..')) return 'leaves the repository';
  if (!existsSync(found)) return 'does not exist';
  if (anchor === undefined) return undefined;
  const page = statSync(found).isDirectory() ? join(found, 'README.md') : found;
  const { anchors } = readPage(relative(repositoryRoot, page));
  return anchors.has(anchor) ? undefined : `has no heading #${anchor}`;
}

describe('the pages', () => {
  it('are found', () => {
    assert.ok(pages.includes('README.md') && pages.includes('local/agent/README.md'));
  });

  for (const file of pages) {
    describe(file, () => {
      const page = readPage(file);

      it('links to what exists', () => {
        const broken = page.targets
          .map((target) => [target, problemOf(file, target)])
          .filter(([, problem]) => problem !== undefined);

        assert.deepEqual(broken, []);
      });

      it('runs scripts that package.json has', () => {
        const commands = page.blocks
          .filter(({ language }) => ['sh', 'bash', 'text', ''].includes(language))
          .map(({ text }) => text)
          .concat(readFileSync(join(repositoryRoot, file), 'utf8').match(/`npm run [^`]+`/g) ?? []);
        const run = commands.flatMap((text) =>
          [...text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name]) => name ?? ''),
        );

        assert.deepEqual(
          run.filter((name) => !scripts.includes(name)),
          [],
        );
      });

      it('has JSON that is JSON', () => {
        for (const { language, text } of page.blocks) {
          if (language === 'json') assert.doesNotThrow(() => JSON.parse(text), text);
        }
      });
    });
  }

  describe('the check of links', () => {
    const cases: readonly (readonly [string, string | undefined])[] = [
      ['docs/nothing.md', 'does not exist'],
      ['README.md#nothing', 'has no heading #nothing'],
      ['#tasks', undefined],
      ['#nothing', 'has no heading #nothing'],
      ['../outside.md', 'leaves the repository'],
      ['http://example.com/', 'is no https address'],
      ['https://example.com/docs', undefined],
      ['local/agent', undefined],
    ];
    for (const [target, problem] of cases) {
      it(`says of ${target}: ${problem ?? 'right'}`, () => {
        assert.equal(problemOf('README.md', target), problem);
      });
    }
  });
});
