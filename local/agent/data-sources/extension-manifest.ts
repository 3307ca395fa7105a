import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DescribeError } from './describe-error';
import { isJson, type Json, objectIn, objectsIn, textIn } from './json';

/** A header of a request; the value is a template. */
export interface HeaderTemplate {
  readonly name: string;
  readonly value: string;
}

/** A request of a data source, as templates; a member that is not given is empty. */
export interface RequestTemplates {
  readonly endpointUrl: string;
  readonly requestVerb: string;
  readonly requestContent: string;
  readonly resultSelector: string;
  readonly headers: readonly HeaderTemplate[];
  readonly initialContextTemplate: string;
  readonly callbackContextTemplate: string;
  readonly callbackRequiredTemplate: string;
  /** Members that mean something to the service and are not supported here. */
  readonly unsupported: readonly string[];
}

/** A data source of a type of service connection. */
export interface DataSource extends RequestTemplates {
  readonly name: string;
}

/** A way to sign in; without `headers` the default of the scheme counts. */
export interface AuthenticationScheme {
  /** As connections name it, for example Token. */
  readonly name: string;
  readonly headers: readonly HeaderTemplate[] | undefined;
  readonly parameterIds: readonly string[];
}

/** A type of service connection that the extension declares. */
export interface ConnectionType {
  readonly name: string;
  readonly displayName: string;
  readonly dataIds: readonly string[];
  readonly dataSources: readonly DataSource[];
  readonly schemes: readonly AuthenticationScheme[];
}

/** What the manifest of an extension says about service connections. */
export interface ExtensionManifest {
  readonly file: string;
  readonly connectionTypes: readonly ConnectionType[];
}

const SCHEME_NAMES: Readonly<Record<string, string>> = {
  'ms.vss-endpoint.endpoint-auth-scheme-token': 'Token',
  'ms.vss-endpoint.endpoint-auth-scheme-basic': 'UsernamePassword',
  'ms.vss-endpoint.endpoint-auth-scheme-cert': 'Certificate',
  'ms.vss-endpoint.endpoint-auth-scheme-none': 'None',
  'ms.vss-endpoint.endpoint-auth-scheme-oauth2': 'OAuth2',
  'ms.vss-endpoint.endpoint-auth-scheme-jwt': 'JWT',
};

/** Parameters that the schemes have of their own. */
const SCHEME_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  Token: ['apitoken'],
  UsernamePassword: ['username', 'password'],
  Certificate: ['certificate'],
};

/**
 * The manifest beside a folder of tasks: that of the unpacked package they are in, else vss-extension.json of the
 * current folder; or the file given. Throws DescribeError.
 */
export function loadExtension(tasksFolder: string, file: string | undefined): ExtensionManifest {
  const path = resolve(file ?? findManifest(tasksFolder));
  const json = readJson(path);
  const contributions = objectsIn(json, 'contributions').filter(
    (contribution) => textIn(contribution, 'type') === 'ms.vss-endpoint.service-endpoint-type',
  );
  return {
    file: path,
    connectionTypes: contributions.map((one) => toConnectionType(objectIn(one, 'properties'))),
  };
}

function findManifest(tasksFolder: string): string {
  const packed = join(dirname(resolve(tasksFolder)), 'extension.vsomanifest');
  const found = [packed, 'vss-extension.json'].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new DescribeError(
    `There is no manifest of the extension: neither ${packed} nor vss-extension.json in the current folder. Name it with --extension FILE.`,
  );
}

function readJson(path: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new DescribeError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (isJson(value)) return value;
  throw new DescribeError(`${path} is no manifest: it holds no JSON object`);
}

function toConnectionType(properties: Json): ConnectionType {
  return {
    name: textIn(properties, 'name'),
    displayName: textIn(properties, 'displayName') || textIn(properties, 'name'),
    dataIds: objectsIn(properties, 'inputDescriptors').map((one) => textIn(one, 'id')),
    dataSources: objectsIn(properties, 'dataSources').map((source) => ({
      name: textIn(source, 'name'),
      ...readRequest(source),
    })),
    schemes: objectsIn(properties, 'authenticationSchemes').map(toScheme),
  };
}

function toScheme(scheme: Json): AuthenticationScheme {
  const type = textIn(scheme, 'type');
  const name = SCHEME_NAMES[type.toLowerCase()] ?? type;
  const own = objectsIn(scheme, 'inputDescriptors').map((one) => textIn(one, 'id'));
  return {
    name,
    headers: Array.isArray(scheme['headers']) ? readHeaders(scheme) : undefined,
    parameterIds: [...(SCHEME_PARAMETERS[name] ?? []), ...own],
  };
}

function readHeaders(json: Json): readonly HeaderTemplate[] {
  return objectsIn(json, 'headers').map((header) => ({
    name: textIn(header, 'name'),
    value: textIn(header, 'value'),
  }));
}

/** The request that a data source, or a binding with a URL of its own, declares. */
export function readRequest(json: Json): RequestTemplates {
  const text = (key: string): string => textIn(json, key);
  return {
    endpointUrl: text('endpointUrl'),
    requestVerb: text('requestVerb') || text('RequestVerb'),
    requestContent: text('requestContent'),
    resultSelector: text('resultSelector'),
    headers: readHeaders(json),
    initialContextTemplate: text('initialContextTemplate'),
    callbackContextTemplate: text('callbackContextTemplate'),
    callbackRequiredTemplate: text('callbackRequiredTemplate'),
    unsupported: ['authenticationScheme', 'resourceUrl'].filter((key) => json[key] !== undefined),
  };
}
