import assert from 'node:assert/strict';
import { findBrowser, parseAction, usage } from '../../../../scripts/preview/options';

describe('parseAction', () => {
  const cases = [
    [[], 'page'],
    [['--screenshots'], 'screenshots'],
    [['--screenshots', '--help'], 'help'],
  ] as const;
  for (const [args, action] of cases) {
    it(`takes "${args.join(' ')}" for ${action}`, () => {
      assert.equal(parseAction(args), action);
    });
  }

  it('refuses what it does not know', () => {
    assert.throws(() => parseAction(['--screenshot']), {
      name: 'UsageError',
      message: `Unknown argument "--screenshot".\n\n${usage}`,
    });
  });
});

describe('findBrowser', () => {
  it('finds what is installed', () => {
    const exists = (file: string) => file === '/usr/bin/google-chrome';

    assert.equal(findBrowser({}, exists), '/usr/bin/google-chrome');
  });

  it('prefers CHROMIUM', () => {
    assert.equal(
      findBrowser({ CHROMIUM: '/opt/chromium' }, () => true),
      '/opt/chromium',
    );
  });

  it('says what to install when there is none', () => {
    assert.throws(() => findBrowser({ CHROMIUM: '' }, () => false), {
      name: 'UsageError',
      message:
        'Screenshots need Chromium or Chrome, and none is installed in the usual places. Install it (Debian, Ubuntu: apt-get install chromium), or set CHROMIUM to the path of its program.',
    });
  });

  it('says that CHROMIUM names no file', () => {
    const exists = (file: string) => file === '/usr/bin/chromium';

    assert.throws(() => findBrowser({ CHROMIUM: '/nowhere' }, exists), {
      name: 'UsageError',
      message:
        'CHROMIUM is "/nowhere", but there is no such file. Set it to the program of Chromium or Chrome, or unset it.',
    });
  });
});
