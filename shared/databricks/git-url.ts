import { ExpectedError } from './errors';
import { isLoopback } from './http/host';

/** Git providers of the Repos API, as it spells them. */
export const gitProviders = [
  'gitHub',
  'gitHubEnterprise',
  'bitbucketCloud',
  'bitbucketServer',
  'gitLab',
  'gitLabEnterpriseEdition',
  'azureDevOpsServices',
  'awsCodeCommit',
] as const;

export type GitProvider = (typeof gitProviders)[number];

/** The address of a repository cannot be used by a Git folder. */
export class InvalidGitUrlError extends ExpectedError {
  override readonly name = 'InvalidGitUrlError';
}

/**
 * The address as a Git folder takes it: https, without user info. An SSH address is refused with its https form in the
 * message. Loopback and file addresses are accepted for workspaces on this machine. Throws InvalidGitUrlError.
 */
export function parseGitUrl(text: string): string {
  const trimmed = text.trim();
  const ssh = httpsFormOfSsh(trimmed);
  if (ssh !== undefined) {
    throw new InvalidGitUrlError(
      `"${withoutSecrets(trimmed)}" is an SSH address, which Git folders cannot use. Use ${ssh === '' ? 'the https address' : ssh}.`,
    );
  }
  const url = tryUrl(trimmed);
  if (!url || !isUsable(url)) {
    throw new InvalidGitUrlError(
      `"${withoutSecrets(trimmed)}" is not the https address of a repository, e.g. https://dev.azure.com/org/project/_git/repo.`,
    );
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  url.search = '';
  return url.protocol === 'file:' ? trimmed : url.href.replace(/\/+$/, '');
}

/** What stands before an `@` may be a token or a password, however broken the rest is; the user name of SSH is none. */
function withoutSecrets(text: string): string {
  if (/^(ssh:\/\/)?[\w.-]+@[^@]*$/i.test(text)) return text;
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/** The address without the user info that it may carry. */
export function withoutUserInfo(gitUrl: string): string {
  return gitUrl.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** An @ behind the host is the end of a password with a slash in it. */
function isUsable(url: URL): boolean {
  return isLocal(url) || (url.protocol === 'https:' && !url.pathname.includes('@'));
}

/** True for a repository that only programs on this machine can read. */
export function isLocalGitUrl(gitUrl: string): boolean {
  const url = tryUrl(gitUrl);
  return url !== undefined && isLocal(url);
}

function isLocal(url: URL): boolean {
  return url.protocol === 'file:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** Undefined when the text is no SSH address; empty when its https form is not known. */
function httpsFormOfSsh(text: string): string | undefined {
  const match = /^(?:ssh:\/\/(?:[^/]*@)?([^@/:]+)(?::\d+)?\/|[^\s/]+@([^@:/\s]+):)([^@]*)$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, schemeHost, scpHost, path = ''] = match;
  const host = (schemeHost ?? scpHost ?? '').toLowerCase();
  if (host === 'ssh.dev.azure.com' || host === 'vs-ssh.visualstudio.com') {
    const [, org, project, repo] = /^v3\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    return org === undefined ? '' : `https://dev.azure.com/${org}/${project}/_git/${repo}`;
  }
  return `https://${host}/${path.replace('/_ssh/', '/_git/')}`;
}

/** The provider that the host tells; undefined for a server of one's own, whose kind the host does not tell. */
export function detectGitProvider(gitUrl: string): GitProvider | undefined {
  const host = tryUrl(gitUrl)?.hostname.toLowerCase() ?? '';
  if (host === 'github.com') return 'gitHub';
  if (host === 'gitlab.com') return 'gitLab';
  if (host === 'bitbucket.org') return 'bitbucketCloud';
  if (host === 'dev.azure.com' || host.endsWith('.visualstudio.com')) return 'azureDevOpsServices';
  if (/^git-codecommit\.[^.]+\.amazonaws\.com$/.test(host)) return 'awsCodeCommit';
  return undefined;
}

/**
 * True when two addresses mean the same repository: user info, `.git`, case and a slash at the end do not count, and
 * organisation.visualstudio.com equals dev.azure.com/organisation.
 */
export function isSameRepository(a: string, b: string): boolean {
  return comparable(a) === comparable(b);
}

function comparable(gitUrl: string): string {
  const plain = safeDecode(withoutUserInfo(gitUrl.trim()))
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const old = /^https:\/\/([^./]+)\.visualstudio\.com\/(?:defaultcollection\/)?(.*)$/.exec(plain);
  const modern = old ? `https://dev.azure.com/${old[1]}/${old[2]}` : plain;
  // A repository named like its project may leave the project out.
  return modern.replace(/^(https:\/\/dev\.azure\.com\/[^/]+)\/_git\/([^/]+)$/, '$1/$2/_git/$2');
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
