import { invalidParameter } from '../errors';
import type { Ref } from '../git/git-checkout';
import { checkGitUrl, GIT_PROVIDERS, parseProvider, repositoryName } from '../git/git-url';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readBoolean, readId, readObject, readString } from '../http/params';
import { wireId } from '../state/ids';
import { parseWorkspacePath } from '../state/paths';
import type { GitFolder } from '../state/tree';
import type { WorkspaceState } from '../state/workspace-state';
import { cutPage } from './paging';

const PAGE = 20;

/** The id at the end of the URL. Throws ApiError 400. */
export function pathId(call: ApiCall): string {
  const id = readId(
    {
      id: call.path
        .split('/')
        .filter((part) => part !== '')
        .at(-1),
    },
    'id',
  );
  if (id === undefined) throw invalidParameter('Missing required field: id');
  return id;
}

/** What get-status shows as git_info. */
export async function toGitInfo(folder: GitFolder, { git }: WorkspaceState): Promise<JsonObject> {
  const { branch, commit } = await git.readHead(folder);
  return {
    id: wireId(folder.id),
    path: folder.key,
    url: folder.git.url,
    provider: folder.git.provider,
    branch,
    head_commit_id: commit,
  };
}

async function toRepo(folder: GitFolder, state: WorkspaceState): Promise<JsonObject> {
  const { sparsePatterns } = folder.git;
  const sparse = sparsePatterns && { sparse_checkout: { patterns: sparsePatterns } };
  return { ...(await toGitInfo(folder, state)), ...sparse };
}

/** The directories of sparse_checkout; undefined when it is not asked for. Throws ApiError 400. */
function readSparsePatterns(params: JsonObject): readonly string[] | undefined {
  const patterns = readObject(params, 'sparse_checkout')?.['patterns'];
  if (params['sparse_checkout'] === undefined || params['sparse_checkout'] === null) {
    return undefined;
  }
  const isList = Array.isArray(patterns) && patterns.length > 0;
  if (
    !isList ||
    !patterns.every((one) => typeof one === 'string' && /^[^\n"\\*?[\]!]+$/.test(one))
  ) {
    throw invalidParameter(
      'sparse_checkout.patterns must be a list of directories, such as ["notebooks/train"].',
    );
  }
  return patterns;
}

/** POST /api/2.0/repos: clones, and answers when that is done. */
export async function createRepo(call: ApiCall, state: WorkspaceState): Promise<JsonObject> {
  const { params, identity } = call;
  const url = readString(params, 'url')?.trim() ?? '';
  checkGitUrl(url);
  const provider = parseProvider(readString(params, 'provider'), 'provider', GIT_PROVIDERS);
  const path = readString(params, 'path') || `/Repos/${identity.userName}/${repositoryName(url)}`;
  const folder = await state.git.create({
    path: parseWorkspacePath(path),
    url,
    provider,
    sparsePatterns: readSparsePatterns(params),
    owner: identity.userName,
    credentialId: readId(params, 'git_credential_id'),
  });
  return toRepo(folder, state);
}

/** GET /api/2.0/repos: at most 20 a page; without a prefix only what is below /Repos. */
export async function listRepos({ params }: ApiCall, state: WorkspaceState): Promise<JsonObject> {
  const { key } = parseWorkspacePath(readString(params, 'path_prefix') || '/');
  const prefix = key === '/' ? '/Repos/' : key;
  const all = state.tree.gitFolders().filter((folder) => folder.key.startsWith(prefix));
  const pageParams = { page_token: params['next_page_token'] };
  const { items, links } = cutPage(all, pageParams, { absent: PAGE, max: PAGE });
  const repos: JsonObject[] = [];
  for (const folder of items) repos.push(await toRepo(folder, state));
  return {
    repos: repos.length === 0 ? undefined : repos,
    next_page_token: links['next_page_token'],
  };
}

export async function getRepo(call: ApiCall, state: WorkspaceState): Promise<JsonObject> {
  return toRepo(state.git.require(pathId(call)), state);
}

function readRef(params: JsonObject): Ref | undefined {
  const branch = readString(params, 'branch');
  const tag = readString(params, 'tag');
  if (branch && tag) throw invalidParameter('Only one of branch and tag can be specified.');
  if (branch) return { kind: 'Branch', name: branch };
  return tag ? { kind: 'Tag', name: tag } : undefined;
}

/** PATCH /api/2.0/repos/{id}: fetches and checks out, and answers {} when that is done. */
export async function updateRepo(call: ApiCall, state: WorkspaceState): Promise<void> {
  const { params, identity } = call;
  const id = pathId(call);
  state.git.require(id);
  const ref = readRef(params);
  const sparsePatterns = readSparsePatterns(params);
  const credentialId = readId(params, 'git_credential_id');
  if (ref === undefined && sparsePatterns === undefined && credentialId === undefined) {
    throw invalidParameter('One of branch, tag and sparse_checkout must be specified.');
  }
  await state.git.update(id, {
    ref,
    sparsePatterns,
    discardAll: readBoolean(params, 'dangerously_force_discard_all'),
    owner: identity.userName,
    credentialId,
  });
}

export async function deleteRepo(call: ApiCall, state: WorkspaceState): Promise<void> {
  await state.git.remove(pathId(call));
}
