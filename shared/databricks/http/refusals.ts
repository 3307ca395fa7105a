import type { ApiErrorDetails, Refusal } from '../errors';

interface RefusalRow {
  readonly refusal: Refusal;
  readonly message: RegExp;
}

/**
 * What workspaces say when they let nobody in, as seen in public reports; none of it is documented. Ids and addresses in the
 * middle, and a request id at the end, differ from answer to answer.
 */
const rows: readonly RefusalRow[] = [
  {
    refusal: 'ip-access-list',
    message: /(blocked by|source) .*ip (acl|access)|ip access list|databricks ip acl/i,
  },
  { refusal: 'network-policy', message: /unauthorized network access to workspace/i },
  { refusal: 'no-entitlement', message: /disabled for users without .*entitlement/i },
  {
    refusal: 'expired-token',
    message:
      /ExpiredJwtException|token (is|has) expired|token expired|token is expiring|JWT expired/i,
  },
  { refusal: 'wrong-tenant', message: /expected iss claim to be/i },
  { refusal: 'wrong-audience', message: /expected aud claim to be/i },
  { refusal: 'invalid-token', message: /\binvalid (access )?token\b|\binvalid_token\b/i },
  {
    refusal: 'not-in-workspace',
    message:
      /\buser not authorized|unauthorized access to org\b|principal .*not (in|a member of) (this )?workspace/i,
  },
];

/** Why the workspace refuses, if it says so in known words; undefined for every other failure. */
export function findRefusal(status: number, message: string): Refusal | undefined {
  if (status < 400 || status > 403) return undefined;
  return rows.find((row) => row.message.test(message))?.refusal;
}

/** Whether the place that the request came from is refused, whoever asks and for whatever. */
export function isOfNetwork(refusal: Refusal | undefined): boolean {
  return refusal === 'ip-access-list' || refusal === 'network-policy' || refusal === 'private-link';
}

/**
 * Whether the token itself is refused, so that another one may help. Of the 403 of the service only those that say so: most are
 * about permissions, in which words like "personal access token" mean that of a Git provider. A page, or an empty answer, says
 * nothing about permissions. Some services call an expired token a bad request.
 */
export function isOfToken({
  status,
  errorCode,
  serverMessage,
  refusal,
  isFromService,
}: Pick<
  ApiErrorDetails,
  'status' | 'errorCode' | 'serverMessage' | 'refusal' | 'isFromService'
>): boolean {
  if (status === 401 || refusal === 'expired-token' || refusal === 'invalid-token') return true;
  if (status !== 403 || errorCode === 'PERMISSION_DENIED') return false;
  return !isFromService || /\b(token|jwt|expired)\b/i.test(serverMessage);
}

/** What to do when nothing is known about how the caller signed in. */
export const refusalHints: Readonly<Record<Refusal, string>> = {
  'invalid-token':
    'The token is wrong, expired, revoked, or of another workspace: create a new one in this workspace and update where it comes from.',
  'expired-token':
    'The token has expired: create a new one and update where it comes from, or sign in with a service connection, whose tokens are renewed.',
  'wrong-tenant':
    'The token is of another Microsoft Entra tenant than the workspace. Sign in with an identity of the tenant that the workspace belongs to.',
  'wrong-audience':
    'The token is a Microsoft Entra token, but not one for Azure Databricks: get one for the resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d.',
  'not-in-workspace':
    'The token is good, but its owner is not a user of this workspace. Check the workspace URL, or add the owner to the workspace (Settings, Identity and access).',
  'no-entitlement':
    'The identity is in the workspace, but lacks the entitlement "Workspace access". Give it to the identity or one of its groups (Settings, Identity and access, Entitlements).',
  'ip-access-list':
    'The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.',
  'network-policy':
    'The workspace refuses the network of the agent: public access is switched off, or a network policy does not allow it. Run the job on an agent inside an allowed network, one with a private endpoint of the workspace.',
  'private-link': 'Run the job on an agent inside the network that the workspace allows.',
};
