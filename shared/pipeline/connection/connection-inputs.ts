import { InvalidHostError, parseHost } from '../../databricks';
import { ConnectionError } from '../errors';
import type { InputReader } from '../inputs/input-reader';
import type { ServiceConnection, TaskHost } from '../task-host';
import { readAzureConnection } from './azure-connection';
import type { Login } from './login';
import { isOfFork, withheldFromForks } from './withheld';

/** Which workspace, how to sign in, and where both come from (in words, for the log). */
export interface ConnectionSettings {
  /** Origin of the workspace; undefined when it is looked up by its Azure resource. */
  readonly host: string | undefined;
  readonly hostSource: string;
  /** True for a host that a service connection names: what is obtained for Databricks may be sent there, whatever it is called. */
  readonly isHostTrusted: boolean;
  readonly login: Login;
}

type InputHost = Pick<TaskHost, 'getVariable' | 'getServiceConnection' | 'setSecret'>;

const connectionTypes = ['auto', 'databricks', 'azure', 'token'] as const;

const waysToConnect =
  "Set 'databricksConnection', or 'azureSubscription' and 'host', or 'host' and 'token', or link a variable group with DATABRICKS_HOST and DATABRICKS_TOKEN to the stage.";

const notHeaderText =
  'contains a blank, a line break or another character that no token has; it was probably not copied as a whole';

export interface ConnectionInputOptions {
  /** True when the step needs the Azure connection for something else too: then it may stand beside another way to sign in. */
  readonly isAzureNeeded?: boolean;
}

/**
 * Reads the inputs that say which workspace is meant and how to sign in: the service connection of Databricks, else that of
 * Azure with the host, else host and token, else the variables of the job. Problems are noted in the reader.
 */
export function readConnectionInputs(
  input: InputReader,
  host: InputHost,
  { isAzureNeeded = false }: ConnectionInputOptions = {},
): () => ConnectionSettings {
  const type = input.choice('connectionType', connectionTypes);
  const values = {
    connection: input.text('databricksConnection'),
    azure: input.text('azureSubscription'),
    host: input.text('host'),
    resourceId: input.text('azureWorkspaceResourceId'),
    token: input.secret('token'),
  };
  if (values.token !== '') host.setSecret(values.token);
  const isGiven = (name: string): boolean => input.isGiven(name);

  const conflict = (isAzureNeeded ? contradictionsBesideAzure : contradictions).find((names) =>
    names.every(isGiven),
  );
  if (conflict !== undefined) {
    input.problem(`Both '${conflict[0]}' and '${conflict[1]}' are given; keep one of them.`);
  } else if (isGiven('databricksConnection')) {
    return () => fromServiceConnection(values.connection, host);
  } else if (type === 'databricks') {
    input.problem("Input 'databricksConnection' is empty. Choose a Databricks service connection.");
  } else if (isGiven('azureSubscription') && !isGiven('token')) {
    return fromAzure(input, values, host);
  } else if (type === 'azure' || isGiven('azureWorkspaceResourceId')) {
    input.problem(
      "Input 'azureSubscription' is empty. Choose an Azure Resource Manager service connection.",
    );
  } else if (isGiven('host') || isGiven('token') || type === 'token') {
    return fromInputs(input, values, host);
  } else {
    return fromVariables(input, host);
  }
  return unreachable;
}

/** Inputs that contradict each other. */
const contradictions = [
  ['databricksConnection', 'azureSubscription'],
  ['databricksConnection', 'host'],
  ['databricksConnection', 'token'],
  ['databricksConnection', 'azureWorkspaceResourceId'],
  ['azureSubscription', 'token'],
] as const;

/** The same when the Azure connection is there for another purpose. */
const contradictionsBesideAzure = [
  ['databricksConnection', 'host'],
  ['databricksConnection', 'token'],
  ['databricksConnection', 'azureWorkspaceResourceId'],
  ['azureWorkspaceResourceId', 'token'],
] as const;

/** After a problem the settings are never asked for: `finish` throws first. */
function unreachable(): never {
  throw new Error('connection settings asked for although the inputs have problems');
}

function fromInputs(
  input: InputReader,
  { host, token }: { readonly host: string; readonly token: string },
  taskHost: InputHost,
): () => ConnectionSettings {
  if (!input.isGiven('host')) {
    input.problem(
      "Input 'host' is empty. Set it to the workspace URL, e.g. $(DATABRICKS_HOST); 'host' and 'token' belong together.",
    );
  }
  if (!input.isGiven('token')) {
    input.problem(
      "Input 'token' is empty. Set it, e.g. to the secret variable $(DATABRICKS_TOKEN); 'host' and 'token' belong together.",
    );
  }
  const origin = host === '' ? '' : checkHost(input, "Input 'host'", host);
  checkToken(input, "Input 'token'", token, taskHost);
  return () => ({
    host: origin,
    hostSource: "input 'host'",
    isHostTrusted: false,
    login: { kind: 'token', token, source: "input 'token'" },
  });
}

function fromAzure(
  input: InputReader,
  values: { readonly azure: string; readonly host: string; readonly resourceId: string },
  host: InputHost,
): () => ConnectionSettings {
  const { azure, resourceId } = values;
  if (!input.isGiven('host') && !input.isGiven('azureWorkspaceResourceId')) {
    input.problem(
      "Input 'host' is empty. Set it to the workspace URL, e.g. $(DATABRICKS_HOST), or set 'azureWorkspaceResourceId'.",
    );
  }
  const origin = values.host === '' ? undefined : checkHost(input, "Input 'host'", values.host);
  const checkedId = resourceId === '' ? undefined : checkResourceId(input, resourceId);
  return () => ({
    host: origin,
    hostSource: origin === undefined ? "input 'azureWorkspaceResourceId'" : "input 'host'",
    isHostTrusted: false,
    login: {
      kind: 'azure',
      ...readAzureConnection(azure, host),
      resourceId: checkedId,
      source: "input 'azureSubscription'",
    },
  });
}

function fromVariables(input: InputReader, host: InputHost): () => ConnectionSettings {
  const variable = (name: string): string | undefined =>
    host.getVariable(name)?.trim() || undefined;
  const url = variable('DATABRICKS_HOST');
  const login = readLoginVariables(input, variable, host);
  const missing = [
    ...(url === undefined ? ['DATABRICKS_HOST'] : []),
    ...(login === undefined ? [missingLoginVariable(variable)] : []),
  ];
  if (url === undefined || login === undefined) {
    input.problem(
      `No workspace is given: the inputs of the connection are empty, and the job has no variable ${missing.join(' and no variable ')}. ${isOfFork(host) ? withheldFromForks : waysToConnect}`,
    );
    return unreachable;
  }
  const origin = checkHost(input, 'Variable DATABRICKS_HOST', url);
  return () => ({
    host: origin,
    hostSource: 'variable DATABRICKS_HOST',
    isHostTrusted: false,
    login,
  });
}

/** Which variable a job lacks that has none to sign in with. */
function missingLoginVariable(variable: (name: string) => string | undefined): string {
  const isForPrincipal = ['DATABRICKS_CLIENT_SECRET', 'DATABRICKS_AUTH_TYPE'].some(
    (name) => variable(name) !== undefined,
  );
  return isForPrincipal ? 'DATABRICKS_CLIENT_ID' : 'DATABRICKS_TOKEN';
}

/** The token, else a service principal of Databricks, by secret or by federation. */
function readLoginVariables(
  input: InputReader,
  variable: (name: string) => string | undefined,
  host: Pick<TaskHost, 'getVariable' | 'setSecret'>,
): Login | undefined {
  const token = variable('DATABRICKS_TOKEN');
  const clientId = variable('DATABRICKS_CLIENT_ID');
  const clientSecret = variable('DATABRICKS_CLIENT_SECRET');
  const type = variable('DATABRICKS_AUTH_TYPE')?.toLowerCase();
  for (const secret of [token, clientSecret]) if (secret !== undefined) host.setSecret(secret);
  if (token !== undefined && type !== 'azure-devops-oidc' && type !== 'oauth-m2m') {
    checkToken(input, 'Variable DATABRICKS_TOKEN', token, host);
    return { kind: 'token', token, source: 'variable DATABRICKS_TOKEN' };
  }
  if (clientId === undefined) return undefined;
  namesUndefinedVariable(input, 'Variable DATABRICKS_CLIENT_ID', clientId);
  if (type === 'azure-devops-oidc') {
    const source = 'variable DATABRICKS_CLIENT_ID';
    return { kind: 'databricks-federation', clientId, connectionId: undefined, source };
  }
  checkClientSecret(input, clientSecret, host);
  return {
    kind: 'databricks-secret',
    clientId,
    clientSecret: clientSecret ?? '',
    source: 'variables DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET',
  };
}

function checkClientSecret(
  input: InputReader,
  secret: string | undefined,
  host: Pick<TaskHost, 'getVariable'>,
): void {
  const remedy = isOfFork(host) ? withheldFromForks : undefined;
  if (secret !== undefined) {
    namesUndefinedVariable(input, 'Variable DATABRICKS_CLIENT_SECRET', secret, remedy);
    return;
  }
  const waysToSignIn =
    'Add the secret to the variable group, or set DATABRICKS_AUTH_TYPE to azure-devops-oidc to sign in without one.';
  input.problem(
    `The job has the variable DATABRICKS_CLIENT_ID, but not DATABRICKS_CLIENT_SECRET. ${remedy ?? waysToSignIn}`,
  );
}

function fromServiceConnection(id: string, host: InputHost): ConnectionSettings {
  const connection = host.getServiceConnection(id);
  if (connection?.url === undefined) {
    throw new ConnectionError(`The service connection "${id}" was not handed to this step`, {
      hint: isOfFork(host)
        ? withheldFromForks
        : "Choose an existing connection of type Databricks workspace in 'databricksConnection' and authorise the pipeline to use it; a variable cannot name it.",
    });
  }
  const login = readConnectionLogin(id, connection, host);
  try {
    return {
      host: parseHost(connection.url),
      hostSource: 'the service connection',
      isHostTrusted: true,
      login,
    };
  } catch (error) {
    if (!(error instanceof InvalidHostError)) throw error;
    throw new ConnectionError(`The service connection: ${error.message}`, {
      hint: 'Correct the workspace URL in the connection.',
      cause: error,
    });
  }
}

function readConnectionLogin(
  id: string,
  connection: ServiceConnection,
  host: Pick<TaskHost, 'setSecret'>,
): Login {
  const source = 'the service connection';
  switch (connection.scheme?.toLowerCase()) {
    case 'token':
      return { kind: 'token', token: readToken(id, connection, host), source };
    case 'usernamepassword':
      return readServicePrincipal(id, connection, host);
    default:
      throw new ConnectionError(
        `The service connection "${id}" uses the scheme "${connection.scheme ?? ''}", which this task does not know`,
        { hint: 'Create the connection anew, with type Databricks workspace.' },
      );
  }
}

function readToken(
  id: string,
  connection: ServiceConnection,
  host: Pick<TaskHost, 'setSecret'>,
): string {
  const token = (connection.parameter('apitoken') ?? '').trim();
  if (token === '') {
    throw new ConnectionError(`The service connection "${id}" has no token`, {
      hint: 'Open the connection and enter a token.',
    });
  }
  host.setSecret(token);
  if (!isHeaderText(token)) {
    throw new ConnectionError(`The token of the service connection "${id}" ${notHeaderText}`, {
      hint: 'Open the connection and enter the token anew.',
    });
  }
  return token;
}

function readServicePrincipal(
  id: string,
  connection: ServiceConnection,
  host: Pick<TaskHost, 'setSecret'>,
): Login {
  const source = 'the service connection';
  const clientId = (connection.parameter('username') ?? '').trim();
  const clientSecret = (connection.parameter('password') ?? '').trim();
  if (clientId === '') {
    throw new ConnectionError(`The service connection "${id}" has no client id`, {
      hint: 'Open the connection and enter the application id of the Databricks service principal.',
    });
  }
  if (clientSecret !== '') host.setSecret(clientSecret);
  const isFederated = connection.data('useOIDC')?.toLowerCase() === 'true';
  return isFederated || clientSecret === ''
    ? { kind: 'databricks-federation', clientId, connectionId: id, source }
    : { kind: 'databricks-secret', clientId, clientSecret, source };
}

function checkHost(input: InputReader, place: string, text: string): string {
  if (namesUndefinedVariable(input, place, text)) return '';
  try {
    return parseHost(text);
  } catch (error) {
    if (!(error instanceof InvalidHostError)) throw error;
    input.problem(`${place}: ${error.message}`);
    return '';
  }
}

/** Notes a problem when a text cannot be a token; `place` names it. */
export function checkToken(
  input: InputReader,
  place: string,
  token: string,
  host?: Pick<TaskHost, 'getVariable'>,
): void {
  const remedy = host !== undefined && isOfFork(host) ? withheldFromForks : undefined;
  if (namesUndefinedVariable(input, place, token, remedy)) return;
  if (!isHeaderText(token)) input.problem(`${place} ${notHeaderText}.`);
}

const resourceIdForm =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Databricks\/workspaces\/[^/]+$/i;

function checkResourceId(input: InputReader, text: string): string {
  const id = text.replace(/\/+$/, '');
  if (!resourceIdForm.test(id)) {
    input.problem(
      `Input 'azureWorkspaceResourceId' is "${text}", expected /subscriptions/…/resourceGroups/…/providers/Microsoft.Databricks/workspaces/…. Copy it from the properties of the workspace in the Azure portal.`,
    );
  }
  return id;
}

/** Names with a hyphen too, as those from a Key Vault have; neither a host nor a token looks like that. */
function namesUndefinedVariable(
  input: InputReader,
  place: string,
  text: string,
  remedy = 'Define it, or link the variable group that has it.',
): boolean {
  const name = /^\$\(([^()]+)\)$/.exec(text)?.[1];
  if (name === undefined) return false;
  input.problem(
    `${place} names the variable "${name}", but no variable "${name}" is defined. ${remedy}`,
  );
  return true;
}

/** Anything else cannot be sent in a header. */
function isHeaderText(token: string): boolean {
  return /^[\x21-\x7e]*$/.test(token);
}
