import assert from 'node:assert/strict';
import { maskToken, requireToken, takeToken } from '../../../../scripts/publish/token';

describe('takeToken', () => {
  it('takes the token out of the environment', () => {
    const environment = { AZURE_DEVOPS_EXT_PAT: ' abc123 \n' };

    const token = takeToken(undefined, environment);

    assert.equal(token, 'abc123');
    assert.deepEqual(environment, {});
  });

  it('prefers the option, and empties the environment all the same', () => {
    const environment = { AZURE_DEVOPS_EXT_PAT: 'other' };

    assert.equal(takeToken('abc123', environment), 'abc123');
    assert.deepEqual(environment, {});
  });

  it('finds none in an empty variable', () => {
    assert.equal(takeToken(undefined, { AZURE_DEVOPS_EXT_PAT: ' ' }), undefined);
  });

  const refusals = [
    ['a line break', 'abc\ndef'],
    ['quotes', '"abc"'],
    ['an option in place of it', '--share-with'],
    ['nothing', ''],
  ] as const;
  for (const [title, text] of refusals)
    it(`refuses ${title} without repeating it`, () => {
      assert.throws(() => takeToken(text, {}), {
        name: 'PackagingError',
        message:
          '--token is no token. A token has letters, digits and . _ ~ + / = - only: copy it again, without quotes or spaces.',
      });
    });

  it('refuses a pipeline variable that is not defined', () => {
    assert.throws(() => takeToken(undefined, { AZURE_DEVOPS_EXT_PAT: '$(marketplaceToken)' }), {
      message:
        'The variable AZURE_DEVOPS_EXT_PAT holds the name of a pipeline variable instead of its value. Define that variable as a secret, and map it in the env of the step.',
    });
  });
});

describe('requireToken', () => {
  it('says how to give the token that is missing', () => {
    assert.throws(() => requireToken(undefined, 'Agent Pools (Read & manage)'), {
      message:
        'There is no token. Put a Microsoft Entra token, or a personal access token with the scope Agent Pools (Read & manage), into the variable AZURE_DEVOPS_EXT_PAT; docs/publishing.md says how to get one.',
    });
  });
});

describe('maskToken', () => {
  it('hides the token, also as it is sent', () => {
    const sent = Buffer.from('OAuth:abc123').toString('base64');

    assert.equal(maskToken(`abc123 and Basic ${sent}`, 'abc123'), '*** and Basic ***');
  });
});
