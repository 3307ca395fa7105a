import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { PipelineOptions, PipelineResult } from '../../local/agent';
import { LineSplitter } from '../../local/agent/line-splitter';
import { parseLoggingCommand } from '../../local/agent/logging-commands';

/** Shorter ones would be found everywhere. */
const shortestSecret = 6;

const knownForms = new Map<string, readonly string[]>();

/** The ways in which a secret may stand somewhere: plain, in a URL, in JSON, in Base64 at each of three alignments. */
export function formsOf(secret: string): readonly string[] {
  const forms = knownForms.get(secret) ?? computeForms(secret);
  knownForms.set(secret, forms);
  return forms;
}

function computeForms(secret: string): string[] {
  const url = encodeURIComponent(secret);
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64');
    // Without the characters that its neighbours decide.
    const usable = Math.floor(((shift + Buffer.byteLength(secret)) * 8) / 6);
    return whole.slice(shift === 0 ? 0 : shift + 1, usable);
  });
  const forms = [
    secret,
    url,
    url.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    JSON.stringify(secret).slice(1, -1),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  return [...new Set(forms)].filter((form) => form.length >= shortestSecret);
}

/** Secrets that a text contains in whatever form, as `<form> in <place>`. */
export function findSecrets(text: string, place: string, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) =>
    formsOf(secret)
      .filter((form) => text.includes(form))
      .map((form) => `"${form}" in ${place}: ${around(text, form)}`),
  );
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return JSON.stringify(text.slice(Math.max(0, at - 120), at + part.length + 60));
}

/** What one run of a pipeline showed and left behind. */
export interface Tap {
  /** Environment for the steps. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Throws when a secret stands in what the agent shows or stores, in a file that a task left in the job's folders, or in
   * the unmasked output elsewhere than in task.setsecret and, after that, where task-lib repeats an input.
   */
  assertNoSecrets(shown: string, result: PipelineResult, secrets: readonly string[]): void;
  remove(): void;
}

/** Watches the processes of one run; `given` is the environment that the test wants for them. */
export function tapProcesses(given: Readonly<Record<string, string>> = {}): Tap {
  const folder = mkdtempSync(join(tmpdir(), 'tap-'));
  const preload = `--require=${join(__dirname, 'tap-process.cjs')}`;
  return {
    env: {
      ...given,
      TAP_FOLDER: folder,
      NODE_OPTIONS: [preload, given['NODE_OPTIONS'] ?? ''].join(' ').trim(),
    },
    assertNoSecrets(shown, result, secrets) {
      const worth = secrets.filter((secret) => secret.length >= shortestSecret);
      const found = [
        ...findSecrets(shown, 'the log', worth),
        ...stringsOf(result).flatMap((text) => findSecrets(text, 'the record of the run', worth)),
        ...filesIn(folder).flatMap((file) => findInFile(file, relative(folder, file), worth)),
      ];
      assert.deepEqual(found, []);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Values that the options mark as secret: variables, and the parameters of connections. */
export function secretsIn(options: Pick<PipelineOptions, 'variables' | 'connections'>): string[] {
  const { variables, connections } = options;
  return [...markedIn(variables), ...parametersIn(connections)];
}

function markedIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { secret, value: text } = value as { secret?: unknown; value?: unknown };
  if (secret === true && typeof text === 'string') return [text];
  return Object.values(value).flatMap(markedIn);
}

function parametersIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'parameters' ? secretParameters(inner as Record<string, unknown>) : parametersIn(inner),
  );
}

/** The name of an identity stands in messages, as it should. */
function secretParameters(parameters: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(parameters)
    .filter(([key]) => /token|password|secret|key/i.test(key))
    .flatMap(([, value]) => stringsOf(value));
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsOf(inner)]);
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

function findInFile(file: string, name: string, secrets: readonly string[]): string[] {
  const content = readFileSync(file);
  return /^process-\w+.std(out|err)$/.test(name)
    ? findInOutput(content, name, secrets)
    : findSecrets(content.toString(), name, secrets);
}

/** task-lib repeats each input, variable and parameter of a connection that is read, for the agent to mask. */
const echo = /^##vso\[task\.debug\]([\w.]+=|\S+ auth param \w+ = )/;

/** The unmasked output of a process. */
function findInOutput(output: Buffer, name: string, secrets: readonly string[]): string[] {
  const registered: string[] = [];
  const found: string[] = [];
  const splitter = new LineSplitter((line) => {
    const parsed = parseLoggingCommand(line);
    if (parsed.kind === 'command' && parsed.command.event === 'setsecret') {
      registered.push(parsed.command.data);
      return;
    }
    const forbidden = echo.test(line)
      ? secrets.filter((secret) => !registered.some((text) => secret.includes(text)))
      : secrets;
    found.push(...findSecrets(line, name, forbidden));
  });
  splitter.push(output);
  splitter.end();
  return found;
}
