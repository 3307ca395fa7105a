import { type ApiCall, type Identity, RawAnswer } from '../http/api-call';
import { type JsonObject, toJson } from '../http/json';
import type { FederationPolicy } from '../identity/identity-options';
import { hasAudience, readClaims, verifyJwt } from '../identity/verify-jwt';
import type { WorkspaceState } from '../state/workspace-state';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const SCOPE = 'all-apis';

/** A refusal of the token endpoint, as OAuth has it (RFC 6749, 5.2). */
class OauthError extends Error {
  override readonly name = 'OauthError';
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }

  toAnswer(): RawAnswer {
    const body = toJson({ error: this.error, error_description: this.message });
    return new RawAnswer(this.status, { 'content-type': 'application/json' }, body);
  }
}

function invalidRequest(description: string): OauthError {
  return new OauthError(400, 'invalid_request', description);
}

function invalidGrant(description: string): OauthError {
  return new OauthError(400, 'invalid_grant', description);
}

/** The same for an unknown client, a wrong secret, and no secret at all. */
function invalidClient(): OauthError {
  return new OauthError(401, 'invalid_client', 'Client authentication failed');
}

/** GET /oidc/.well-known/oauth-authorization-server */
export function getOauthMetadata(_call: ApiCall, state: WorkspaceState): JsonObject {
  const issuer = `${state.url()}/oidc`;
  return {
    issuer,
    authorization_endpoint: `${issuer}/v1/authorize`,
    token_endpoint: `${issuer}/v1/token`,
    grant_types_supported: ['client_credentials', 'authorization_code', TOKEN_EXCHANGE],
    scopes_supported: [SCOPE, 'offline_access', 'openid'],
    response_types_supported: ['code'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  };
}

/** The members of a form; none may come twice. */
function readForm({ headers, body }: ApiCall): ReadonlyMap<string, string> {
  const [type] = String(headers['content-type'] ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw invalidRequest('The body must be application/x-www-form-urlencoded');
  }
  const entries = [...new URLSearchParams(body.toString('utf8'))];
  const form = new Map(entries);
  if (form.size < entries.length) throw invalidRequest('A parameter is given more than once');
  return form;
}

function allowOnly(form: ReadonlyMap<string, string>, names: readonly string[]): void {
  const other = [...form.keys()].find((name) => !names.includes(name));
  if (other !== undefined) throw invalidRequest(`Parameter ${other} is not expected`);
}

function checkScope(form: ReadonlyMap<string, string>): void {
  if (form.get('scope') === SCOPE) return;
  throw new OauthError(400, 'invalid_scope', `The scope must be ${SCOPE}`);
}

function decodeFormText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

interface ClientCredentials {
  readonly clientId: string;
  readonly secret: string;
}

/** Client id and secret, from Basic (form-encoded as OAuth wants it) or from the form, but not from both. */
function readClient(call: ApiCall, form: ReadonlyMap<string, string>): ClientCredentials {
  const authorization = String(call.headers['authorization'] ?? '');
  const inForm = { clientId: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' };
  if (authorization === '') return inForm;
  const [, encoded = ''] = /^Basic (.+)$/i.exec(authorization) ?? [];
  const [clientId = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  const client = {
    clientId: decodeFormText(clientId),
    secret: decodeFormText(secret.join(':')),
  };
  if (form.has('client_secret') || !['', client.clientId].includes(inForm.clientId)) {
    throw invalidRequest('Client credentials are given twice');
  }
  return client;
}

function signInWithSecret(
  call: ApiCall,
  form: ReadonlyMap<string, string>,
  { identities }: WorkspaceState,
): Identity {
  allowOnly(form, ['grant_type', 'scope', 'client_id', 'client_secret']);
  const { clientId, secret } = readClient(call, form);
  const principal = identities.find(clientId);
  if (principal === undefined || !principal.secrets?.includes(secret)) throw invalidClient();
  checkScope(form);
  return identities.toIdentity(principal.applicationId);
}

function isMeant(
  { subjectClaim = 'sub', ...policy }: FederationPolicy,
  claims: JsonObject,
): boolean {
  const { issuer, subject, audiences } = policy;
  return (
    claims['iss'] === issuer && claims[subjectClaim] === subject && hasAudience(claims, audiences)
  );
}

const FLAWS = {
  signature: 'The signature of the subject token is not valid',
  expired: 'The subject token has expired',
  'not-yet-valid': 'The subject token is not valid yet',
};

async function checkSubjectToken(
  token: string,
  policies: readonly FederationPolicy[],
  now: number,
): Promise<void> {
  const claims = readClaims(token);
  if (claims === undefined) throw invalidRequest('The subject token is not a JWT');
  const policy = policies.find((candidate) => isMeant(candidate, claims));
  if (policy === undefined) {
    throw invalidGrant('No federation policy of the service principal matches the subject token');
  }
  const verified = await verifyJwt(token, policy, now);
  if (verified?.flaw !== undefined) throw invalidGrant(FLAWS[verified.flaw]);
}

async function exchangeIdToken(
  call: ApiCall,
  form: ReadonlyMap<string, string>,
  { identities }: WorkspaceState,
): Promise<Identity> {
  allowOnly(form, ['grant_type', 'scope', 'client_id', 'subject_token', 'subject_token_type']);
  if (call.headers['authorization'] !== undefined) {
    throw invalidRequest('A token exchange takes no client credentials');
  }
  for (const name of ['client_id', 'subject_token', 'subject_token_type']) {
    if (!form.get(name)) throw invalidRequest(`Parameter ${name} is missing`);
  }
  if (form.get('subject_token_type') !== JWT) {
    throw invalidRequest(`The subject_token_type must be ${JWT}`);
  }
  checkScope(form);
  const principal = identities.find(form.get('client_id') ?? '');
  if (principal === undefined) throw invalidClient();
  const { policies = [] } = principal;
  await checkSubjectToken(form.get('subject_token') ?? '', policies, identities.now());
  return identities.toIdentity(principal.applicationId);
}

async function signIn(call: ApiCall, state: WorkspaceState): Promise<Identity> {
  const form = readForm(call);
  switch (form.get('grant_type')) {
    case 'client_credentials':
      return signInWithSecret(call, form, state);
    case TOKEN_EXCHANGE:
      return exchangeIdToken(call, form, state);
    default:
      throw new OauthError(400, 'unsupported_grant_type', 'The grant type is not supported');
  }
}

/**
 * POST /oidc/v1/token: client credentials of a service principal, or the exchange of an ID token (RFC 8693). The texts of
 * refusals, which error goes with which failure, and that unknown parameters are refused, are this workspace's own.
 */
export async function issueToken(
  call: ApiCall,
  state: WorkspaceState,
): Promise<JsonObject | RawAnswer> {
  try {
    const identity = await signIn(call, state);
    const { tokenLifetimeSeconds, expiresInAsText } = state.identities.settings;
    return {
      access_token: state.tokens.issue(identity, tokenLifetimeSeconds * 1000),
      token_type: 'Bearer',
      expires_in: expiresInAsText ? String(tokenLifetimeSeconds) : tokenLifetimeSeconds,
      scope: SCOPE,
    };
  } catch (error: unknown) {
    if (error instanceof OauthError) return error.toAnswer();
    throw error;
  }
}
