import assert from 'node:assert/strict';
import { azureClouds } from '../../../../../shared/databricks';
import {
  type ConnectionSettings,
  readConnectionInputs,
} from '../../../../../shared/pipeline/connection/connection-inputs';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import type { FakeHostOptions } from '../../../../helpers/fake-task-host';
import { aTaskContext } from '../../../../helpers/task-context';

const connections = {
  'id-1': {
    url: 'https://adb-1.test/',
    scheme: 'Token',
    parameters: { apitoken: 'dapi-connection' },
  },
};
const variables = { DATABRICKS_HOST: 'https://adb-2.test' };
const secrets = { DATABRICKS_TOKEN: 'dapi-variable' };

function read(options: FakeHostOptions) {
  const { context, host } = aTaskContext({ manifest, ...options });
  const connection = readConnectionInputs(context.input, host);
  return { connection, host, finish: () => context.input.finish() };
}

function settingsOf(options: FakeHostOptions): ConnectionSettings {
  const { connection, finish } = read(options);
  finish();
  return connection();
}

const fromConnection: ConnectionSettings = {
  host: 'https://adb-1.test',
  hostSource: 'the service connection',
  isHostTrusted: true,
  login: { kind: 'token', token: 'dapi-connection', source: 'the service connection' },
};
const fromInputs: ConnectionSettings = {
  host: 'https://adb-3.test',
  hostSource: "input 'host'",
  isHostTrusted: false,
  login: { kind: 'token', token: 'dapi-input', source: "input 'token'" },
};
const fromVariables: ConnectionSettings = {
  host: 'https://adb-2.test',
  hostSource: 'variable DATABRICKS_HOST',
  isHostTrusted: false,
  login: { kind: 'token', token: 'dapi-variable', source: 'variable DATABRICKS_TOKEN' },
};
const databricksConnection = 'id-1';
const host = 'https://adb-3.test/?o=3#job/1';
const token = 'dapi-input';

describe('readConnectionInputs', () => {
  const chosen: [title: string, inputs: Record<string, string>, expected: ConnectionSettings][] = [
    ['auto: the service connection first', { databricksConnection }, fromConnection],
    ['auto: else host and token', { host, token }, fromInputs],
    ['auto: else the variables of the job', {}, fromVariables],
    ['an empty type: like auto', { connectionType: '', host, token }, fromInputs],
    ['any case of the type', { connectionType: 'Token', host, token }, fromInputs],
    [
      'databricks: the service connection',
      { connectionType: 'databricks', databricksConnection },
      fromConnection,
    ],
    [
      'databricks: whatever host and token hold',
      { connectionType: 'databricks', databricksConnection, host, token },
      fromConnection,
    ],
    ['token: host and token', { connectionType: 'token', host, token }, fromInputs],
    [
      'token: whatever the service connection is',
      { connectionType: 'token', databricksConnection, host, token },
      fromInputs,
    ],
  ];
  for (const [title, inputs, expected] of chosen) {
    it(`takes ${title}`, () => {
      assert.deepEqual(settingsOf({ inputs, variables, secrets, connections }), expected);
    });
  }

  it('warns of inputs that the type does not use', () => {
    const inputs = { connectionType: 'databricks', databricksConnection, host, token };
    const { host: taskHost, finish } = read({ inputs, connections });

    finish();

    assert.deepEqual(taskHost.warnings, [
      `Input 'host' is ignored, because 'connectionType' is "databricks". Remove it, or change 'connectionType'.`,
      `Input 'token' is ignored, because 'connectionType' is "databricks". Remove it, or change 'connectionType'.`,
    ]);
  });

  describe('for an identity of Microsoft Entra', () => {
    const azureSubscription = 'arm-1';
    const parameters = { tenantid: 't-1', serviceprincipalid: 'app-1' };
    const azure = (connection: object) => ({
      inputs: { azureSubscription, host },
      connections: { 'arm-1': { url: 'https://management.azure.com/', ...connection } },
    });
    const identities: readonly (readonly [string, object, object])[] = [
      [
        'workload identity federation',
        { scheme: 'WorkloadIdentityFederation', parameters },
        { kind: 'federation', connectionId: 'arm-1', tenantId: 't-1', clientId: 'app-1' },
      ],
      [
        'a client secret',
        { scheme: 'ServicePrincipal', parameters: { ...parameters, serviceprincipalkey: 's-1' } },
        { kind: 'secret', secret: 's-1', tenantId: 't-1', clientId: 'app-1' },
      ],
      [
        'a certificate',
        {
          scheme: 'ServicePrincipal',
          parameters: {
            ...parameters,
            authenticationtype: 'spnCertificate',
            serviceprincipalcertificate: 'PEM',
          },
        },
        { kind: 'certificate', pem: 'PEM', tenantId: 't-1', clientId: 'app-1' },
      ],
      [
        'a managed identity',
        { scheme: 'ManagedServiceIdentity' },
        { kind: 'managed-identity', clientId: undefined },
      ],
      [
        'a user-assigned managed identity',
        { scheme: 'ManagedServiceIdentity', data: { msiclientid: 'app-2' } },
        { kind: 'managed-identity', clientId: 'app-2' },
      ],
    ];
    for (const [title, connection, identity] of identities) {
      it(`takes ${title}`, () => {
        const { login, hostSource } = settingsOf(azure(connection));

        assert.equal(hostSource, "input 'host'");
        assert.deepEqual(login, {
          kind: 'azure',
          identity,
          cloud: azureClouds['AzureCloud'],
          resourceId: undefined,
          source: "input 'azureSubscription'",
        });
      });
    }

    it('takes the Azure resource instead of the host', () => {
      const azureWorkspaceResourceId =
        '/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w';
      const { connections } = azure({ scheme: 'ManagedServiceIdentity' });

      const settings = settingsOf({
        inputs: { azureSubscription, azureWorkspaceResourceId },
        connections,
      });

      assert.equal(settings.host, undefined);
      assert.equal(settings.hostSource, "input 'azureWorkspaceResourceId'");
      assert.equal(
        settings.login.kind === 'azure' && settings.login.resourceId,
        azureWorkspaceResourceId,
      );
    });

    it('takes the cloud that the connection is for', () => {
      const scheme = 'ManagedServiceIdentity';
      const { login } = settingsOf(azure({ scheme, data: { environment: 'AzureUSGovernment' } }));

      assert.equal(
        login.kind === 'azure' && login.cloud.authority,
        'https://login.microsoftonline.us',
      );
    });

    const refused: readonly (readonly [string, object, string])[] = [
      [
        'a scheme that it does not know',
        { scheme: 'PublishProfile' },
        'The service connection "arm-1" uses the scheme "PublishProfile", which this task does not know',
      ],
      [
        'a connection without secret',
        { scheme: 'ServicePrincipal', parameters },
        'The service connection "arm-1" has no serviceprincipalkey',
      ],
      [
        'a cloud without Databricks',
        { scheme: 'ManagedServiceIdentity', data: { environment: 'AzureStack' } },
        'The service connection "arm-1" is for the cloud "AzureStack", where Azure Databricks is not known to be',
      ],
      [
        'a connection that the step was not given',
        { url: undefined, scheme: undefined },
        'The service connection "arm-1" was not handed to this step',
      ],
    ];
    for (const [title, connection, message] of refused) {
      it(`refuses ${title}`, () => {
        assert.throws(() => settingsOf(azure(connection)), { name: 'ConnectionError', message });
      });
    }

    const wrong: readonly (readonly [string, Record<string, string>, string])[] = [
      [
        'neither host nor resource',
        { azureSubscription },
        "Input 'host' is empty. Set it to the workspace URL, e.g. $(DATABRICKS_HOST), or set 'azureWorkspaceResourceId'.",
      ],
      [
        'a resource that is no workspace',
        { azureSubscription, azureWorkspaceResourceId: '/subscriptions/s' },
        'Input \'azureWorkspaceResourceId\' is "/subscriptions/s", expected /subscriptions/…/resourceGroups/…/providers/Microsoft.Databricks/workspaces/…. Copy it from the properties of the workspace in the Azure portal.',
      ],
      [
        'a token too',
        { azureSubscription, host, token },
        "Both 'azureSubscription' and 'token' are given; keep one of them.",
      ],
      [
        'a connection of Databricks too',
        { azureSubscription, host, databricksConnection },
        "Both 'databricksConnection' and 'azureSubscription' are given; keep one of them.",
      ],
      [
        'the type azure without a connection',
        { connectionType: 'azure', host },
        "Input 'azureSubscription' is empty. Choose an Azure Resource Manager service connection.",
      ],
    ];
    for (const [title, inputs, message] of wrong) {
      it(`refuses ${title}`, () => {
        const { finish } = read({ inputs, connections });

        assert.throws(finish, { name: 'InputError', message });
      });
    }
  });

  describe('for a service principal of Databricks', () => {
    const principal = (parameters: object, data = {}) => ({
      inputs: { databricksConnection: 'id-2' },
      connections: {
        'id-2': {
          url: 'https://adb-1.test/',
          scheme: 'UsernamePassword',
          parameters: { username: 'app-1', ...parameters },
          data,
        },
      },
    });
    const source = 'the service connection';
    const federation = {
      kind: 'databricks-federation',
      clientId: 'app-1',
      connectionId: 'id-2',
      source,
    };
    const logins: readonly (readonly [string, FakeHostOptions, object])[] = [
      [
        'the secret of the connection',
        principal({ password: 's-1' }),
        { kind: 'databricks-secret', clientId: 'app-1', clientSecret: 's-1', source },
      ],
      ['federation when there is no secret', principal({}), federation],
      [
        'federation when it is ticked',
        principal({ password: 's-1' }, { useoidc: 'True' }),
        federation,
      ],
      [
        'id and secret from the variables of the job',
        {
          variables: { ...variables, DATABRICKS_CLIENT_ID: 'app-1' },
          secrets: { DATABRICKS_CLIENT_SECRET: 's-1' },
        },
        {
          kind: 'databricks-secret',
          clientId: 'app-1',
          clientSecret: 's-1',
          source: 'variables DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET',
        },
      ],
      [
        'federation of the pipeline when the variables say so',
        {
          variables: {
            ...variables,
            DATABRICKS_CLIENT_ID: 'app-1',
            DATABRICKS_AUTH_TYPE: 'azure-devops-oidc',
          },
        },
        {
          kind: 'databricks-federation',
          clientId: 'app-1',
          connectionId: undefined,
          source: 'variable DATABRICKS_CLIENT_ID',
        },
      ],
    ];
    for (const [title, options, login] of logins) {
      it(`takes ${title}`, () => {
        assert.deepEqual(settingsOf(options).login, login);
      });
    }

    it('registers the secret', () => {
      const { host: taskHost, connection, finish } = read(principal({ password: 's-1' }));
      finish();

      connection();

      assert.deepEqual(taskHost.maskedValues, ['s-1']);
    });

    it('refuses a client id without secret and without federation', () => {
      const { finish } = read({ variables: { ...variables, DATABRICKS_CLIENT_ID: 'app-1' } });

      assert.throws(finish, {
        name: 'InputError',
        message:
          'The job has the variable DATABRICKS_CLIENT_ID, but not DATABRICKS_CLIENT_SECRET. Add the secret to the variable group, or set DATABRICKS_AUTH_TYPE to azure-devops-oidc to sign in without one.',
      });
    });

    const define = 'Define it, or link the variable group that has it.';
    const unusable: readonly (readonly [string, Record<string, string>, string])[] = [
      [
        'a secret that is an undefined variable',
        { DATABRICKS_CLIENT_ID: 'app-1', DATABRICKS_CLIENT_SECRET: '$(my-secret)' },
        `Variable DATABRICKS_CLIENT_SECRET names the variable "my-secret", but no variable "my-secret" is defined. ${define}`,
      ],
      [
        'a client id that is an undefined variable',
        { DATABRICKS_CLIENT_ID: '$(my-id)', DATABRICKS_CLIENT_SECRET: 's-1' },
        `Variable DATABRICKS_CLIENT_ID names the variable "my-id", but no variable "my-id" is defined. ${define}`,
      ],
      [
        'a client id for federation that is an undefined variable',
        { DATABRICKS_CLIENT_ID: '$(my-id)', DATABRICKS_AUTH_TYPE: 'azure-devops-oidc' },
        `Variable DATABRICKS_CLIENT_ID names the variable "my-id", but no variable "my-id" is defined. ${define}`,
      ],
    ];
    for (const [title, given, message] of unusable) {
      it(`refuses ${title}`, () => {
        const { finish } = read({ variables: { ...variables, ...given } });

        assert.throws(finish, { name: 'InputError', message });
      });
    }

    const incomplete: readonly (readonly [string, FakeHostOptions])[] = [
      ['a client secret', { variables, secrets: { DATABRICKS_CLIENT_SECRET: 's-1' } }],
      ['federation', { variables: { ...variables, DATABRICKS_AUTH_TYPE: 'azure-devops-oidc' } }],
    ];
    for (const [title, options] of incomplete) {
      it(`asks for the client id when the variables have ${title} alone`, () => {
        assert.throws(read(options).finish, {
          name: 'InputError',
          message: /the job has no variable DATABRICKS_CLIENT_ID\. /,
        });
      });
    }

    it('refuses a connection without client id', () => {
      assert.throws(() => settingsOf(principal({ username: ' ' })), {
        name: 'ConnectionError',
        message: 'The service connection "id-2" has no client id',
      });
    });
  });

  it('refuses variables of a Key Vault that are not there', () => {
    const { finish } = read({
      inputs: { host: '$(databricks-host)', token: '$(databricks-token)' },
    });

    assert.throws(finish, {
      name: 'InputError',
      message: [
        '2 problems with the inputs of this step:',
        '(1) Input \'host\' names the variable "databricks-host", but no variable "databricks-host" is defined. Define it, or link the variable group that has it.',
        '(2) Input \'token\' names the variable "databricks-token", but no variable "databricks-token" is defined. Define it, or link the variable group that has it.',
      ].join(' '),
    });
  });

  it('takes white space off the variables of the job', () => {
    const settings = settingsOf({
      variables: { DATABRICKS_HOST: ' adb-2.test \n' },
      secrets: { DATABRICKS_TOKEN: 'dapi-variable\n' },
    });

    assert.deepEqual(settings, fromVariables);
  });

  const waysToConnect =
    "Set 'databricksConnection', or 'azureSubscription' and 'host', or 'host' and 'token', or link a variable group with DATABRICKS_HOST and DATABRICKS_TOKEN to the stage.";
  const needsHost =
    "Input 'host' is empty. Set it to the workspace URL, e.g. $(DATABRICKS_HOST); 'host' and 'token' belong together.";
  const needsToken =
    "Input 'token' is empty. Set it, e.g. to the secret variable $(DATABRICKS_TOKEN); 'host' and 'token' belong together.";
  const twoProblems = (first: string, second: string): string =>
    `2 problems with the inputs of this step: (1) ${first} (2) ${second}`;
  const undefinedVariable = (input: string, name: string): string =>
    `Input '${input}' contains $(${name}), but no variable "${name}" is defined. Define it, link the variable group that has it, or write $$(${name}) if that text is meant.`;
  const noTokenText =
    'contains a blank, a line break or another character that no token has; it was probably not copied as a whole.';

  const refused: [title: string, options: FakeHostOptions, message: string][] = [
    [
      'connection and host',
      { inputs: { databricksConnection, host } },
      "Both 'databricksConnection' and 'host' are given; keep one of them.",
    ],
    [
      'connection and token',
      { inputs: { databricksConnection, token } },
      "Both 'databricksConnection' and 'token' are given; keep one of them.",
    ],
    [
      'connection, host and token',
      { inputs: { databricksConnection, host, token } },
      "Both 'databricksConnection' and 'host' are given; keep one of them.",
    ],
    ['host alone', { inputs: { host }, variables, secrets }, needsToken],
    ['token alone', { inputs: { token }, variables, secrets }, needsHost],
    [
      'type token without both',
      { inputs: { connectionType: 'token' }, variables, secrets },
      twoProblems(needsHost, needsToken),
    ],
    [
      'type databricks without connection',
      { inputs: { connectionType: 'databricks', host, token }, variables, secrets },
      "Input 'databricksConnection' is empty. Choose a Databricks service connection.",
    ],
    [
      'nothing at all',
      {},
      `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_HOST and no variable DATABRICKS_TOKEN. ${waysToConnect}`,
    ],
    [
      'the variable DATABRICKS_HOST alone',
      { variables },
      `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_TOKEN. ${waysToConnect}`,
    ],
    [
      'the variable DATABRICKS_TOKEN alone',
      { secrets },
      `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_HOST. ${waysToConnect}`,
    ],
    [
      'blank variables',
      { variables: { DATABRICKS_HOST: ' ' }, secrets: { DATABRICKS_TOKEN: '\n' } },
      `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_HOST and no variable DATABRICKS_TOKEN. ${waysToConnect}`,
    ],
    [
      'an unknown type, and says nothing more',
      { inputs: { connectionType: 'pat', host, token } },
      'Input \'connectionType\' is "pat", expected auto, databricks, azure or token.',
    ],
    [
      'undefined variables in both, and says nothing more',
      { inputs: { host: '$(DATABRICKS_HOST)', token: '$(DATABRICKS_TOKEN)' } },
      twoProblems(
        undefinedVariable('host', 'DATABRICKS_HOST'),
        undefinedVariable('token', 'DATABRICKS_TOKEN'),
      ),
    ],
    [
      'an undefined variable for the connection',
      { inputs: { databricksConnection: '$(connection)' } },
      undefinedVariable('databricksConnection', 'connection'),
    ],
    [
      'http',
      { inputs: { host: 'http://adb-3.test', token } },
      'Input \'host\': "http://adb-3.test" is not a usable workspace URL: http would send the token unencrypted; use https.',
    ],
    [
      'another scheme',
      { inputs: { host: 'ftp://adb-3.test', token } },
      'Input \'host\': "ftp://adb-3.test" is not a usable workspace URL: expected https, got ftp.',
    ],
    [
      'two words for a host',
      { inputs: { host: 'adb 3', token } },
      'Input \'host\': "adb 3" is not a usable workspace URL: expected a workspace URL such as https://adb-1234567890123456.7.azuredatabricks.net.',
    ],
    [
      'a user name in the URL, and does not repeat it',
      { inputs: { host: 'https://me:pw@adb-3.test', token } },
      'Input \'host\': "https://***@adb-3.test" is not a usable workspace URL: it must not contain a user name or a password.',
    ],
    [
      'a bad variable',
      { variables: { DATABRICKS_HOST: 'http://adb-2.test' }, secrets },
      'Variable DATABRICKS_HOST: "http://adb-2.test" is not a usable workspace URL: http would send the token unencrypted; use https.',
    ],
    [
      'a token of two words',
      { inputs: { host, token: 'Bearer dapi-input' } },
      `Input 'token' ${noTokenText}`,
    ],
    [
      'a variable that holds a token of two lines',
      { variables, secrets: { DATABRICKS_TOKEN: 'dapi\nvariable' } },
      `Variable DATABRICKS_TOKEN ${noTokenText}`,
    ],
  ];
  for (const [title, options, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(read({ connections, ...options }).finish, { name: 'InputError', message });
    });
  }

  it('gives no settings when the inputs have problems', () => {
    assert.throws(read({}).connection, {
      message: 'connection settings asked for although the inputs have problems',
    });
  });

  const hosts: [text: string, expected: string][] = [
    ['adb-3.test', 'https://adb-3.test'],
    ['https://adb-3.test/', 'https://adb-3.test'],
    ['HTTPS://ADB-3.TEST:8443/a?o=1#x', 'https://adb-3.test:8443'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ];
  for (const [text, expected] of hosts) {
    it(`keeps scheme, name and port of ${text}`, () => {
      assert.equal(settingsOf({ inputs: { host: text, token } }).host, expected);
    });
  }

  describe('secrets', () => {
    it('masks the token of the input before anything else', () => {
      assert.deepEqual(read({ inputs: { host, token } }).host.maskedValues, [token]);
    });

    it('masks the token of the input even if it is of no use', () => {
      assert.deepEqual(read({ inputs: { databricksConnection, token } }).host.maskedValues, [
        token,
      ]);
    });

    it('masks the token of the variables', () => {
      assert.deepEqual(read({ variables, secrets }).host.maskedValues, ['dapi-variable']);
    });

    it('masks the token of the service connection', () => {
      const { connection, host: taskHost } = read({
        inputs: { databricksConnection },
        connections,
      });

      connection();

      assert.deepEqual(taskHost.maskedValues, ['dapi-connection']);
    });
  });

  describe('service connection', () => {
    const unusable: [
      title: string,
      connection: object | undefined,
      message: string,
      hint: string,
    ][] = [
      [
        'is not handed over',
        undefined,
        'The service connection "id-1" was not handed to this step',
        "Choose an existing connection of type Databricks workspace in 'databricksConnection' and authorise the pipeline to use it; a variable cannot name it.",
      ],
      [
        'has no URL',
        { scheme: 'Token' },
        'The service connection "id-1" was not handed to this step',
        "Choose an existing connection of type Databricks workspace in 'databricksConnection' and authorise the pipeline to use it; a variable cannot name it.",
      ],
      [
        'has another scheme',
        { url: 'https://adb-1.test/', scheme: 'Certificate' },
        'The service connection "id-1" uses the scheme "Certificate", which this task does not know',
        'Create the connection anew, with type Databricks workspace.',
      ],
      [
        'has no scheme',
        { url: 'https://adb-1.test/' },
        'The service connection "id-1" uses the scheme "", which this task does not know',
        'Create the connection anew, with type Databricks workspace.',
      ],
      [
        'has no token',
        { url: 'https://adb-1.test/', scheme: 'token', parameters: {} },
        'The service connection "id-1" has no token',
        'Open the connection and enter a token.',
      ],
      [
        'has a token of two words',
        { url: 'https://adb-1.test/', scheme: 'token', parameters: { apitoken: 'a b' } },
        `The token of the service connection "id-1" ${noTokenText.replace(/\.$/, '')}`,
        'Open the connection and enter the token anew.',
      ],
      [
        'has a URL without encryption',
        { url: 'http://adb-1.test/', scheme: 'token', parameters: { apitoken: 'a' } },
        'The service connection: "http://adb-1.test/" is not a usable workspace URL: http would send the token unencrypted; use https.',
        'Correct the workspace URL in the connection.',
      ],
    ];
    for (const [title, connection, message, hint] of unusable) {
      it(`is refused when it ${title}`, () => {
        const inputs = { databricksConnection };
        const { connection: settings, finish } = read({
          inputs,
          connections: connection ? { 'id-1': connection } : {},
        });

        finish();

        assert.throws(settings, { name: 'ConnectionError', message, hint });
      });
    }
  });
});
