import { isJsonObject, type JsonObject } from '../http/json';
import type { KeySource } from './verify-jwt';

/** ID tokens that a service principal may exchange: compared exactly. */
export interface FederationPolicy extends KeySource {
  readonly issuer: string;
  /** The token names at least one of them. */
  readonly audiences: readonly string[];
  readonly subject: string;
  /** The claim that holds the subject; default `sub`. */
  readonly subjectClaim?: string;
}

/** A service principal that the workspace knows. */
export interface ServicePrincipalOptions {
  /** Its client id; SCIM Me tells it as the user name. */
  readonly applicationId: string;
  /** Object id in Entra, where it has one. */
  readonly objectId?: string;
  readonly secrets?: readonly string[];
  readonly policies?: readonly FederationPolicy[];
}

/** The Entra tenant whose tokens the workspace accepts. */
export interface EntraOptions extends KeySource {
  readonly tenantId: string;
  /** Resource id of the workspace in Azure, for the headers that admit unknown service principals. */
  readonly resourceId?: string;
  /** Client ids that are Contributor or Owner of that resource. */
  readonly contributors?: readonly string[];
  /** A token that ends sooner is refused as expired, in seconds; default 30. */
  readonly minimumLifeSeconds?: number;
}

/** Who may sign in and how long it holds; what is left out keeps its value or default. */
export interface IdentityOptions {
  /** Added, or put in the place of those with the same application id. */
  readonly servicePrincipals?: readonly ServicePrincipalOptions[];
  /** Application ids that the workspace forgets, before servicePrincipals are added. */
  readonly removed?: readonly string[];
  /** Life of the tokens that the workspace issues from now on; default 3600. */
  readonly tokenLifetimeSeconds?: number;
  /** Seconds that the workspace's clock for tokens is ahead; default 0. */
  readonly clockOffsetSeconds?: number;
  /** Status and form of the answer to an expired token; all three have been seen; default 401. */
  readonly expiredStatus?: 400 | 401 | 403;
  /** `expires_in` as a text; default false. */
  readonly expiresInAsText?: boolean;
  /** Default null: no Entra token is accepted but those of addToken. */
  readonly entra?: EntraOptions | null;
}

type Check = readonly [(value: unknown) => boolean, string];
type Checks = Readonly<Record<string, Check>>;

const LOOPBACK = /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?\//;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isSeconds = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Math.abs(Number(value)) <= 10 * 365 * 86_400;
const isLife = (value: unknown): boolean => isSeconds(value) && Number(value) >= 0;

const keyChecks: Checks = {
  jwks: [(value) => isJsonObject(value) && Array.isArray(value['keys']), 'a JSON Web Key Set'],
  jwksUri: [(value) => LOOPBACK.test(String(value)), 'an http address of this machine'],
};

const policyChecks: Checks = {
  ...keyChecks,
  issuer: [isText, 'a text'],
  audiences: [(value) => isTexts(value) && Array.from(value as []).length > 0, 'a list of texts'],
  subject: [isText, 'a text'],
  subjectClaim: [isText, 'a text'],
};

const principalChecks: Checks = {
  applicationId: [isText, 'a text'],
  objectId: [isText, 'a text'],
  secrets: [isTexts, 'a list of texts'],
  policies: [Array.isArray, 'a list'],
};

const entraChecks: Checks = {
  ...keyChecks,
  tenantId: [isText, 'a text'],
  resourceId: [
    (value) =>
      /^\/subscriptions\/.+\/Microsoft\.Databricks\/workspaces\/[^/]+$/i.test(String(value)),
    '/subscriptions/…/providers/Microsoft.Databricks/workspaces/<name>',
  ],
  contributors: [isTexts, 'a list of texts'],
  minimumLifeSeconds: [isLife, 'seconds'],
};

const optionChecks: Checks = {
  servicePrincipals: [Array.isArray, 'a list'],
  removed: [isTexts, 'a list of texts'],
  tokenLifetimeSeconds: [isLife, 'seconds'],
  clockOffsetSeconds: [isSeconds, 'seconds'],
  expiredStatus: [(value) => [400, 401, 403].includes(Number(value)), '400, 401 or 403'],
  expiresInAsText: [(value) => typeof value === 'boolean', 'true or false'],
  entra: [(value) => value === null || isJsonObject(value), 'an object or null'],
};

function check(value: unknown, what: string, checks: Checks, required: readonly string[]): void {
  if (!isJsonObject(value)) throw new Error(`${what} must be an object.`);
  for (const [name, member] of Object.entries(value)) {
    const [isValid, expected] = checks[name] ?? [];
    if (isValid === undefined) {
      throw new Error(`${what}: unknown "${name}". There are ${Object.keys(checks).join(', ')}.`);
    }
    if (!isValid(member)) throw new Error(`${what}: "${name}" must be ${expected}.`);
  }
  const missing = required.find((name) => value[name] === undefined);
  if (missing !== undefined) throw new Error(`${what}: "${missing}" is missing.`);
}

function checkKeys({ jwks, jwksUri }: JsonObject, what: string): void {
  if ((jwks === undefined) !== (jwksUri === undefined)) return;
  throw new Error(`${what}: give either "jwks" or "jwksUri".`);
}

function checkPrincipal(value: unknown): void {
  check(value, 'A service principal', principalChecks, ['applicationId']);
  for (const policy of (value as ServicePrincipalOptions).policies ?? []) {
    check(policy, 'A federation policy', policyChecks, ['issuer', 'audiences', 'subject']);
    checkKeys({ ...policy }, 'A federation policy');
  }
}

/** Reads identity options from JSON. Throws Error that names what is wrong. */
export function parseIdentityOptions(value: unknown): IdentityOptions {
  check(value, 'The identity options', optionChecks, []);
  const options = value as IdentityOptions;
  options.servicePrincipals?.forEach(checkPrincipal);
  if (options.entra) {
    check(options.entra, 'Option "entra"', entraChecks, ['tenantId']);
    checkKeys({ ...options.entra }, 'Option "entra"');
  }
  return options;
}
