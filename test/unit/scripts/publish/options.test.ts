import assert from 'node:assert/strict';
import { parsePublishOptions, parseUploadOptions } from '../../../../scripts/publish/options';

describe('parsePublishOptions', () => {
  it('publishes, waits and checks links unless told otherwise', () => {
    assert.deepEqual(parsePublishOptions([]), {
      publisher: undefined,
      id: undefined,
      vsix: undefined,
      build: true,
      token: undefined,
      dryRun: false,
      help: false,
      shareWith: [],
      serviceUrl: 'https://marketplace.visualstudio.com',
      wait: true,
      linkCheck: true,
      status: false,
    });
  });

  it('takes several organisations in any form, each once', () => {
    const { shareWith, publisher } = parsePublishOptions([
      '--share-with',
      'contoso',
      'https://dev.azure.com/fabrikam',
      '--publisher',
      'me',
      '--share-with=a,Contoso',
    ]);

    assert.deepEqual(shareWith, ['Contoso', 'fabrikam', 'a']);
    assert.equal(publisher, 'me');
  });

  it('takes the address of a service without the slash at its end', () => {
    assert.equal(
      parsePublishOptions(['--service-url', 'https://market.example.test/']).serviceUrl,
      'https://market.example.test',
    );
  });

  const refusals: readonly (readonly [string[], string])[] = [
    [['--publsher', 'me'], "Unknown option '--publsher'. Run it with --help to see all options."],
    [['me'], "Unexpected argument 'me'. Run it with --help to see all options."],
    [
      ['--vsix', 'a.vsix', '--id', 'b'],
      '--vsix carries its own publisher and id. Leave out --publisher and --id, or pack anew without --vsix.',
    ],
  ];
  for (const [args, message] of refusals)
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => parsePublishOptions(args), { name: 'PackagingError', message });
    });
});

describe('parseUploadOptions', () => {
  it('takes several tasks', () => {
    const { tasks, organization, overwrite, remove } = parseUploadOptions([
      '--organization',
      'me',
      '--task',
      'RunNotebook',
      'WaitForRun',
    ]);

    assert.deepEqual(tasks, ['RunNotebook', 'WaitForRun']);
    assert.equal(organization, 'https://dev.azure.com/me');
    assert.deepEqual([overwrite, remove], [false, false]);
  });

  it('asks for the organization', () => {
    assert.throws(() => parseUploadOptions([]), {
      message:
        'It is not said which organisation the tasks go to. Add --organization https://dev.azure.com/NAME.',
    });
  });

  it('refuses to delete and to overwrite at once', () => {
    assert.throws(() => parseUploadOptions(['--organization', 'me', '--delete', '--overwrite']), {
      message: '--delete and --overwrite exclude each other. Give one of them.',
    });
  });
});
