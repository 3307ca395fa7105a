import { ExpectedError } from '../databricks';

/** What the author of the pipeline wrote cannot be used. The message names the input, what it is and what is expected. */
export class InputError extends ExpectedError {
  override readonly name = 'InputError';
}

/** The service connection, or the variables that stand for one, cannot be used. */
export class ConnectionError extends ExpectedError {
  override readonly name = 'ConnectionError';
}

/** The agent's machine cannot do what the step needs. */
export class AgentError extends ExpectedError {
  override readonly name = 'AgentError';
}

/** The agent asked the step to stop. */
export class CancelledError extends ExpectedError {
  override readonly name = 'CancelledError';
}
