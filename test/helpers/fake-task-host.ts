import type { AgentNetwork } from '../../shared/pipeline/connection/agent-network';
import { maskSecrets, toHarmlessText } from '../../shared/pipeline/harmless-text';
import type { ServiceConnection, TaskHost, TaskResult } from '../../shared/pipeline/task-host';

export interface FakeHostOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  /** Variables of the job that are not secret. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** By id. */
  readonly connections?: Readonly<Record<string, FakeConnection>>;
  readonly network?: Partial<AgentNetwork>;
}

export interface FakeConnection {
  readonly url?: string;
  readonly scheme?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

export interface FakeOutput {
  readonly name: string;
  readonly value: string;
  readonly isDeclared: boolean;
}

/** An agent that only remembers what a task asks of it. Texts are kept raw; throws on a second completion. */
export class FakeTaskHost implements TaskHost {
  readonly debugs: string[] = [];
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly groups: { title: string; lines: readonly string[] }[] = [];
  readonly progress: { percent: number; operation: string }[] = [];
  readonly outputs: FakeOutput[] = [];
  readonly summaries: string[] = [];
  /** Values given to `setSecret`. */
  readonly maskedValues: string[] = [];
  completed: { readonly result: TaskResult; readonly message: string } | undefined;
  readonly #options: FakeHostOptions;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
  }

  getInput(name: string): string {
    return this.#options.inputs?.[name] ?? '';
  }

  getVariable(name: string): string | undefined {
    return this.#options.variables?.[name] || this.#options.secrets?.[name] || undefined;
  }

  secretVariables() {
    return Object.entries(this.#options.secrets ?? {}).map(([name, value]) => ({ name, value }));
  }

  getServiceConnection(id: string): ServiceConnection | undefined {
    const connection = this.#options.connections?.[id];
    return (
      connection && {
        url: connection.url,
        scheme: connection.scheme,
        parameter: (key) => connection.parameters?.[key.toLowerCase()] || undefined,
        data: (key) => connection.data?.[key.toLowerCase()] || undefined,
      }
    );
  }

  getNetwork(): AgentNetwork {
    return {
      proxyUrl: undefined,
      caFiles: [],
      clientCertificate: undefined,
      ...this.#options.network,
    };
  }

  harmless(text: string, maxLength?: number): string {
    const secrets = [...this.maskedValues, ...this.secretVariables().map(({ value }) => value)];
    return toHarmlessText(text, { secrets, ...(maxLength !== undefined && { maxLength }) });
  }

  withoutSecrets(text: string): string {
    const secrets = [...this.maskedValues, ...this.secretVariables().map(({ value }) => value)];
    return maskSecrets(text, secrets);
  }

  setSecret(value: string): void {
    this.maskedValues.push(value);
  }

  debug(message: string): void {
    this.debugs.push(message);
  }

  info(message: string): void {
    this.infos.push(message);
  }

  warning(message: string): void {
    this.warnings.push(message);
  }

  group(title: string, lines: readonly string[]): void {
    this.groups.push({ title, lines });
  }

  setProgress(percent: number, operation: string): void {
    this.progress.push({ percent, operation });
  }

  setOutput(name: string, value: string, isDeclared: boolean): void {
    this.outputs.push({ name, value, isDeclared });
  }

  uploadSummary(path: string): void {
    this.summaries.push(path);
  }

  complete(result: TaskResult, message: string): void {
    if (this.completed) throw new Error(`completed twice: ${this.completed.message} / ${message}`);
    this.completed = { result, message };
  }

  /** The outputs as later steps would see them: the last value of each name. */
  output(): Record<string, string> {
    return Object.fromEntries(this.outputs.map(({ name, value }) => [name, value]));
  }
}
