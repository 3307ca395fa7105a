import assert from 'node:assert/strict';
import {
  checkExtensionNames,
  parseOrganizationName,
  parseOrganizationUrl,
  parseServiceUrl,
} from '../../../../scripts/publish/names';

describe('parseOrganizationUrl', () => {
  const addresses = [
    ['me', 'https://dev.azure.com/me'],
    ['https://dev.azure.com/me', 'https://dev.azure.com/me'],
    ['https://dev.azure.com/me/', 'https://dev.azure.com/me'],
    ['https://me.visualstudio.com', 'https://dev.azure.com/me'],
    ['https://me.visualstudio.com/DefaultCollection/', 'https://dev.azure.com/me'],
    ['https://server/tfs/Main', 'https://server/tfs/Main'],
    ['https://server:8443/Main/', 'https://server:8443/Main'],
    ['http://127.0.0.1:8080/me', 'http://127.0.0.1:8080/me'],
  ] as const;
  for (const [text, expected] of addresses)
    it(`takes ${text} as ${expected}`, () => {
      assert.equal(parseOrganizationUrl(text), expected);
    });

  const refusals = [
    [
      'https://dev.azure.com/me/project',
      '"https://dev.azure.com/me/project" goes deeper than an organisation. Tasks belong to a whole organisation: leave out the project, https://dev.azure.com/NAME.',
    ],
    [
      'https://me.visualstudio.com/project',
      '"https://me.visualstudio.com/project" goes deeper than an organisation. Tasks belong to a whole organisation: leave out the project, https://dev.azure.com/NAME.',
    ],
    [
      'https://dev.azure.com/',
      '"https://dev.azure.com/" does not name an organisation. Write https://dev.azure.com/NAME, or on a server https://SERVER/tfs/COLLECTION.',
    ],
    [
      'https://server/tfs',
      '"https://server/tfs" does not name an organisation. Write https://dev.azure.com/NAME, or on a server https://SERVER/tfs/COLLECTION.',
    ],
    [
      'http://server/tfs/Main',
      '--organization "http://server/tfs/Main" is not encrypted. Use https: the token would be readable on the way.',
    ],
    ['my org', '--organization "my org" is no web address. It starts with https://.'],
  ] as const;
  for (const [text, message] of refusals)
    it(`refuses ${text}`, () => {
      assert.throws(() => parseOrganizationUrl(text), { name: 'PackagingError', message });
    });
});

describe('parseServiceUrl', () => {
  it('refuses an address with a token in it, and does not repeat it', () => {
    assert.throws(() => parseServiceUrl('https://u:abc123@example.test', '--service-url'), {
      message:
        '--service-url may have neither a user name, nor a query, nor a fragment. Give the plain address; the token goes into the variable AZURE_DEVOPS_EXT_PAT.',
    });
  });
});

describe('parseOrganizationName', () => {
  for (const text of [
    'contoso',
    'https://dev.azure.com/contoso',
    'https://contoso.visualstudio.com/',
  ])
    it(`takes ${text}`, () => {
      assert.equal(parseOrganizationName(text), 'contoso');
    });

  it('refuses what cannot be one', () => {
    assert.throws(() => parseOrganizationName('contoso/project'), {
      message:
        '"contoso/project" is no organisation. Give its name, as in https://dev.azure.com/NAME: letters, digits and - only.',
    });
  });
});

describe('checkExtensionNames', () => {
  it('refuses the display name of a publisher', () => {
    assert.throws(() => checkExtensionNames('My Company', 'my-copy'), {
      message:
        'The publisher "My Company" is not possible. It starts with a letter or digit and has letters, digits and - only; take the ID of the publisher, not its name.',
    });
  });

  it('refuses an id with other characters', () => {
    assert.throws(() => checkExtensionNames('me', 'my_copy'), {
      message:
        'The id "my_copy" is not possible. It starts with a letter or digit and has letters, digits and - only.',
    });
  });
});
