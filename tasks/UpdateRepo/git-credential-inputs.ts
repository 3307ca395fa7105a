import { detectGitProvider, type GitProvider } from '../../shared/databricks';
import {
  type AzureConnection,
  readAzureConnection,
} from '../../shared/pipeline/connection/azure-connection';
import { checkToken } from '../../shared/pipeline/connection/connection-inputs';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';

/** What the workspace shows the remote when it fetches. */
export type GitCredentialInputs =
  /** What the signed-in identity has in the workspace. */
  | { readonly kind: 'existing' }
  /** A token of Microsoft Entra for Azure DevOps. `azure` throws ConnectionError when the connection cannot be used. */
  | { readonly kind: 'entra'; readonly azure: () => AzureConnection }
  | { readonly kind: 'token'; readonly token: string; readonly userName: string };

const choices = ['existing', 'entra', 'token'] as const;

/** Which Git credential the step wants. */
export function readGitCredentialChoice(input: InputReader): (typeof choices)[number] {
  return input.choice('gitCredential', choices);
}

/** Reads what goes with the choice. Problems are noted in the reader. */
export function readGitCredential(
  input: InputReader,
  host: TaskHost,
  repository: {
    readonly gitUrl: string | undefined;
    readonly gitProvider: GitProvider | undefined;
  },
): GitCredentialInputs {
  const token = input.secret('gitToken').trim();
  const userName = input.text('gitUserName');
  const azure = input.text('azureSubscription');
  if (token !== '') host.setSecret(token);
  switch (readGitCredentialChoice(input)) {
    case 'existing':
      return { kind: 'existing' };
    case 'entra':
      checkEntra(input, repository.gitUrl);
      return { kind: 'entra', azure: () => readAzureConnection(azure, host) };
    case 'token':
      checkGitToken(input, host, token, repository);
      return { kind: 'token', token, userName };
  }
}

function checkEntra(input: InputReader, gitUrl: string | undefined): void {
  if (!input.isGiven('azureSubscription')) {
    const isHidden = input.isHidden('azureSubscription');
    input.problem(
      `Input 'gitCredential' is entra, but 'azureSubscription' is ${isHidden ? "not used with this 'connectionType'; set that to auto" : 'empty'}. Choose the Azure Resource Manager service connection whose identity may read the repository.`,
    );
  }
  if (gitUrl !== undefined && !isInAzureRepos(gitUrl)) input.problem(notAzureRepos(gitUrl));
}

function checkGitToken(
  input: InputReader,
  host: TaskHost,
  token: string,
  { gitUrl, gitProvider }: Parameters<typeof readGitCredential>[2],
): void {
  if (!input.isGiven('gitToken')) {
    input.problem(
      "Input 'gitCredential' is token, but 'gitToken' is empty. Set it to a secret variable with a token that may read the repository.",
    );
  }
  if (!input.isGiven('gitUserName')) {
    input.problem(
      "Input 'gitCredential' is token, but 'gitUserName' is empty. Set it to the user name of the account that the token belongs to (for GitLab, its e-mail address).",
    );
  }
  if (gitUrl !== undefined && gitProvider === undefined) {
    input.problem(
      `Input 'gitCredential' is token, but the host of ${gitUrl} does not tell which Git provider the token is for. Set 'gitProvider'.`,
    );
  }
  checkToken(input, "Input 'gitToken'", token, host);
}

/** Azure DevOps Server, which may have any other name, knows no tokens of Entra. */
export function isInAzureRepos(gitUrl: string): boolean {
  return detectGitProvider(gitUrl) === 'azureDevOpsServices' && gitUrl.startsWith('https:');
}

/** Why a token of Entra is of no use, in a sentence. */
export function notAzureRepos(gitUrl: string): string {
  return `Input 'gitCredential' is entra, which is for repositories of Azure Repos only (dev.azure.com), not for ${gitUrl}. Set it to token or existing.`;
}
