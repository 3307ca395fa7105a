import { type ApiCall, type Identity, RawAnswer } from '../http/api-call';
import { type JsonObject, toJson } from '../http/json';
import { LOGIN_PAGE } from '../login-page';
import { servicePrincipal } from '../state/access-tokens';
import type { WorkspaceState } from '../state/workspace-state';

const TOKEN_LIFETIME_SECONDS = 3600;
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TENANT_ID = '00000000-0000-4000-8000-000000000002';
const FEDERATED_CLIENT_ID = '00000000-0000-4000-8000-000000000001';

/** GET /api/2.0/preview/scim/v2/Me: who the token belongs to; the header carries the workspace id. */
export function getMe({ identity }: ApiCall, { workspaceId }: WorkspaceState): RawAnswer {
  const isUser = identity.kind === 'user';
  const me = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: identity.id,
    userName: identity.userName,
    displayName: identity.displayName,
    active: true,
    emails: isUser ? [{ type: 'work', value: identity.userName, primary: true }] : undefined,
    groups: [{ display: 'users', type: 'direct', value: '3001', $ref: 'Groups/3001' }],
    entitlements: [{ value: 'workspace-access' }],
  };
  const headers = {
    'content-type': 'application/scim+json',
    'x-databricks-org-id': workspaceId,
  };
  return new RawAnswer(200, headers, toJson(me));
}

/** GET /.well-known/databricks-config */
export function getHostConfig(_call: ApiCall, state: WorkspaceState): JsonObject {
  return {
    oidc_endpoint: `${state.url()}/oidc`,
    workspace_id: state.workspaceId,
    cloud: 'Azure',
    host_type: 'workspace',
  };
}

/** GET /oidc/.well-known/oauth-authorization-server */
export function getOauthMetadata(_call: ApiCall, state: WorkspaceState): JsonObject {
  const issuer = `${state.url()}/oidc`;
  return {
    issuer,
    authorization_endpoint: `${issuer}/v1/authorize`,
    token_endpoint: `${issuer}/v1/token`,
    grant_types_supported: ['client_credentials', 'authorization_code', TOKEN_EXCHANGE],
    scopes_supported: ['all-apis', 'offline_access', 'openid'],
    response_types_supported: ['code'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  };
}

function oauthError(status: number, error: string, description: string): RawAnswer {
  const body = toJson({ error, error_description: description });
  return new RawAnswer(status, { 'content-type': 'application/json' }, body);
}

function decodeFormText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

interface ClientCredentials {
  readonly clientId: string | undefined;
  readonly secret: string | undefined;
}

/** Client id and secret, from Basic (form-encoded as OAuth wants it) or from the form. */
function readClient(call: ApiCall, form: URLSearchParams): ClientCredentials {
  const [, encoded] = /^Basic (.+)$/i.exec(String(call.headers['authorization'] ?? '')) ?? [];
  if (encoded === undefined) {
    return {
      clientId: form.get('client_id') ?? undefined,
      secret: form.get('client_secret') ?? undefined,
    };
  }
  const [clientId, ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  return {
    clientId: clientId && decodeFormText(clientId),
    secret: decodeFormText(secret.join(':')),
  };
}

/** The claims of a JWT whose signature is not looked at; undefined when it is none or has expired. */
function readClaims(token: string | null, now: number): JsonObject | undefined {
  try {
    const [, payload, signature] = (token ?? '').split('.');
    if (payload === undefined || signature === undefined) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const hasExpired = typeof claims.exp === 'number' && claims.exp * 1000 <= now;
    return hasExpired ? undefined : claims;
  } catch {
    return undefined;
  }
}

function grant(identity: Identity, state: WorkspaceState): JsonObject {
  return {
    access_token: state.tokens.issue(identity, TOKEN_LIFETIME_SECONDS * 1000),
    token_type: 'Bearer',
    expires_in: TOKEN_LIFETIME_SECONDS,
    scope: 'all-apis',
  };
}

/** POST /oidc/v1/token: client credentials of the workspace's service principal, or the exchange of an ID token. */
export function issueToken(call: ApiCall, state: WorkspaceState): JsonObject | RawAnswer {
  const form = new URLSearchParams(call.body.toString('utf8'));
  const { clientId, secret } = readClient(call, form);
  switch (form.get('grant_type')) {
    case 'client_credentials':
      if (!clientId || secret !== state.clientSecret) {
        return oauthError(401, 'invalid_client', 'Client authentication failed');
      }
      return grant(servicePrincipal(clientId), state);
    case TOKEN_EXCHANGE:
      if (readClaims(form.get('subject_token'), state.now()) === undefined) {
        return oauthError(400, 'invalid_grant', 'The subject token is not valid or has expired');
      }
      return grant(servicePrincipal(clientId || FEDERATED_CLIENT_ID), state);
    default:
      return oauthError(400, 'unsupported_grant_type', 'The grant type is not supported');
  }
}

/** GET /aad/auth: where users sign in; clients read the tenant from the address. */
export function redirectToEntra(): RawAnswer {
  const location = `https://login.microsoftonline.com/${TENANT_ID}/oauth2/authorize?response_type=code`;
  return new RawAnswer(302, { location }, '');
}

/** GET /login.html */
export function showLoginPage(): RawAnswer {
  return new RawAnswer(200, { 'content-type': 'text/html; charset=utf-8' }, LOGIN_PAGE);
}

/** GET /?o=… : a page for people who follow a run page URL. */
export function showPage(_call: ApiCall, { workspaceId }: WorkspaceState): RawAnswer {
  const page = `<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Local Databricks workspace</title></head>
<body><h1>Local Databricks workspace ${workspaceId}</h1>
<p>There is no user interface here. Ask the REST API, for example
<code>GET /api/2.1/jobs/runs/get?run_id=…</code>.</p></body></html>
`;
  return new RawAnswer(200, { 'content-type': 'text/html; charset=utf-8' }, page);
}
