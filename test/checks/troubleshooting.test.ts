import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';

/** Messages whose text is a server's. */
const fromServers: readonly string[] = [
  '… failed: Invalid access token',
  '… failed: Credential was not sent or was of an unsupported type',
  'Branch "…" does not exist',
  '….netapi',
];

/** The messages in the first columns of the tables of a page. */
function readMessages(page: string): string[] {
  const rows = marked
    .lexer(readFileSync(join(repositoryRoot, page), 'utf8'))
    .filter((token): token is Tokens.Table => token.type === 'table')
    .filter(({ header }) => header[0]?.text === 'message')
    .flatMap((table) => table.rows);
  const messages: string[] = [];
  const visit = (token: Token): void => {
    if (token.type === 'codespan') messages.push(String(token['text']));
  };
  for (const [cell] of rows) void marked.walkTokens(cell?.tokens ?? [], visit);
  return messages;
}

/** Lines of the sources; no text is broken over several. */
function readLines(): string[] {
  return ['shared', 'tasks']
    .map((folder) => join(repositoryRoot, folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .replace(/\\(['"`])/g, '$1')
        .split('\n'),
    );
}

/** Whether a line has what a message says, as it stands there or with `…` for the values that are only examples. */
function isIn(line: string, message: string): boolean {
  const general = message.replace(/\b[A-Z_]{4,}\b|\b\d+ MB\b|(?<=')\w+(?=')/g, '…');
  return hasParts(line, message) || hasParts(line, general);
}

/** Whether a line has all that stands between the placeholders, in this order. */
function hasParts(line: string, message: string): boolean {
  const parts = message
    .split('…')
    .map((part) => part.trim())
    .filter((part) => part.length > 1);
  let at = 0;
  for (const part of parts) {
    const found = line.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return parts.length > 0;
}

describe('the messages to look up', () => {
  const lines = readLines();

  for (const page of ['README.md', 'docs/connections.md']) {
    describe(page, () => {
      for (const message of readMessages(page).filter((one) => !fromServers.includes(one))) {
        it(`has a message that a task prints: ${message}`, () => {
          assert.ok(lines.some((line) => isIn(line, message)));
        });
      }
    });
  }

  it('have every text of a server that is allowed', () => {
    const messages = readMessages('README.md');

    assert.deepEqual(
      fromServers.filter((message) => !messages.includes(message)),
      [],
    );
  });

  describe('their check', () => {
    const line = "Input '[name]' is [size], more than the [limit] of $([variable])";
    const cases: readonly (readonly [string, boolean])[] = [
      ["Input '…' is …, more than the … of $(…)", true],
      ["Input 'path' is 120 MB, more than the 100 MB of $(NAME)", true],
      ['… more than the …', true],
      ["Input '…' is …, larger than the … of $(…)", false],
      ['… of …, more than the …', false],
      ['SOMETHING_ELSE', false],
    ];
    for (const [message, expected] of cases) {
      it(`${expected ? 'finds' : 'does not find'} ${message}`, () => {
        assert.equal(isIn(line, message), expected);
      });
    }
  });
});
