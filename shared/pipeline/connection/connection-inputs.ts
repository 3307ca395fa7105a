import { InvalidHostError, parseHost } from '../../databricks';
import { ConnectionError } from '../errors';
import type { InputReader } from '../inputs/input-reader';
import type { TaskHost } from '../task-host';

/** Which workspace, with which token, and where both come from (in words, for the log). */
export interface ConnectionSettings {
  readonly host: string;
  readonly hostSource: string;
  readonly token: string;
  readonly tokenSource: string;
}

const connectionTypes = ['auto', 'databricks', 'token'] as const;

const waysToConnect =
  "Set 'databricksConnection', or 'host' and 'token', or link a variable group with DATABRICKS_HOST and DATABRICKS_TOKEN to the stage.";

const notHeaderText =
  'contains a blank, a line break or another character that no token has; it was probably not copied as a whole';

/**
 * Reads the inputs that say which workspace is meant: the service connection, else host and token, else the job variables
 * DATABRICKS_HOST and DATABRICKS_TOKEN. Problems are noted in the reader.
 */
export function readConnectionInputs(
  input: InputReader,
  host: Pick<TaskHost, 'getVariable' | 'getServiceConnection' | 'setSecret'>,
): () => ConnectionSettings {
  const type = input.choice('connectionType', connectionTypes);
  const connection = input.text('databricksConnection');
  const hostInput = input.text('host');
  const token = input.secret('token');
  if (token !== '') host.setSecret(token);
  const given = {
    connection: input.isGiven('databricksConnection'),
    host: input.isGiven('host'),
    token: input.isGiven('token'),
  };

  if (given.connection && (given.host || given.token)) {
    input.problem(
      `Both 'databricksConnection' and '${given.host ? 'host' : 'token'}' are given; keep one of them.`,
    );
  } else if (given.connection) {
    return () => fromServiceConnection(connection, host);
  } else if (type === 'databricks') {
    input.problem("Input 'databricksConnection' is empty. Choose a Databricks service connection.");
  } else if (given.host || given.token || type === 'token') {
    return fromInputs(input, hostInput, token);
  } else {
    return fromVariables(input, host);
  }
  return unreachable;
}

/** After a problem the settings are never asked for: `finish` throws first. */
function unreachable(): never {
  throw new Error('connection settings asked for although the inputs have problems');
}

function fromInputs(input: InputReader, host: string, token: string): () => ConnectionSettings {
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
  checkToken(input, "Input 'token'", token);
  return () => ({ host: origin, hostSource: "input 'host'", token, tokenSource: "input 'token'" });
}

function fromVariables(
  input: InputReader,
  host: Pick<TaskHost, 'getVariable' | 'setSecret'>,
): () => ConnectionSettings {
  const url = host.getVariable('DATABRICKS_HOST')?.trim() || undefined;
  const token = host.getVariable('DATABRICKS_TOKEN')?.trim() || undefined;
  if (url === undefined || token === undefined) {
    const missing = [
      ...(url === undefined ? ['DATABRICKS_HOST'] : []),
      ...(token === undefined ? ['DATABRICKS_TOKEN'] : []),
    ];
    input.problem(
      `No workspace is given: the inputs of the connection are empty, and the job has no variable ${missing.join(' and no variable ')}. ${waysToConnect}`,
    );
    return unreachable;
  }
  host.setSecret(token);
  const origin = checkHost(input, 'Variable DATABRICKS_HOST', url);
  checkToken(input, 'Variable DATABRICKS_TOKEN', token);
  return () => ({
    host: origin,
    hostSource: 'variable DATABRICKS_HOST',
    token,
    tokenSource: 'variable DATABRICKS_TOKEN',
  });
}

function fromServiceConnection(
  id: string,
  host: Pick<TaskHost, 'getServiceConnection' | 'setSecret'>,
): ConnectionSettings {
  const connection = host.getServiceConnection(id);
  if (connection?.url === undefined) {
    throw new ConnectionError(`The service connection "${id}" was not handed to this step`, {
      hint: "Choose an existing connection of type Databricks workspace in 'databricksConnection' and authorise the pipeline to use it; a variable cannot name it.",
    });
  }
  if (connection.scheme?.toLowerCase() !== 'token') {
    throw new ConnectionError(
      `The service connection "${id}" uses the scheme "${connection.scheme ?? ''}", which this task does not know`,
      { hint: 'Create the connection with the scheme "Token".' },
    );
  }
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
  const source = 'the service connection';
  try {
    return { host: parseHost(connection.url), hostSource: source, token, tokenSource: source };
  } catch (error) {
    if (!(error instanceof InvalidHostError)) throw error;
    throw new ConnectionError(`The service connection: ${error.message}`, {
      hint: 'Correct the workspace URL in the connection.',
      cause: error,
    });
  }
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

function checkToken(input: InputReader, place: string, token: string): void {
  if (namesUndefinedVariable(input, place, token)) return;
  if (!isHeaderText(token)) input.problem(`${place} ${notHeaderText}.`);
}

/** Names with a hyphen too, as those from a Key Vault have; neither a host nor a token looks like that. */
function namesUndefinedVariable(input: InputReader, place: string, text: string): boolean {
  const name = /^\$\(([^()]+)\)$/.exec(text)?.[1];
  if (name === undefined) return false;
  input.problem(
    `${place} names the variable "${name}", but no variable "${name}" is defined. Define it, or link the variable group that has it.`,
  );
  return true;
}

/** Anything else cannot be sent in a header. */
function isHeaderText(token: string): boolean {
  return /^[\x21-\x7e]*$/.test(token);
}
