import { ApiError } from './errors';
import type { GitRef } from './repos';

/** What to do when Databricks may not read the remote. */
export const credentialHint =
  "Databricks itself fetches from the remote, with the Git credential of the signed-in identity: create or renew it in the workspace (Settings, Linked accounts, or POST /api/2.0/git-credentials when signed in as the service principal), and check that it may read the repository. Or set 'gitCredential' to entra or token: then the step brings one along.";

/** What workspaces before GIT_CONFLICT answered with; their words have to tell the rest. */
const olderConflictCodes: readonly (string | undefined)[] = [
  'BAD_REQUEST',
  'INVALID_STATE',
  undefined,
];

/** As words of their own: names of branches, folders and repositories may contain them too. */
const conflictWords =
  /(?<![\w/.-])(conflicts?|conflicting (files|changes)|uncommitted|local changes)(?![\w/-])/i;

/**
 * True when uncommitted or conflicting changes in the folder are in the way of an update. Callers throw work away on it, so
 * whatever is not surely that is not a conflict: a missing branch, a refusal, another operation at the same time.
 */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { errorCode, serverMessage, isFromService } = error.details;
  if (errorCode === 'GIT_CONFLICT') return true;
  const isOlderForm =
    error.status === 400 && isFromService && olderConflictCodes.includes(errorCode);
  return (
    isOlderForm && conflictWords.test(serverMessage) && !/not (exist|found)/i.test(serverMessage)
  );
}

/** Why the remote does not let the workspace read a repository. */
export type GitAccessProblem = 'missing' | 'ambiguous' | 'refused' | 'not-found';

const accessProblems: readonly (readonly [RegExp, GitAccessProblem])[] = [
  [/Missing Git provider credentials|Git credential .*does not exist/i, 'missing'],
  [/GIT_CLI_CANNOT_CHOOSE_CREDENTIAL/i, 'ambiguous'],
  [/Invalid Git provider credentials|Azure Active Directory credentials/i, 'refused'],
  [/Remote repo not found/i, 'not-found'],
];

/** Tells the failures of Git folders that a Git credential causes; undefined for any other. */
export function findGitAccessProblem(error: unknown): GitAccessProblem | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { errorCode = '', serverMessage } = error.details;
  const text = `${errorCode} ${serverMessage}`;
  return accessProblems.find(([pattern]) => pattern.test(text))?.[1];
}

interface GitHint {
  readonly matches: RegExp;
  readonly hint: string;
}

/** What to do for the failures that Git folders are known for; matched on error code and message together. */
const gitHints: readonly GitHint[] = [
  { matches: /Missing Git provider credentials/i, hint: credentialHint },
  { matches: /Invalid Git provider credentials/i, hint: credentialHint },
  {
    matches: /GIT_CLI_CANNOT_CHOOSE_CREDENTIAL/i,
    hint: "The signed-in identity has several Git credentials for this provider and none is its default: make one the default in the workspace (Settings, Linked accounts), or set 'gitCredential' to entra or token.",
  },
  {
    matches: /Azure Active Directory credentials/i,
    hint: 'The Microsoft Entra credential of the signed-in identity is not accepted by the Git provider: create a Git credential of its own for this identity in the workspace.',
  },
  {
    matches: /Remote repo not found/i,
    hint: "Check 'gitUrl', and that the Git credential of the signed-in identity may read the repository; in Azure DevOps its owner needs a licence (Basic) and access to the project.",
  },
  {
    matches: /Git repository URL missing/i,
    hint: "Set 'gitUrl' to the https address of the repository.",
  },
  {
    matches: /GIT_URL_NOT_ON_ALLOW_LIST|allow.?list/i,
    hint: 'An administrator of the workspace must add the address of the repository to the Git URL allow list (Settings, Development, Git folders).',
  },
  {
    matches: /GIT_SENSITIVE_TOKEN_DETECTED/i,
    hint: 'The repository contains a token: remove it from the repository.',
  },
  {
    matches: /already exists/i,
    hint: 'Another object has this path, or somebody created it at the same moment: run the step again, or choose another path.',
  },
  {
    matches: /Parent directory .* does not exist/i,
    hint: 'The parent folder was removed in the meantime: run the step again.',
  },
  {
    matches: /PROJECTS_OPERATION_TIMEOUT|DEADLINE_EXCEEDED|Timed out/i,
    hint: "The repository is too large to be fetched in ten minutes: use 'sparseCheckoutPatterns', or a smaller repository.",
  },
  {
    matches: /sparse/i,
    hint: "A sparse checkout can be set up only when a Git folder is created: clear 'sparseCheckoutPatterns', or use a new Git folder.",
  },
  {
    matches:
      /(invalid|unsupported|unknown) (git )?provider|provider\b.*(invalid|not supported|unknown)/i,
    hint: "Set 'gitProvider' to the one that hosts the repository.",
  },
  {
    matches: /Failed to clone repo|error performing the operation|GIT_REMOTE_ERROR/i,
    hint: 'The Git provider or the storage of the workspace failed: run the step again; if it stays so, look at the status pages of both.',
  },
];

/** The error with the hint for Git folders instead of the general one; `ref` when a Git folder is brought to it. */
export function withGitHint(error: unknown, ref: GitRef | undefined): unknown {
  if (!(error instanceof ApiError)) return error;
  const { errorCode = '', serverMessage } = error.details;
  const text = `${errorCode} ${serverMessage}`;
  const known = gitHints.find(({ matches }) => matches.test(text))?.hint;
  const hint = known ?? (ref && unknownRefHint(error, ref, text));
  if (hint === undefined) return error;
  return new ApiError(error.message, error.details, { hint, cause: error });
}

function unknownRefHint(error: ApiError, ref: GitRef, text: string): string | undefined {
  if (isConflict(error)) return undefined;
  if (/GIT_UNKNOWN_REF|\b(branch|tag|reference|ref)\b.*(not exist|not found|unknown)/i.test(text)) {
    return `Push the ${ref.kind} first, or name one that exists on the remote.`;
  }
  return error.kind === 'not-found'
    ? 'Somebody has deleted the Git folder in the meantime, or the identity may not see it any more: run the step again.'
    : undefined;
}
