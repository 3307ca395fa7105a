import { ApiError } from '../errors';
import type { Identity } from '../http/api-call';
import type { JsonObject } from '../http/json';
import type { Identities } from './identities';
import type { EntraOptions } from './identity-options';
import { hasAudience, verifyJwt } from './verify-jwt';

const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
const MANAGEMENT = ['https://management.core.windows.net', 'https://management.azure.com'].flatMap(
  (audience) => [audience, `${audience}/`],
);
const DEFAULT_MINIMUM_LIFE_SECONDS = 30;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The answer to a token that has ended, in one of the forms that have been seen. */
export function tokenExpired(status: 400 | 401 | 403): ApiError {
  switch (status) {
    case 400:
      return new ApiError(400, 400, 'io.jsonwebtoken.ExpiredJwtException: JWT expired.');
    case 403:
      return new ApiError(403, 403, 'JWT has expired');
    default:
      return new ApiError(401, 'UNAUTHENTICATED', 'Token is expired.');
  }
}

function wrongClaim(name: string, expected: string, actual: unknown): ApiError {
  const text = `Expected ${name} claim to be: ${expected}, but was: ${actual}.`;
  return new ApiError(400, 400, `io.jsonwebtoken.IncorrectClaimException: ${text}`);
}

function issuersOf({ tenantId }: EntraOptions): readonly [string, string] {
  return [
    `https://sts.windows.net/${tenantId}/`,
    `https://login.microsoftonline.com/${tenantId}/v2.0`,
  ];
}

interface TokenRules {
  readonly audiences: readonly string[];
  readonly invalid: ApiError;
}

/** The claims of a token of the tenant. Throws ApiError, with `invalid` for one that Entra has not signed. */
async function checkToken(
  token: string,
  entra: EntraOptions,
  identities: Identities,
  { audiences, invalid }: TokenRules,
): Promise<JsonObject> {
  const { minimumLifeSeconds = DEFAULT_MINIMUM_LIFE_SECONDS } = entra;
  const now = identities.now();
  const verified = await verifyJwt(token, entra, now);
  if (verified === undefined || verified.flaw === 'signature') throw invalid;
  const { claims, flaw } = verified;
  const issuers = issuersOf(entra);
  if (!issuers.some((issuer) => issuer === claims['iss'])) {
    throw wrongClaim('iss', issuers[0], claims['iss']);
  }
  if (!hasAudience(claims, audiences)) {
    throw wrongClaim('aud', audiences[0] ?? '', claims['aud']);
  }
  const isEnding = Number(claims['exp']) * 1000 - now < minimumLifeSeconds * 1000;
  if (flaw === 'expired' || isEnding) throw tokenExpired(identities.settings.expiredStatus);
  if (flaw !== undefined) throw invalid;
  return claims;
}

function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether the headers show that the caller may manage the workspace in Azure. Throws ApiError for headers that are wrong. */
async function isAdmitted(
  applicationId: string,
  headers: Headers,
  entra: EntraOptions,
  identities: Identities,
): Promise<boolean> {
  const token = headerText(headers, 'x-databricks-azure-sp-management-token');
  const resourceId = headerText(headers, 'x-databricks-azure-workspace-resource-id');
  if (resourceId !== undefined && resourceId.toLowerCase() !== entra.resourceId?.toLowerCase()) {
    throw new ApiError(404, 404, `The workspace resource ${resourceId} was not found.`);
  }
  if (token === undefined) return false;
  const invalid = new ApiError(403, 403, 'Invalid management token.');
  const claims = await checkToken(token, entra, identities, { audiences: MANAGEMENT, invalid });
  if (claims['appid'] !== applicationId) throw invalid;
  if (resourceId === undefined) return false;
  if (entra.contributors?.includes(applicationId)) return true;
  throw new ApiError(403, 403, 'User not authorized.');
}

/**
 * Who an Entra token is of; undefined when the workspace trusts no Entra tenant, or it is not a token of Entra. A service principal
 * that manages the workspace in Azure becomes known. Throws ApiError for a token that does not hold, and for a principal that the
 * workspace does not know. That wrong claims are told like this, and "Unauthorized access to Org", has been seen; the order of the
 * checks, and the texts about management tokens and resources, are this workspace's own.
 */
export async function identifyEntraCaller(
  token: string,
  headers: Headers,
  identities: Identities,
  workspaceId: string,
): Promise<Identity | undefined> {
  const { entra } = identities.settings;
  if (entra === null || token.split('.').length !== 3) return undefined;
  const invalid = new ApiError(403, 403, 'Invalid access token.');
  const rules = { audiences: [DATABRICKS], invalid };
  const claims = await checkToken(token, entra, identities, rules);
  const applicationId = String(claims['appid'] ?? claims['azp']);
  const known = identities.findByClaims([applicationId, claims['oid']]);
  const mayManage = await isAdmitted(applicationId, headers, entra, identities);
  if (known === undefined && !mayManage) {
    throw new ApiError(403, 'PERMISSION_DENIED', `Unauthorized access to Org: ${workspaceId}`);
  }
  if (known === undefined) identities.configure({ servicePrincipals: [{ applicationId }] });
  return identities.toIdentity(known?.applicationId ?? applicationId);
}
