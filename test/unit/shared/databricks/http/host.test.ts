import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidHostError, parseHost } from '../../../../../shared/databricks';

const expectsUrl =
  'expected a workspace URL such as https://adb-1234567890123456.7.azuredatabricks.net.';
const unencrypted = 'http would send the token unencrypted; use https.';
const noUserInfo = 'it must not contain a user name or a password.';

describe('parseHost', () => {
  for (const [text, origin] of [
    ['https://adb-1.2.test', 'https://adb-1.2.test'],
    ['adb-1.2.test', 'https://adb-1.2.test'],
    ['  https://adb-1.2.test/  ', 'https://adb-1.2.test'],
    ['https://adb-1.2.test/?o=123#job/4/run/5', 'https://adb-1.2.test'],
    ['adb-1.2.test/browse/folders?o=1', 'https://adb-1.2.test'],
    ['HTTPS://ADB-1.2.TEST', 'https://adb-1.2.test'],
    ['https://adb-1.2.test/#workspace/Users/me@company.test', 'https://adb-1.2.test'],
    ['https://adb-1.2.test:443', 'https://adb-1.2.test'],
    ['https://adb-1.2.test:8443/x', 'https://adb-1.2.test:8443'],
    ['adb-1.2.test:8443', 'https://adb-1.2.test:8443'],
    ['localhost:8080', 'https://localhost:8080'],
    ['http://localhost:8080/x', 'http://localhost:8080'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.8.9.10', 'http://127.8.9.10'],
    ['http://2130706433', 'http://127.0.0.1'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://[2001:db8::1]', 'https://[2001:db8::1]'],
    ['https://bücher.test', 'https://xn--bcher-kva.test'],
    ['\ufeffhttps://adb-1.2.test', 'https://adb-1.2.test'],
    ['https://adb-1.2.test.', 'https://adb-1.2.test'],
    ['adb-1.2.test.:8443/x', 'https://adb-1.2.test:8443'],
    ['http://localhost.:8080', 'http://localhost:8080'],
    ['https://adb-1.2.test/api/2.0/clusters/list', 'https://adb-1.2.test'],
    [
      'https://accounts.azuredatabricks.test/api?x=https://a.test',
      'https://accounts.azuredatabricks.test',
    ],
    ['https://\u0430db-1.test', 'https://xn--db-1-43d.test'],
    ['https://adb-1\u3002test', 'https://adb-1.test'],
  ] as const) {
    it(`reduces "${text}" to ${origin}`, () => {
      assert.equal(parseHost(text), origin);
    });
  }

  for (const [text, message] of [
    ['', `"" is not a usable workspace URL: ${expectsUrl}`],
    ['   ', `"   " is not a usable workspace URL: ${expectsUrl}`],
    ['https://', `"https://" is not a usable workspace URL: ${expectsUrl}`],
    ['https:/adb-1.test', `"https:/adb-1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['https:adb-1.test', `"https:adb-1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['HTTP:adb-1.test', `"HTTP:adb-1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['https://adb-1.test..', `"https://adb-1.test.." is not a usable workspace URL: ${expectsUrl}`],
    ['https://adb-1..test', `"https://adb-1..test" is not a usable workspace URL: ${expectsUrl}`],
    ['https://.adb-1.test', `"https://.adb-1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['https://.', `"https://." is not a usable workspace URL: ${expectsUrl}`],
    [
      'https://https://adb-1.test',
      `"https://https://adb-1.test" is not a usable workspace URL: ${expectsUrl}`,
    ],
    ['https//adb-1.test', `"https//adb-1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['http://[::1', `"http://[::1" is not a usable workspace URL: ${expectsUrl}`],
    [
      'https://[fe80::1%25eth0]',
      `"https://[fe80::1%25eth0]" is not a usable workspace URL: ${expectsUrl}`,
    ],
    ['adb 1.test', `"adb 1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['https:\\\\adb-1.test', `"https:\\\\adb-1.test" is not a usable workspace URL: ${expectsUrl}`],
    ['https://a\nb.test', `"https://a\nb.test" is not a usable workspace URL: ${expectsUrl}`],
    [
      'https://adb-1.test:99999',
      `"https://adb-1.test:99999" is not a usable workspace URL: ${expectsUrl}`,
    ],
    ['https://a<b>.test', `"https://a<b>.test" is not a usable workspace URL: ${expectsUrl}`],
    ['$(DATABRICKS_HOST)', `"$(DATABRICKS_HOST)" is not a usable workspace URL: ${expectsUrl}`],
    [
      'ftp://adb-1.test',
      '"ftp://adb-1.test" is not a usable workspace URL: expected https, got ftp.',
    ],
    ['file:///etc', `"file:///etc" is not a usable workspace URL: ${expectsUrl}`],
    ['http://adb-1.test', `"http://adb-1.test" is not a usable workspace URL: ${unencrypted}`],
    ['http://0.0.0.0', `"http://0.0.0.0" is not a usable workspace URL: ${unencrypted}`],
    [
      'http://127.0.0.1.evil.test',
      `"http://127.0.0.1.evil.test" is not a usable workspace URL: ${unencrypted}`,
    ],
    [
      'http://localhost.evil.test',
      `"http://localhost.evil.test" is not a usable workspace URL: ${unencrypted}`,
    ],
    ['http://[::2]', `"http://[::2]" is not a usable workspace URL: ${unencrypted}`],
    [
      'https://user@adb-1.test',
      `"https://***@adb-1.test" is not a usable workspace URL: ${noUserInfo}`,
    ],
    [
      'https://:pw@adb-1.test',
      `"https://***@adb-1.test" is not a usable workspace URL: ${noUserInfo}`,
    ],
    ['user:pw@adb-1.test', `"***@adb-1.test" is not a usable workspace URL: ${noUserInfo}`],
    [
      'http://token:pw@adb-1.test',
      `"http://***@adb-1.test" is not a usable workspace URL: ${noUserInfo}`,
    ],
    [
      'ftp://token:pw@adb-1.test',
      `"ftp://***@adb-1.test" is not a usable workspace URL: ${noUserInfo}`,
    ],
    [
      'https://token:p w@adb-1.test',
      `"https://***@adb-1.test" is not a usable workspace URL: ${expectsUrl}`,
    ],
    [
      'https://token:p/w@adb-1.test',
      `"https://***@adb-1.test" is not a usable workspace URL: ${expectsUrl}`,
    ],
    [
      'http://127.0.0.1@evil.test',
      `"http://***@evil.test" is not a usable workspace URL: ${noUserInfo}`,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseHost(text), { name: 'InvalidHostError', message });
    });
  }

  it('returns an origin that it accepts again, or throws InvalidHostError, for any text', () => {
    const part = fc.oneof(
      fc.constantFrom('https://', 'http://', 'localhost', '127.0.0.1', '@', ':', '/', '?o=1', '#'),
      fc.constantFrom(
        '[::1]',
        '.',
        '.test',
        'adb-1',
        '\\',
        '%2e',
        '。',
        'ß',
        '\u0000',
        ':443',
        '//',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const origin = tryParseHost(given);
        if (origin === undefined) return;
        const url = new URL(origin);
        assert.equal(url.origin, origin);
        assert.equal(`${url.username}${url.password}${url.search}${url.hash}`, '');
        assert.equal(url.pathname, '/');
        assert.equal(parseHost(origin), origin);
        assert.doesNotMatch(url.hostname, /^\.|\.\.|\.$|^https?$/);
        assert.match(origin, /^(https:\/\/|http:\/\/(localhost|\[::1\]|127(\.\d+){3})(:\d+)?$)/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never shows a password', () => {
    const scheme = fc.constantFrom('', 'https://', 'http://', 'ftp://', 'x:');
    const host = fc.constantFrom('adb-1.test', 'localhost', '', 'a b', ':99999');
    const around = fc.string({ unit: 'grapheme', maxLength: 5 });
    fc.assert(
      fc.property(scheme, around, around, host, (prefix, before, after, name) => {
        const shown = outcomeOf(`${prefix}u:${before}S3CRET${after}@${name}`);
        assert.doesNotMatch(shown, /S3CRET/i);
      }),
    );
  });
});

/** The origin, or the message of the refusal. */
function outcomeOf(text: string): string {
  try {
    return parseHost(text);
  } catch (error) {
    assert.ok(error instanceof InvalidHostError, String(error));
    return error.message;
  }
}

function tryParseHost(text: string): string | undefined {
  try {
    return parseHost(text);
  } catch (error) {
    assert.ok(error instanceof InvalidHostError, String(error));
    return undefined;
  }
}
