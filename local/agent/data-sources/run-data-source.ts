import type { Clock } from '../clock';
import { canonicalUrl } from '../environment';
import type { ServiceConnection } from '../settings-file';
import type {
  AuthenticationScheme,
  ConnectionType,
  HeaderTemplate,
  RequestTemplates,
} from './extension-manifest';
import { isJson, parseAnswer, textIn } from './json';
import { clip, SelectorError, selectItems } from './select';
import { parseTemplate, type RenderOptions } from './template';
import { TemplateError } from './template-error';

/** The service asks for at most this many pages. */
export const MAX_CALLS = 5;
/** The service takes answers of at most this many bytes. */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** How long an answer may take. */
const ANSWER_MS = 30_000;

/** A data source gives nothing: the service or the templates are to blame. The message says which. */
export class DataSourceError extends Error {
  override readonly name = 'DataSourceError';
}

/** What a data source gave. */
export interface SourceAnswer {
  readonly items: readonly unknown[];
  readonly calls: number;
  /** There is more, which the service does not ask for after MAX_CALLS. */
  readonly isCut: boolean;
}

/** What a data source is run with. */
export interface SourceOptions {
  readonly connection: ServiceConnection;
  readonly type: ConnectionType;
  /** What the binding hands over. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Values of the task's inputs, which `$(name)` of a request within a binding reads. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** Variables that come from the answer to the call before, whose members may be missing. */
const ANSWER = ['result', 'headers'];

type Variables = Readonly<Record<string, unknown>>;

interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Runs a data source as the service does, page after page. Throws DataSourceError. */
export async function runDataSource(
  source: RequestTemplates,
  options: SourceOptions,
): Promise<SourceAnswer> {
  const [unsupported] = source.unsupported;
  if (unsupported !== undefined) {
    throw new DataSourceError(`"${unsupported}" of a data source is not supported here`);
  }
  const variables = variablesOf(options);
  let page = readContext(source.initialContextTemplate, 'initialContextTemplate', variables);
  const items: unknown[] = [];
  for (let calls = 1; ; calls += 1) {
    const answer = await send(source, { ...variables, ...page }, options);
    if (answer.status !== 200) throw new DataSourceError(describeRefusal(answer));
    items.push(...explain('resultSelector', () => selectItems(source.resultSelector, answer.text)));
    const next = { ...variables, ...page, result: bodyOf(answer), headers: answer.headers };
    if (!isCallbackRequired(source, next)) return { items, calls, isCut: false };
    if (calls === MAX_CALLS) return { items, calls, isCut: true };
    page = readContext(source.callbackContextTemplate, 'callbackContextTemplate', next);
  }
}

/** Runs the data source TestConnection, of which only the status counts. Throws DataSourceError. */
export async function testConnection(
  source: RequestTemplates,
  options: SourceOptions,
): Promise<number> {
  const variables = variablesOf(options);
  const page = readContext(source.initialContextTemplate, 'initialContextTemplate', variables);
  const answer = await send(source, { ...variables, ...page }, options);
  if (answer.status !== 200) throw new DataSourceError(describeRefusal(answer));
  return answer.status;
}

/** Renders a template of a request. Throws DataSourceError that names the template. */
export function renderRequest(
  text: string,
  what: string,
  variables: Variables,
  optional: readonly string[] = [],
): string {
  const how: RenderOptions = { optional };
  return explain(what, () => parseTemplate(text, { hasMacros: true })(variables, how));
}

function explain<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError || error instanceof SelectorError) {
      throw new DataSourceError(`${what}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

function variablesOf({ connection, type, parameters, inputs, clock }: SourceOptions): Variables {
  const declared = [...type.dataIds, ...schemeOf(connection, type).parameterIds];
  const configuration = Object.entries(connection.data).flatMap(([key, value]) =>
    key.startsWith('configuration.') ? [[key.slice('configuration.'.length), value]] : [],
  );
  return {
    ...inputs,
    ...parameters,
    endpoint: {
      ...Object.fromEntries(declared.map((id) => [id, ''])),
      ...connection.data,
      ...connection.parameters,
      url: canonicalUrl(connection.url),
    },
    configuration: Object.fromEntries(configuration) as Variables,
    system: { utcNow: utcNow(clock) },
  };
}

/** With seven digits after the second, as .NET has them. */
function utcNow(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '0000Z');
}

function schemeOf({ name, scheme }: ServiceConnection, type: ConnectionType): AuthenticationScheme {
  const found = type.schemes.find((one) => one.name.toLowerCase() === scheme.toLowerCase());
  if (found !== undefined) return found;
  const offered = type.schemes.map((one) => one.name).join(', ') || 'none';
  throw new DataSourceError(
    `connection "${name}" has the scheme "${scheme}", which the type "${type.name}" does not offer (it offers: ${offered})`,
  );
}

const DEFAULT_HEADERS: Readonly<Record<string, readonly HeaderTemplate[]>> = {
  Token: [{ name: 'Authorization', value: '{{{endpoint.apitoken}}}' }],
  UsernamePassword: [
    {
      name: 'Authorization',
      value: 'Basic {{ #base64 endpoint.username ":" endpoint.password }}',
    },
  ],
  None: [],
};

function headersOf(
  source: RequestTemplates,
  variables: Variables,
  { connection, type }: SourceOptions,
): Headers {
  const scheme = schemeOf(connection, type);
  const own = scheme.headers ?? DEFAULT_HEADERS[scheme.name];
  if (own === undefined) {
    throw new DataSourceError(
      `the scheme "${scheme.name}" without headers of its own is not supported here`,
    );
  }
  const headers = new Headers();
  if (source.requestContent !== '') headers.set('Content-Type', 'application/json');
  for (const { name, value } of [...own, ...source.headers]) {
    const rendered = renderRequest(value, `header ${name}`, variables);
    try {
      headers.set(name, rendered);
    } catch (error) {
      throw new DataSourceError(`header ${name}: it holds what no header may hold`, {
        cause: error,
      });
    }
  }
  return headers;
}

async function send(
  source: RequestTemplates,
  variables: Variables,
  options: SourceOptions,
): Promise<Page> {
  const url = renderRequest(source.endpointUrl, 'endpointUrl', variables);
  if (!/^https?:\/\/[^/]/i.test(url) || !URL.canParse(url)) {
    throw new DataSourceError(`endpointUrl: "${url}" is no URL`);
  }
  const body = renderRequest(source.requestContent, 'requestContent', variables);
  const headers = headersOf(source, variables, options);
  try {
    const response = await options.fetch(url, {
      method: source.requestVerb.toUpperCase() || 'GET',
      headers,
      ...(body !== '' && { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await readText(response);
    return { status: response.status, text, headers: Object.fromEntries(response.headers) };
  } catch (error) {
    if (error instanceof DataSourceError) throw error;
    throw new DataSourceError(`no answer from ${url}: ${causeOf(error)}`, { cause: error });
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code || error.message;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new DataSourceError('the answer is larger than 2 MB, which the service does not take');
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function bodyOf({ text }: Page): unknown {
  try {
    return parseAnswer(text);
  } catch {
    return undefined;
  }
}

/** "HTTP 403 PERMISSION_DENIED: Invalid access token.", or the beginning of what came instead. */
function describeRefusal({ status, text, headers }: Page): string {
  const body = bodyOf({ status, text, headers });
  const json = isJson(body) ? body : {};
  const code = json['error_code'] === undefined ? '' : ` ${String(json['error_code'])}`;
  const location = headers['location'] === undefined ? '' : ` to ${headers['location']}`;
  const detail = textIn(json, 'message') || clip(text);
  return `HTTP ${status}${code}${location}${detail === '' ? '' : `: ${clip(detail)}`}`;
}

function isCallbackRequired(source: RequestTemplates, variables: Variables): boolean {
  if (source.callbackRequiredTemplate === '') return false;
  const required = source.callbackRequiredTemplate;
  const text = renderRequest(required, 'callbackRequiredTemplate', variables, ANSWER);
  return text.trim().toLowerCase() === 'true';
}

/** The variables of the next call: a JSON object of simple values. */
function readContext(template: string, what: string, variables: Variables): Variables {
  if (template === '') return {};
  const text = renderRequest(template, what, variables, 'result' in variables ? ANSWER : []);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isJson(value)) return value;
  throw new DataSourceError(`${what}: it gives no JSON object but: ${clip(text)}`);
}
