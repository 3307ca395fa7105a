import { randomUUID } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { checkAssertion, type FederatedCredential } from './entra-assertions';
import { EntraError } from './entra-error';
import { type Call, type LoopbackServer, type Reply, startLoopbackServer } from './loopback-server';
import { createTokenSigner, type TokenSigner } from './token-signer';

export type { FederatedCredential } from './entra-assertions';

export const DATABRICKS_RESOURCE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
export const DEVOPS_RESOURCE = '499b84ac-1321-427f-aa17-267ca6975798';

/** An application of the tenant, and how it may sign in. */
export interface EntraApplication {
  readonly clientId: string;
  readonly objectId?: string;
  readonly secrets?: readonly string[];
  readonly expiredSecrets?: readonly string[];
  /** PEM. */
  readonly certificates?: readonly string[];
  readonly federatedCredentials?: readonly FederatedCredential[];
  /** Conditional access lets it have no token. */
  readonly isBlocked?: boolean;
}

export interface EntraOptions {
  /** Life of the tokens in seconds; default 3599. */
  readonly lifetimeSeconds?: number;
  /** Epoch milliseconds; default Date.now. */
  readonly now?: () => number;
  /** AADSTS70021 for every federated credential that does not match, as until 2023. */
  readonly hasOldTexts?: boolean;
}

/** Microsoft Entra with one tenant, on loopback. */
export interface Entra extends LoopbackServer {
  readonly tenantId: string;
  /** Public keys of the tokens it issues. */
  readonly jwks: JSONWebKeySet;
  /** Adds an application, or puts it in the place of the one with its client id. */
  setApplication(application: EntraApplication): void;
  /** Changes the options from now on; what is left out stays. */
  configure(options: EntraOptions): void;
  /** A token as the token endpoint issues them, for managed identities and for tests. */
  issueToken(owner: EntraApplication, resource: string): Promise<string>;
}

const DEFAULT_LIFETIME_SECONDS = 3599;
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
];
const RESOURCES = [
  DATABRICKS_RESOURCE,
  DEVOPS_RESOURCE,
  'https://management.azure.com',
  'https://management.azure.com/',
  'https://management.core.windows.net/',
];

interface State {
  readonly tenantId: string;
  readonly signer: TokenSigner;
  readonly applications: Map<string, EntraApplication>;
  options: EntraOptions;
}

type Form = ReadonlyMap<string, string>;

function nowOf({ options }: State): number {
  return (options.now ?? Date.now)();
}

function readForm({ headers, body }: Call, isV1: boolean): Form {
  const type = headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(type)) {
    throw new EntraError(
      900144,
      "The request body must contain the following parameter: 'grant_type'.",
    );
  }
  const entries = [...new URLSearchParams(body)];
  const form = new Map(entries);
  const known = isV1 ? [...PARAMETERS, 'resource'] : PARAMETERS;
  const other = [...form.keys()].find((name) => !known.includes(name));
  if (other !== undefined || form.size < entries.length) {
    throw new EntraError(90023, `Unsupported or repeated parameter '${other ?? ''}'.`);
  }
  return form;
}

function requireParameter(form: Form, name: string): string {
  const value = form.get(name);
  if (value) return value;
  throw new EntraError(900144, `The request body must contain the following parameter: '${name}'.`);
}

/** Client id and secret of the Basic header (RFC 6749, 2.3.1), put where a form would have them. */
function withBasic(form: Form, { headers }: Call): Form {
  const [, encoded] = /^Basic (.+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return form;
  const text = Buffer.from(encoded, 'base64').toString();
  const [id = '', secret = ''] = text
    .split(/:(.*)/s)
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  return new Map([...form, ['client_id', id], ['client_secret', secret]]);
}

function checkSecret(secret: string, { clientId, ...application }: EntraApplication): void {
  if (application.secrets?.includes(secret)) return;
  if (application.expiredSecrets?.includes(secret)) {
    throw new EntraError(
      7000222,
      `The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  }
  throw new EntraError(
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
  );
}

async function authenticate(
  form: Form,
  { headers, path }: Call,
  application: EntraApplication,
  state: State,
): Promise<void> {
  const [secret, token] = [form.get('client_secret'), form.get('client_assertion')];
  if (secret && !token) {
    checkSecret(secret, application);
    return;
  }
  if (secret || !token || form.get('client_assertion_type') !== ASSERTION) {
    throw new EntraError(
      7000216,
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    );
  }
  const { certificates = [], federatedCredentials = [], clientId } = application;
  await checkAssertion({
    token,
    clientId,
    endpoints: ['http', 'https'].map((scheme) => `${scheme}://${headers.host}${path}`),
    certificates,
    credentials: federatedCredentials,
    now: nowOf(state),
    hasOldTexts: state.options.hasOldTexts === true,
  });
}

function readResource(form: Form, isV1: boolean): string {
  const text = requireParameter(form, isV1 ? 'resource' : 'scope');
  if (!isV1 && !/^\S+\/\.default$/.test(text)) {
    throw new EntraError(
      1002012,
      `The provided value for scope ${text} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const resource = isV1 ? text : text.replace(/\/\.default$/, '');
  if (RESOURCES.includes(resource)) return resource;
  throw new EntraError(
    500011,
    `The resource principal named ${resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
  );
}

/** A token of version 1, which is what these resources get from both endpoints. */
function issueToken(
  state: State,
  { clientId, objectId = clientId }: EntraApplication,
  resource: string,
): Promise<string> {
  const { tenantId, signer, options } = state;
  const iat = Math.floor(nowOf(state) / 1000);
  return signer.sign({
    aud: resource,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat,
    nbf: iat,
    exp: iat + (options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS),
    appid: clientId,
    idp: `https://sts.windows.net/${tenantId}/`,
    oid: objectId,
    sub: objectId,
    tid: tenantId,
    uti: randomUUID(),
    ver: '1.0',
  });
}

async function answerTokenRequest(call: Call, state: State): Promise<Reply> {
  const [, tenant, version] = /^\/([^/]+)\/oauth2(\/v2\.0)?\/token$/.exec(call.path) ?? [];
  if (call.method !== 'POST' || tenant === undefined) return { status: 404, body: '' };
  if (tenant !== state.tenantId) {
    throw new EntraError(
      90002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    );
  }
  const isV1 = version === undefined;
  const form = withBasic(readForm(call, isV1), call);
  if (requireParameter(form, 'grant_type') !== 'client_credentials') {
    throw new EntraError(
      70003,
      `The app requested an unsupported grant type '${form.get('grant_type')}'.`,
    );
  }
  const clientId = requireParameter(form, 'client_id');
  const application = state.applications.get(clientId);
  if (application === undefined) {
    throw new EntraError(
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    );
  }
  const resource = readResource(form, isV1);
  await authenticate(form, call, application, state);
  if (application.isBlocked) {
    throw new EntraError(
      53003,
      'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
    );
  }
  return grant(state, application, resource, isV1);
}

async function grant(
  state: State,
  application: EntraApplication,
  resource: string,
  isV1: boolean,
): Promise<Reply> {
  const access_token = await issueToken(state, application, resource);
  const life = state.options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS;
  const begin = Math.floor(nowOf(state) / 1000);
  const body = isV1
    ? {
        token_type: 'Bearer',
        expires_in: String(life),
        ext_expires_in: String(life),
        expires_on: String(begin + life),
        not_before: String(begin),
        resource,
        access_token,
      }
    : { token_type: 'Bearer', expires_in: life, ext_expires_in: life, access_token };
  return { status: 200, body };
}

/**
 * Starts an Entra that checks every field of token requests: POST /{tenant}/oauth2/v2.0/token, and v1 without v2.0. Forms and texts of
 * refusals are those that people report; the order of the checks, and refusing unknown parameters, are its own.
 */
export async function startEntra(options: EntraOptions = {}): Promise<Entra> {
  const signer = await createTokenSigner('entra');
  const state: State = { tenantId: randomUUID(), signer, applications: new Map(), options };
  const server = await startLoopbackServer(async (call) => {
    try {
      return await answerTokenRequest(call, state);
    } catch (error) {
      if (error instanceof EntraError) return error.toReply(nowOf(state));
      throw error;
    }
  });
  return {
    ...server,
    tenantId: state.tenantId,
    jwks: signer.jwks,
    setApplication: (application) => void state.applications.set(application.clientId, application),
    configure: (changes) => {
      state.options = { ...state.options, ...changes };
    },
    issueToken: (owner, resource) => issueToken(state, owner, resource),
  };
}
