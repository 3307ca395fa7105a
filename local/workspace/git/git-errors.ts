import { ApiError } from '../errors';
import type { ProcessResult } from './run-process';

const SETTINGS = 'User Settings > Git Integration';

export function missingGitCredential(): ApiError {
  const message = `Missing Git provider credentials. Go to ${SETTINGS} to add your personal access token.`;
  return new ApiError(403, 'PERMISSION_DENIED', message);
}

export function invalidGitCredential(): ApiError {
  const message = `Invalid Git provider credentials. Go to ${SETTINGS} to ensure that:
1. You have entered a username with your Git provider credentials.
2. You have selected the correct Git provider with your credentials.
3. Your personal access token or app password has the correct repo access.
4. Your personal access token has not expired.
5. If you have SSO enabled with your Git provider, be sure to authorize your token.`;
  return new ApiError(403, 'PERMISSION_DENIED', message);
}

function remoteNotFound(): ApiError {
  const message = `Remote repo not found. Please ensure that:
1. Your remote Git repo URL is valid.
2. Your personal access token or app password has the correct repo access.`;
  return new ApiError(400, 'BAD_REQUEST', message);
}

export function urlNotAllowed(url: string): ApiError {
  const message = `The Git repository URL ${url} is not on the allow list of this workspace. Contact your workspace admin.`;
  return new ApiError(400, 'GIT_URL_NOT_ON_ALLOW_LIST', message);
}

export function unknownRef(kind: 'Branch' | 'Tag', name: string, url: string): ApiError {
  const message = `${kind} "${name}" does not exist in the remote repository ${url}.`;
  return new ApiError(400, 'GIT_UNKNOWN_REF', message);
}

/** `what` says what of the folder is in the way: "uncommitted changes of train.py". */
export function gitConflict(path: string, what: string): ApiError {
  const message = `Cannot update ${path}: ${what} conflict with the remote. Commit and push or discard them, then try again.`;
  return new ApiError(400, 'GIT_CONFLICT', message);
}

/** A git command that failed in a way the API has no own error for. */
export function gitFailure({ stderr, hasTimedOut }: ProcessResult): ApiError {
  if (hasTimedOut) {
    const message = 'The Git operation took too long and was stopped.';
    return new ApiError(400, 'PROJECTS_OPERATION_TIMEOUT', message);
  }
  const reason = stderr.trim().split('\n').slice(-3).join(' ');
  const message = `There was an error performing the operation. Please try again or open a support ticket. ${reason}`;
  return new ApiError(400, 'GIT_REMOTE_ERROR', message);
}

const REFUSED =
  /Authentication failed|could not read (Username|Password)|returned error: 40[13]|Invalid username or password/i;
const NOT_FOUND =
  /does not appear to be a git repository|repository .* (not found|does not exist)|not valid: is this a git repository|Could not resolve host/i;

/** Why a command that talks to the remote failed. */
export function remoteFailure(result: ProcessResult, hasCredential: boolean): ApiError {
  if (REFUSED.test(result.stderr)) {
    return hasCredential ? invalidGitCredential() : missingGitCredential();
  }
  return NOT_FOUND.test(result.stderr) ? remoteNotFound() : gitFailure(result);
}
