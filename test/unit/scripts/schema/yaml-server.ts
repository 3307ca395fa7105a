import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../../../scripts/manifests/load-manifests';

/** A place in a document, counted from 0. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface Diagnostic {
  readonly range: { readonly start: Place };
  readonly message: string;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/**
 * The real yaml-language-server as a child process, spoken to as an editor does. The mark `¦` in a text is where the cursor
 * is.
 */
export class YamlServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #settings: Readonly<Record<string, unknown>>;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #diagnostics = new Map<string, (diagnostics: Diagnostic[]) => void>();
  #received = Buffer.alloc(0);
  #count = 0;

  /** `yaml` are the settings `yaml.…` of the editor. */
  static async start(yaml: Readonly<Record<string, unknown>>): Promise<YamlServer> {
    const server = new YamlServer({ yaml });
    await server.#request('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(repositoryRoot).href,
      capabilities: { workspace: { configuration: true } },
    });
    server.#send({ method: 'initialized', params: {} });
    server.#send({
      method: 'workspace/didChangeConfiguration',
      params: { settings: server.#settings },
    });
    return server;
  }

  private constructor(settings: Readonly<Record<string, unknown>>) {
    this.#settings = settings;
    const program = join(
      repositoryRoot,
      'node_modules/yaml-language-server/bin/yaml-language-server',
    );
    this.#process = spawn(process.execPath, [program, '--stdio']);
    this.#process.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  /** What the editor would mark in a file of this name. */
  diagnose(name: string, text: string): Promise<Diagnostic[]> {
    const uri = pathToFileURL(join(repositoryRoot, name)).href;
    const result = new Promise<Diagnostic[]>((resolve) => this.#diagnostics.set(uri, resolve));
    this.#open(uri, text);
    return result;
  }

  /** The suggestions at the cursor. */
  async complete(text: string): Promise<string[]> {
    const result = await this.#at('textDocument/completion', text);
    return (result as { items: { label: string }[] }).items.map(({ label }) => label);
  }

  /** The help at the cursor, in Markdown. */
  async hover(text: string): Promise<string> {
    const result = await this.#at('textDocument/hover', text);
    return (result as { contents: { value: string } }).contents.value;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    await this.#request('shutdown');
    this.#send({ method: 'exit' });
    await ended;
  }

  #at(method: string, marked: string): Promise<unknown> {
    const [before = '', after = ''] = marked.split('¦');
    const lines = before.split('\n');
    const uri = pathToFileURL(join(repositoryRoot, `azure-pipelines-${this.#count}.yml`)).href;
    this.#open(uri, before + after);
    return this.#request(method, {
      textDocument: { uri },
      position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
    });
  }

  #open(uri: string, text: string): void {
    const textDocument = { uri, languageId: 'yaml', version: 1, text };
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } });
  }

  async #request(method: string, params: unknown = null): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    const answer = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const head = this.#received.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.toString('latin1'))?.[1]);
      if (head < 0 || this.#received.length < head + 4 + length) return;
      const body = this.#received.subarray(head + 4, head + 4 + length).toString('utf8');
      this.#received = this.#received.subarray(head + 4 + length);
      this.#take(JSON.parse(body) as Message);
    }
  }

  #take(message: Message): void {
    if (message.method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = message.params as { uri: string; diagnostics: Diagnostic[] };
      this.#diagnostics.get(uri)?.(diagnostics);
    } else if (message.method === 'workspace/configuration') {
      const { items } = message.params as { items: { section: string }[] };
      const result = items.map(({ section }) => this.#settings[section] ?? null);
      this.#send({ id: message.id ?? 0, result });
    } else if (message.method !== undefined && message.id !== undefined) {
      this.#send({ id: message.id, result: null });
    } else if (message.id !== undefined) {
      this.#answers.get(message.id)?.(message);
      this.#answers.delete(message.id);
    }
  }
}
