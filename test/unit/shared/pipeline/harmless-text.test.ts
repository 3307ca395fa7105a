import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toHarmlessLine, toHarmlessText } from '../../../../shared/pipeline/harmless-text';

/** What the agent's parser, which may skip characters that have no weight, could take for a command. */
const marker = /##(vso|\[)/i;

describe('toHarmlessText', () => {
  const disguises: [title: string, text: string, harmless: string][] = [
    [
      'a logging command',
      '##vso[task.complete result=Skipped]',
      '##_vso[task.complete result=Skipped]',
    ],
    ['one in the middle of a line', 'x ##vso[a.b]', 'x ##_vso[a.b]'],
    ['one in capitals', '##VSO[a.b]', '##_VSO[a.b]'],
    ['several', '##vso[a.b]##vso[c.d]', '##_vso[a.b]##_vso[c.d]'],
    ['log format markers', '##[error]x ##[group]y', '##_[error]x ##_[group]y'],
    ['more number signs', '####vso[a.b]', '####_vso[a.b]'],
    ['a zero-width space', '##\u200bvso[a.b]', '##_vso[a.b]'],
    ['a soft hyphen', '#\u00ad#v\u00adso[a.b]', '##_vso[a.b]'],
    ['a byte order mark', '##\ufeffvso[a.b]', '##_vso[a.b]'],
    ['a variation selector', '##v\ufe0fso[a.b]', '##_vso[a.b]'],
    ['a tag character', '##\u{e0020}[error]', '##_[error]'],
    ['a colour', '#\u001b[31m#vso[a.b]', '##_vso[a.b]'],
    ['an unfinished escape sequence', '##\u001bvso[a.b]', '##_vso[a.b]'],
    ['a control character', '##\u0000v\u0008so[a.b]', '##_vso[a.b]'],
    ['a carriage return', 'progress\r##vso[a.b]', 'progress\n##_vso[a.b]'],
    ['a line separator', 'x\u2028##vso[a.b]', 'x\n##_vso[a.b]'],
  ];
  for (const [title, text, expected] of disguises) {
    it(`breaks ${title}`, () => {
      assert.equal(toHarmlessText(text), expected);
    });
  }

  it('makes every line break a line feed', () => {
    assert.equal(
      toHarmlessText('a\r\nb\rc\u000bd\u000ce\u0085f\u2029g\nh'),
      'a\nb\nc\nd\ne\nf\ng\nh',
    );
  });

  it('keeps tabs and the text of all languages', () => {
    assert.equal(toHarmlessText('\tGrößenwahn 大 ½ 🎉'), '\tGrößenwahn 大 ½ 🎉');
  });

  it('masks every occurrence of a secret', () => {
    assert.equal(toHarmlessText('a hunter2 b hunter2', { secrets: ['hunter2'] }), 'a *** b ***');
  });

  it('leaves no rest of a secret that begins like another', () => {
    assert.equal(toHarmlessText('x abcdef', { secrets: ['abc', 'abcdef'] }), 'x ***');
  });

  it('leaves no rest of secrets that overlap', () => {
    assert.equal(toHarmlessText('xabcdy', { secrets: ['abc', 'bcd'] }), 'x***y');
  });

  it('masks a secret that a colour or an invisible character splits', () => {
    assert.equal(toHarmlessText('hun\u001b[1mter\u200b2', { secrets: ['hunter2'] }), '***');
  });

  it('masks a secret that holds invisible characters itself', () => {
    assert.equal(toHarmlessText('hun\u200bter2', { secrets: ['hun\u200bter2'] }), '***');
  });

  it('masks each line of a secret of several lines', () => {
    const secret = '{\r\n  "key": "abc"\r\n}\r\n';

    assert.equal(toHarmlessText('{ "key": "abc" }', { secrets: [secret] }), '{ *** }');
    assert.equal(toHarmlessText(`x${secret}y`, { secrets: [secret] }), 'x***y');
  });

  it('masks no line of a secret that is too short to be one', () => {
    const secrets = ['{\n  abc,\n  d\n}'];

    assert.equal(toHarmlessText('{ abc, } { d }', { secrets }), '{ *** } { d }');
    assert.equal(toHarmlessText('of all of it', { secrets: ['all\nof'] }), 'of *** of it');
  });

  it('masks a secret within JSON, within a URL and in Base64', () => {
    const secret = 'pa"ss/w\\rd';
    const text = `${JSON.stringify({ secret })} https://x.test/?t=${encodeURIComponent(secret)} ${Buffer.from(secret).toString('base64')}`;

    assert.equal(
      toHarmlessText(text, { secrets: [secret] }),
      '{"secret":"***"} https://x.test/?t=*** ***==',
    );
  });

  for (const before of ['', 'a', 'ab', 'abc', '{"token":"']) {
    it(`masks a secret after "${before}" in Base64, also in that of URLs`, () => {
      const secret = 'dapi~?>0123456789';
      const plain = Buffer.from(`${before}${secret}"}`).toString('base64');
      const url = Buffer.from(`${before}${secret}"}`).toString('base64url');

      const masked = toHarmlessText(`${plain} ${url}`, { secrets: [secret] });

      assert.match(masked, /^\S{0,16}\*\*\*\S{0,8} \S{0,16}\*\*\*\S{0,8}$/);
    });
  }

  it('masks the first character of a secret in Base64 where it has one of its own', () => {
    const text = Buffer.from('abcdapi~?>0123456789xyz').toString('base64');

    assert.match(toHarmlessText(text, { secrets: ['dapi~?>0123456789'] }), /^YWJj\*\*\*/);
  });

  it('masks a secret of seven characters anywhere in Base64, and parts of shorter ones nowhere', () => {
    const text = Buffer.from('xhunter2y').toString('base64');
    const [partOfShort] = /FiY/.exec(Buffer.from('xabcy').toString('base64')) ?? [];

    assert.match(toHarmlessText(text, { secrets: ['hunter2'] }), /^\w{2}\*\*\*\w{2}$/);
    assert.equal(toHarmlessText(`a ${partOfShort}`, { secrets: ['abc'] }), 'a FiY');
  });

  it('masks a secret within a URL, whatever case its hex digits have', () => {
    assert.equal(toHarmlessText('k=a%2Fb%2Bc k=a%2fb%2bc', { secrets: ['a/b+c'] }), 'k=*** k=***');
  });

  it('ignores empty and blank secrets', () => {
    assert.equal(toHarmlessText('a b', { secrets: ['', ' ', '\u200b'] }), 'a b');
  });

  it('accepts a secret that is no valid Unicode', () => {
    assert.equal(toHarmlessText('a\ud800b', { secrets: ['\ud800'] }), 'a***b');
  });

  it('breaks a marker that is split by a secret of invisible neighbours', () => {
    assert.equal(
      toHarmlessText('##\u200bS3CR\u200bvso[a.b]', { secrets: ['S3CR'] }),
      '##***vso[a.b]',
    );
  });

  it('says how much it has cut off', () => {
    assert.equal(toHarmlessText('abcdef', { maxLength: 4 }), 'abcd… (2 more characters)');
  });

  it('keeps a text that is just short enough', () => {
    assert.equal(toHarmlessText('abcd', { maxLength: 4 }), 'abcd');
  });

  it('cuts no character in halves', () => {
    assert.equal(toHarmlessText('ab🎉', { maxLength: 3 }), 'ab… (2 more characters)');
    assert.equal(toHarmlessText('🎉abcd', { maxLength: 4 }), '🎉ab… (2 more characters)');
  });

  it('masks a secret that the cut would have split', () => {
    assert.equal(
      toHarmlessText('abc hunter2 def', { secrets: ['hunter2'], maxLength: 7 }),
      'abc ***… (4 more characters)',
    );
  });

  const hostilePieces = fc.constantFrom(
    '#',
    '##',
    'v',
    's',
    'o',
    'vso',
    'VSO',
    '[',
    ']',
    '\r',
    '\n',
    '\u200b',
    '\u00ad',
    '\u001b[31m',
    '\u001b',
    '\u0000',
    '\u0085',
    '\ufeff',
    'x',
    'hunter2',
    'hunt',
    'er2',
    '🎉',
  );
  const hostileText = fc.array(hostilePieces, { maxLength: 30 }).map((pieces) => pieces.join(''));
  const anyText = fc.oneof(
    hostileText,
    fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  );
  const limits = fc.option(fc.nat({ max: 20 }), { nil: undefined });

  it('never lets a marker through', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(hostileText, { maxLength: 3 }),
        limits,
        (text, secrets, max) => {
          const options = { secrets, ...(max !== undefined && { maxLength: max }) };

          assert.doesNotMatch(toHarmlessText(text, options), marker);
          assert.doesNotMatch(toHarmlessLine(text, options), marker);
        },
      ),
    );
  });

  it('never lets a secret through', () => {
    // A secret of three letters and more, with invisible characters between them.
    const letters = fc
      .array(fc.constantFrom('#', '[', 'v\u200b', 's', '\u200bq'), { minLength: 3, maxLength: 6 })
      .map((pieces) => pieces.join(''));
    const text = fc.string({
      unit: fc.constantFrom('#', '[', 'v', 's', 'q', '\u200b', '\r'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        text,
        fc.array(letters, { minLength: 1, maxLength: 3 }),
        limits,
        (foreign, secrets, max) => {
          const harmless = toHarmlessText(foreign, {
            secrets,
            ...(max !== undefined && { maxLength: max }),
          });
          const visible = secrets
            .map((secret) => secret.replaceAll('\u200b', ''))
            .filter((secret) => secret !== '');

          assert.deepEqual(
            visible.filter((secret) => harmless.includes(secret)),
            [],
          );
        },
      ),
    );
  });

  it('changes nothing more when it is applied again', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const once = toHarmlessText(text);

        assert.equal(toHarmlessText(once), once);
      }),
    );
  });
});

describe('toHarmlessLine', () => {
  it('puts everything on one line', () => {
    assert.equal(toHarmlessLine('  one two \r\n\r\n  three\u2028four\n'), 'one two three four');
  });
});
