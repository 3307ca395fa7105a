import assert from 'node:assert/strict';
import { readInputs } from '../../../../tasks/UpdateRepo/inputs';
import { updateRepoStep } from './context';

type Texts = Readonly<Record<string, string>>;

const azureUrl = 'https://dev.azure.com/acme/p/_git/app';
const connections = {
  arm: {
    url: 'https://management.azure.com/',
    scheme: 'WorkloadIdentityFederation',
    parameters: { tenantid: 't-1', serviceprincipalid: 'app-1' },
  },
  dbx: {
    url: 'https://adb-1.azuredatabricks.net/',
    scheme: 'Token',
    parameters: { apitoken: 'dapi-1' },
  },
};

function read(inputs: Texts, variables: Texts = {}) {
  const { context, host } = updateRepoStep({ inputs, variables, connections });
  return { ...readInputs(context.input, host, 'f00d'), host };
}

function messageFor(inputs: Texts): string {
  try {
    read(inputs);
    return 'accepted';
  } catch (error) {
    assert.equal((error as Error).name, 'InputError');
    return (error as Error).message;
  }
}

describe('Git credential inputs of DatabricksUpdateRepo', () => {
  const entra = { gitUrl: azureUrl, gitCredential: 'Entra', azureSubscription: 'arm' };

  it('entra takes the Azure connection that signs in', () => {
    const { gitCredential, connection } = read({ ...entra, token: '' });

    assert.equal(gitCredential.kind, 'entra');
    assert.deepEqual(gitCredential.kind === 'entra' && gitCredential.azure().identity, {
      kind: 'federation',
      connectionId: 'arm',
      tenantId: 't-1',
      clientId: 'app-1',
    });
    assert.equal(connection().login.kind, 'azure');
  });

  it('entra lets the Azure connection stand beside host and token, which sign in', () => {
    const { gitCredential, connection } = read(entra);

    assert.equal(gitCredential.kind, 'entra');
    assert.deepEqual(connection().login, {
      kind: 'token',
      token: 'dapi-test',
      source: "input 'token'",
    });
  });

  it('entra lets the Azure connection stand beside one of Databricks, which signs in', () => {
    const { gitCredential, connection } = read({
      ...entra,
      host: '',
      token: '',
      databricksConnection: 'dbx',
    });

    assert.equal(gitCredential.kind, 'entra');
    assert.equal(connection().host, 'https://adb-1.azuredatabricks.net');
    assert.equal(connection().login.kind, 'token');
  });

  it('entra takes old addresses of Azure Repos, and a folder by id whose address is not known', () => {
    assert.equal(
      messageFor({ ...entra, gitUrl: 'https://acme.visualstudio.com/p/_git/app' }),
      'accepted',
    );
    assert.equal(messageFor({ ...entra, gitUrl: '', repoPath: '', repoId: '7' }), 'accepted');
  });

  it('entra reads its connection when it is asked for, not before', () => {
    const { gitCredential } = read({ ...entra, azureSubscription: 'none' });

    assert.throws(() => gitCredential.kind === 'entra' && gitCredential.azure(), {
      name: 'ConnectionError',
      message: 'The service connection "none" was not handed to this step',
    });
  });

  it('token gives token and user name, and masks the token', () => {
    const { gitCredential, host } = read({
      gitCredential: 'token',
      gitToken: ' ghp-1 ',
      gitUserName: 'octocat',
    });

    assert.deepEqual(gitCredential, { kind: 'token', token: 'ghp-1', userName: 'octocat' });
    assert.ok(host.maskedValues.includes('ghp-1'));
  });

  it('token takes a folder by id, whose provider is then that of the token', () => {
    const inputs = { gitCredential: 'token', gitToken: 'ghp-1', gitUserName: 'octocat' };

    assert.equal(messageFor({ ...inputs, gitUrl: '', repoPath: '', repoId: '7' }), 'accepted');
  });

  it('token and user name without that choice are ignored, with warnings', () => {
    const { gitCredential, host } = read({ gitToken: 'ghp-1', gitUserName: 'octocat' });

    assert.deepEqual(gitCredential, { kind: 'existing' });
    assert.equal(host.warnings.length, 2);
  });

  const noConnection =
    "Input 'gitCredential' is entra, but 'azureSubscription' is empty. Choose the Azure Resource Manager service connection whose identity may read the repository.";
  const noToken =
    "Input 'gitCredential' is token, but 'gitToken' is empty. Set it to a secret variable with a token that may read the repository.";
  const noUserName =
    "Input 'gitCredential' is token, but 'gitUserName' is empty. Set it to the user name of the account that the token belongs to (for GitLab, its e-mail address).";
  const token = { gitCredential: 'token', gitToken: 'ghp-1', gitUserName: 'octocat' };
  const problems: readonly (readonly [string, Texts, string])[] = [
    ['entra without Azure connection', { ...entra, azureSubscription: '' }, noConnection],
    [
      'entra with an Azure connection that another choice hides',
      { ...entra, connectionType: 'token' },
      "Input 'gitCredential' is entra, but 'azureSubscription' is not used with this 'connectionType'; set that to auto. Choose the Azure Resource Manager service connection whose identity may read the repository.",
    ],
    [
      'entra for another provider',
      { ...entra, gitUrl: 'https://github.com/acme/app' },
      "Input 'gitCredential' is entra, which is for repositories of Azure Repos only (dev.azure.com), not for https://github.com/acme/app. Set it to token or existing.",
    ],
    [
      'entra for a server whose provider is said to be Azure DevOps',
      { ...entra, gitUrl: 'https://tfs.acme.test/p/_git/app', gitProvider: 'azureDevOpsServices' },
      "Input 'gitCredential' is entra, which is for repositories of Azure Repos only (dev.azure.com), not for https://tfs.acme.test/p/_git/app. Set it to token or existing.",
    ],
    [
      'a connection of Databricks together with a token, beside the Azure connection',
      { ...entra, databricksConnection: 'dbx', host: '' },
      "Both 'databricksConnection' and 'token' are given; keep one of them.",
    ],
    [
      'an Azure resource together with a token, beside the Azure connection',
      {
        ...entra,
        azureWorkspaceResourceId:
          '/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w',
      },
      "Both 'azureWorkspaceResourceId' and 'token' are given; keep one of them.",
    ],
    [
      'two ways to sign in without need for the Azure connection',
      { gitUrl: azureUrl, azureSubscription: 'arm' },
      "Both 'azureSubscription' and 'token' are given; keep one of them.",
    ],
    [
      'token without token and user name',
      { gitCredential: 'token' },
      `2 problems with the inputs of this step: (1) ${noToken} (2) ${noUserName}`,
    ],
    [
      'a token that is none',
      { ...token, gitToken: 'ghp 1' },
      "Input 'gitToken' contains a blank, a line break or another character that no token has; it was probably not copied as a whole.",
    ],
    [
      'a token from a variable that is not defined',
      { ...token, gitToken: '$(git-token)' },
      'Input \'gitToken\' names the variable "git-token", but no variable "git-token" is defined. Define it, or link the variable group that has it.',
    ],
    [
      'a token for a provider that is not known',
      { ...token, gitUrl: 'https://git.acme.test/app' },
      "Input 'gitCredential' is token, but the host of https://git.acme.test/app does not tell which Git provider the token is for. Set 'gitProvider'.",
    ],
    [
      'another word',
      { gitCredential: 'pat' },
      'Input \'gitCredential\' is "pat", expected existing, entra or token.',
    ],
  ];
  for (const [title, inputs, message] of problems) {
    it(`refuse ${title}`, () => assert.equal(messageFor(inputs), message));
  }
});
