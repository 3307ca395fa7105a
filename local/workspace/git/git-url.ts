import { isAbsolute } from 'node:path';
import { invalidParameter } from '../errors';

/** The Git providers, as answers spell them; requests may use any case. */
export const GIT_PROVIDERS = [
  'gitHub',
  'gitHubEnterprise',
  'bitbucketCloud',
  'bitbucketServer',
  'gitLab',
  'gitLabEnterpriseEdition',
  'azureDevOpsServices',
  'awsCodeCommit',
] as const;

/** Credentials also know Microsoft Entra for Azure DevOps. */
export const CREDENTIAL_PROVIDERS = [...GIT_PROVIDERS, 'azureDevOpsServicesAad'] as const;

/** The provider as answers spell it. Throws ApiError 400 for a missing or unknown one. */
export function parseProvider(
  text: string | undefined,
  name: string,
  providers: readonly string[],
): string {
  const provider = providers.find((known) => known.toLowerCase() === text?.toLowerCase());
  if (provider !== undefined) return provider;
  const got = text ? ` "${text}" is not supported.` : '';
  throw invalidParameter(`${name} must be one of: ${providers.join(', ')}.${got}`);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function checkNetworkUrl(url: URL): void {
  if (url.username !== '' || url.password !== '') {
    throw invalidParameter('The Git repository URL must not contain a user name or password.');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw invalidParameter(`The Git repository URL must use HTTPS: ${url.href}`);
  }
}

/** Checks a URL that can be cloned: https, http on loopback, file, or an absolute local path. Throws ApiError 400. */
export function checkGitUrl(url: string): void {
  if (url === '') throw invalidParameter('Git repository URL missing for project');
  if (isAbsolute(url) && !/\p{Cc}/u.test(url)) return;
  const parsed = URL.canParse(url) && !/[\p{Cc}\s]/u.test(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['https:', 'http:', 'file:'].includes(parsed.protocol)) {
    throw invalidParameter(`The Git repository URL must use HTTPS; SSH is not supported: ${url}`);
  }
  checkNetworkUrl(parsed);
}

/** The name of the repository in a URL: its last segment without .git. */
export function repositoryName(url: string): string {
  const name = /([^/\\]+?)(\.git)?[/\\]*(?:[?#].*)?$/i.exec(url)?.[1] ?? 'repo';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
