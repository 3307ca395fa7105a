import { isJsonObject, type JsonObject } from '../http/json';

/** A remote that asks for credentials. */
export interface ProtectedRemote {
  /** Start of the URLs it means; `*` is any text. */
  readonly match: string;
  /** The token that is right; default: any. */
  readonly token?: string;
}

const CREDENTIAL_LIMITS = ['one', 'one-per-provider', 'several'] as const;

/** How Git folders behave; what is left out keeps its value or default. */
export interface GitOptions {
  /** Starts of URLs that may be cloned, `*` is any text; default: all. */
  readonly allowList?: readonly string[] | null;
  /** Remotes that need a Git credential of the caller; default: none. */
  readonly protectedRemotes?: readonly ProtectedRemote[];
  /** Where git finds a URL instead, by URL (or start of one): stands in for remotes on the network. */
  readonly mirrors?: Readonly<Record<string, string>>;
  /** How long each operation on a remote waits before it begins; default 0. */
  readonly delayMs?: number;
  /** How long one git command may take; default 10 minutes. */
  readonly timeLimitMs?: number;
  /** Whether a failed clone leaves the empty Git folder behind, as the service can; default false. */
  readonly keepFailedClones?: boolean;
  /** How many Git credentials a caller may have; default: one for each provider, as service principals. */
  readonly credentials?: (typeof CREDENTIAL_LIMITS)[number];
}

export type GitSettings = Required<GitOptions>;

export const defaultGitSettings: GitSettings = {
  allowList: null,
  protectedRemotes: [],
  mirrors: {},
  delayMs: 0,
  timeLimitMs: 600_000,
  keepFailedClones: false,
  credentials: 'one-per-provider',
};

const DAY_MS = 24 * 3_600_000;

const isText = (value: unknown): boolean => typeof value === 'string';
const isDuration = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= DAY_MS;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

function isProtectedRemote(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { match, token, ...rest } = value;
  return isText(match) && (token === undefined || isText(token)) && Object.keys(rest).length === 0;
}

const checks: Readonly<Record<keyof GitOptions, readonly [(value: unknown) => boolean, string]>> = {
  allowList: [(value) => value === null || isTexts(value), 'a list of URLs or null'],
  protectedRemotes: [
    (value) => Array.isArray(value) && value.every(isProtectedRemote),
    'a list of {match, token?}',
  ],
  mirrors: [(value) => isJsonObject(value) && isTexts(Object.values(value)), 'URLs by URL'],
  delayMs: [isDuration, 'milliseconds'],
  timeLimitMs: [isDuration, 'milliseconds'],
  keepFailedClones: [(value) => typeof value === 'boolean', 'true or false'],
  credentials: [
    (value) => CREDENTIAL_LIMITS.some((limit) => limit === value),
    `one of ${CREDENTIAL_LIMITS.join(', ')}`,
  ],
};

function checkMembers(options: JsonObject): asserts options is JsonObject & GitOptions {
  for (const [name, value] of Object.entries(options)) {
    const [isValid, expected] = checks[name as keyof GitOptions] ?? [];
    if (isValid === undefined) {
      throw new Error(`Unknown git option "${name}". There are ${Object.keys(checks).join(', ')}.`);
    }
    if (!isValid(value)) throw new Error(`Git option "${name}" must be ${expected}.`);
  }
}

/** Reads git options from JSON. Throws Error that names what is wrong. */
export function parseGitOptions(value: unknown): GitOptions {
  if (!isJsonObject(value)) throw new Error('Git options must be an object.');
  checkMembers(value);
  return value;
}

/** Whether a URL starts with a pattern, in which `*` is any text. */
export function matchesUrl(pattern: string, url: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}`, 'i').test(url);
}
