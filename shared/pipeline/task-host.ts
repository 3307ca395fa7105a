import type { Logger } from '../databricks';
import type { AgentNetwork } from './connection/agent-network';

/** A service connection as the agent hands it over. Parameter and data keys are case-insensitive. */
export interface ServiceConnection {
  readonly url: string | undefined;
  readonly scheme: string | undefined;
  /** A parameter of its authorisation; undefined when it is missing or empty. */
  parameter(key: string): string | undefined;
  /** A field beside its authorisation; undefined when it is missing or empty. */
  data(key: string): string | undefined;
}

export type TaskResult = 'Succeeded' | 'SucceededWithIssues' | 'Failed';

/**
 * What the agent offers to a task. Whatever text is given to it is made harmless before it reaches the log: logging
 * commands in it do nothing, secrets are masked, control characters removed.
 */
export interface TaskHost extends Logger {
  /** The input as received, macros replaced by the agent; empty when not given. */
  getInput(name: string): string;
  /** A variable of the job; never one of the agent's machine. Undefined when it is not defined or empty. */
  getVariable(name: string): string | undefined;
  /** Names and values of the job's secret variables. */
  secretVariables(): readonly { readonly name: string; readonly value: string }[];
  /** Undefined when `id` names no connection of this step. */
  getServiceConnection(id: string): ServiceConnection | undefined;
  /** Proxy and certificates that the agent is configured with, for requests to `url`. */
  getNetwork(url: string): AgentNetwork;
  /** The text without secrets, control characters and logging commands, for files that the agent does not mask. */
  harmless(text: string, maxLength?: number): string;
  /** The text with `***` for the secrets in it and otherwise as it is, for data that later steps use. */
  withoutSecrets(text: string): string;
  /** Masks a value in all further output of the job. */
  setSecret(value: string): void;
  /** Logs lines that the web view folds under their title. */
  group(title: string, lines: readonly string[]): void;
  setProgress(percent: number, operation: string): void;
  /** `isDeclared`: listed in the manifest's outputVariables, so that the agent treats it as output by itself. */
  setOutput(name: string, value: string, isDeclared: boolean): void;
  /** Shows a Markdown file on the run's page. The file must stay after the end of the task. */
  uploadSummary(path: string): void;
  /** Reports the result of the task; called once. */
  complete(result: TaskResult, message: string): void;
}
