import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ServiceConnection } from '../settings-file';
import { ORGANIZATION, PROJECT, PROJECT_ID } from '../system-variables';
import type { IdTokenIssuer } from './issuer';

const VERSIONS = {
  resourceVersion: 1,
  minVersion: '7.1',
  maxVersion: '7.2',
  releasedVersion: '0.0',
};
/** Where the resources are, as azure-devops-node-api looks them up. */
const LOCATIONS = [
  {
    id: '69a319f4-28c1-4bfd-93e6-ea0ff5c6f1a2',
    area: 'distributedtask',
    resourceName: 'oidctoken',
    routeTemplate:
      '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/jobs/{jobId}/{resource}',
    ...VERSIONS,
  },
  {
    id: 'e81700f7-3be2-46de-8624-2eb35882fcaa',
    area: 'Location',
    resourceName: 'ResourceAreas',
    routeTemplate: '_apis/{resource}/{areaId}',
    ...VERSIONS,
  },
];
const API_VERSION = /^7\.[12](-preview(\.1)?)?$/;

/** A job whose steps may ask for ID tokens. */
export interface IdTokenJobOptions {
  readonly hub: string;
  readonly planId: string;
  readonly jobId: string;
  /** How the service names the job, such as `Build.Job.__default`. */
  readonly jobPath: string;
  readonly pipelineName: string;
  readonly claims: Readonly<Record<string, string>>;
}

/** The ID tokens of one job; nothing is issued after close(). */
export interface IdTokenJob {
  /** Sets the connections that the current step names. */
  setConnections(connections: readonly ServiceConnection[]): void;
  close(): void;
}

/** Stands for the ID token endpoint of Azure DevOps, on loopback. */
export interface IdTokenServer {
  /** http://127.0.0.1:<port>/local/ */
  readonly collectionUri: string;
  /** System.OidcRequestUri of a job. */
  requestUri(job: Pick<IdTokenJobOptions, 'hub' | 'planId' | 'jobId'>): string;
  openJob(options: IdTokenJobOptions): IdTokenJob;
  close(): Promise<void>;
}

interface OpenJob extends IdTokenJobOptions {
  connections: readonly ServiceConnection[];
}

interface ServerState {
  readonly issuer: IdTokenIssuer;
  readonly accessToken: string;
  readonly jobs: Set<OpenJob>;
}

/** An answer: a refusal as Azure DevOps words its exceptions, or anything else as JSON. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: object;

  constructor(status: number, typeKey: string, message: string, body?: object) {
    super(message);
    this.status = status;
    const typeName = `Microsoft.VisualStudio.Services.WebApi.${typeKey}`;
    this.body = body ?? {
      $id: '1',
      innerException: null,
      message,
      typeName,
      typeKey,
      errorCode: 0,
      eventId: 3000,
    };
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The job's token comes as bearer, or as the password of Basic. */
function checkToken({ headers }: IncomingMessage, accessToken: string): void {
  const [, scheme = '', value = ''] =
    /^(Bearer|Basic) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const token = isBasic
    ? Buffer.from(value, 'base64')
        .toString()
        .replace(/^[^:]*:/, '')
    : value;
  if (isSame(token, accessToken)) return;
  const message =
    headers.authorization === undefined
      ? 'TF400813: Resource not available for anonymous access. Client authentication required.'
      : "TF400813: The user '' is not authorized to access this resource.";
  throw new Refusal(401, 'UnauthorizedRequestException', message);
}

function checkVersion({ headers }: IncomingMessage, query: URLSearchParams): void {
  const [, accepted] = /;\s*api-version=([^;,\s]+)/.exec(headers.accept ?? '') ?? [];
  const version = query.get('api-version') ?? accepted;
  if (version === undefined) {
    const message =
      'No api-version was supplied for the "POST" request. The version must be supplied either as part of the Accept header or as a query parameter.';
    throw new Refusal(400, 'VssVersionNotSpecifiedException', message);
  }
  if (API_VERSION.test(version)) return;
  const message = `The requested REST API version of ${version} is not one that this resource has.`;
  throw new Refusal(400, 'VssVersionOutOfRangeException', message);
}

async function checkBody(request: IncomingMessage): Promise<void> {
  const body = await text(request);
  if (body === '') return;
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json(;|$)/i.test(type)) {
    const message = `The request contains an entity body of the type "${type}", which is not supported.`;
    throw new Refusal(415, 'VssUnsupportedMediaTypeException', message);
  }
  try {
    const claims: unknown = JSON.parse(body);
    if (typeof claims === 'object' && !Array.isArray(claims)) return;
  } catch {
    // Refused below.
  }
  throw new Refusal(400, 'ArgumentException', 'The claims are no JSON object.');
}

function findJob(path: string, jobs: ReadonlySet<OpenJob>): OpenJob {
  const pattern =
    /^\/([^/]+)\/([^/]+)\/_apis\/distributedtask\/hubs\/([^/]+)\/plans\/([^/]+)\/jobs\/([^/]+)\/oidctoken$/i;
  const [, organization, project, ...ids] = pattern.exec(path) ?? [];
  const isHere =
    organization?.toLowerCase() === ORGANIZATION &&
    [PROJECT, PROJECT_ID].some((name) => name === project?.toLowerCase());
  const wanted = ids.join('/').toLowerCase();
  const job = [...jobs].find(({ hub, planId, jobId }) => {
    return `${hub}/${planId}/${jobId}`.toLowerCase() === wanted;
  });
  if (isHere && job !== undefined) return job;
  throw new Refusal(
    404,
    'TaskOrchestrationPlanNotFoundException',
    `There is no job in progress at ${path}.`,
  );
}

function findOwner(
  { connections, jobPath, pipelineName }: OpenJob,
  connectionId: string | null,
): Parameters<IdTokenIssuer['sign']>[0] {
  if (connectionId === null) return { pipeline: pipelineName };
  const connection = connections.find(({ id }) => id === connectionId.toLowerCase());
  if (connection) return { connection: connection.name, connectionId: connection.id };
  const value = `There is no explicit reference to service connection ${connectionId} from current stage ${jobPath}.`;
  throw new Refusal(403, '', value, { count: value.length, value });
}

function findLocations(path: string): object {
  const [, area] = /^\/[^/]+\/_apis\/([^/]+)\/?$/i.exec(path) ?? [];
  const value = LOCATIONS.filter((known) => known.area.toLowerCase() === area?.toLowerCase());
  return { count: value.length, value };
}

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
}

async function issueToken(
  request: IncomingMessage,
  { path, query }: Asked,
  { issuer, accessToken, jobs }: ServerState,
): Promise<object> {
  checkToken(request, accessToken);
  const job = findJob(path, jobs);
  checkVersion(request, query);
  await checkBody(request);
  const owner = findOwner(job, query.get('serviceConnectionId'));
  return { oidcToken: await issuer.sign(owner, job.claims) };
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'application/json',
): void {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8` }).end(body);
}

async function answerTokenRequest(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  state: ServerState,
): Promise<void> {
  const { issuer } = state;
  const remember = (status: number): void => {
    const connectionId = asked.query.get('serviceConnectionId') ?? undefined;
    issuer.requests.push({ method: request.method ?? '', path: asked.path, connectionId, status });
  };
  const fault = issuer.faults.shift();
  if (fault !== undefined) {
    remember(fault.status);
    send(response, fault.status, fault.body, fault.contentType);
    return;
  }
  try {
    const answer = await issueToken(request, asked, state);
    remember(200);
    send(response, 200, JSON.stringify(answer));
  } catch (error: unknown) {
    if (!(error instanceof Refusal)) throw error;
    remember(error.status);
    send(response, error.status, JSON.stringify(error.body));
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: ServerState,
): Promise<void> {
  const url = new URL((request.url ?? '').replace(/^\/+/, '/'), 'http://127.0.0.1');
  const path = url.pathname.replaceAll(/\/+/g, '/');
  if (request.method === 'OPTIONS') {
    send(response, 200, JSON.stringify(findLocations(path)));
  } else if (request.method === 'GET' && path === '/.well-known/jwks') {
    send(response, 200, JSON.stringify(state.issuer.jwks));
  } else if (request.method === 'GET' && /\/_apis\/resourceareas$/i.test(path)) {
    send(response, 200, JSON.stringify({ count: 0, value: null }));
  } else if (request.method === 'POST') {
    await answerTokenRequest(request, response, { path, query: url.searchParams }, state);
  } else {
    send(response, 405, JSON.stringify({ message: `${request.method} is not supported here.` }));
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Starts the endpoint. `accessToken` is that of the jobs. Throws when the port is taken. The text about connections that are not
 * referenced has been seen; its status, and the other refusals, are chosen.
 */
export async function startIdTokenServer(
  issuer: IdTokenIssuer,
  accessToken: string,
  port = 0,
): Promise<IdTokenServer> {
  const state: ServerState = { issuer, accessToken, jobs: new Set() };
  const server = createServer((request, response) => {
    answer(request, response, state).catch((error: unknown) => {
      send(response, 500, JSON.stringify({ message: String(error) }));
    });
  });
  const collectionUri = `http://127.0.0.1:${await listen(server, port)}/${ORGANIZATION}/`;
  return {
    collectionUri,
    requestUri: ({ hub, planId, jobId }) =>
      `${collectionUri}${PROJECT_ID}/_apis/distributedtask/hubs/${hub}/plans/${planId}/jobs/${jobId}/oidctoken`,
    openJob: (options) => {
      const job: OpenJob = { ...options, connections: [] };
      state.jobs.add(job);
      return {
        setConnections: (connections) => {
          job.connections = connections;
        },
        close: () => void state.jobs.delete(job),
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
