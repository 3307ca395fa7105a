import type { GitRef } from '../../shared/databricks';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';

type Variables = Pick<TaskHost, 'getVariable'>;

/**
 * The branch or tag to check out: what the inputs say, in any form (`main`, `refs/heads/main`, `refs/tags/v1`), else what
 * triggered the pipeline; for a pull request its source branch. Problems are noted in the reader.
 */
export function readGitRef(input: InputReader, host: Variables): GitRef | undefined {
  const branch = input.text('gitBranch');
  const tag = input.text('gitTag');
  if (branch !== '' && tag !== '') {
    input.problem("Both 'gitBranch' and 'gitTag' are given; keep one of them.");
    return undefined;
  }
  if (tag !== '') return fromTag(input, tag);
  if (branch !== '') return fromText(input, host, "Input 'gitBranch'", branch);
  if (input.isGiven('gitBranch') || input.isGiven('gitTag')) return undefined;
  return fromTrigger(input, host);
}

function fromTag(input: InputReader, text: string): GitRef | undefined {
  const name = text.replace(/^refs\/tags\//, '');
  if (!name.startsWith('refs/') && isRefName(name)) return { kind: 'tag', name };
  input.problem(`Input 'gitTag' is "${text}", which is not the name of a tag.`);
  return undefined;
}

function fromTrigger(input: InputReader, host: Variables): GitRef | undefined {
  const trigger = host.getVariable('System.PullRequest.SourceBranch') ?? sourceBranch(host);
  if (trigger === undefined) {
    input.problem(
      "No branch is given, and nothing tells what triggered this pipeline. Set 'gitBranch' or 'gitTag'.",
    );
    return undefined;
  }
  if (isFork(host)) return refuseFork(input);
  return fromText(input, host, 'The branch that triggered the pipeline', trigger);
}

function isFork(host: Variables): boolean {
  return /^true$/i.test(host.getVariable('System.PullRequest.IsFork') ?? '');
}

function refuseFork(input: InputReader): undefined {
  input.problem(
    "The pull request comes from a fork, whose branch is not in the pipeline's repository. Deploy its files with DatabricksImportNotebooks, or set 'gitBranch' or 'gitTag' to a branch or tag of the repository.",
  );
  return undefined;
}

/** In a release: that of the primary artifact. */
function sourceBranch(host: Variables): string | undefined {
  const alias = host.getVariable('Release.PrimaryArtifactSourceAlias');
  const ofArtifact =
    alias === undefined ? undefined : host.getVariable(`Release.Artifacts.${alias}.SourceBranch`);
  return host.getVariable('Build.SourceBranch') ?? ofArtifact;
}

function fromText(
  input: InputReader,
  host: Variables,
  place: string,
  text: string,
): GitRef | undefined {
  if (text.startsWith('refs/pull/')) return fromPullRequest(input, host, place, text);
  const [, folder, name = text] = /^refs\/(heads|tags)\/(.*)$/.exec(text) ?? [];
  const kind = folder === 'tags' ? 'tag' : 'branch';
  if (name.startsWith('refs/') || !isRefName(name)) return refuseRef(input, place, text);
  if (kind === 'branch' && /^[0-9a-f]{40}$/i.test(name)) {
    input.problem(
      `${place} is the commit "${text}": Git folders check out branches and tags only. Set 'gitBranch' to the branch of the commit and 'expectedCommit' to the commit, or tag it and set 'gitTag'.`,
    );
    return undefined;
  }
  return { kind, name };
}

/** The merge commit that the service tests is on no branch; the pull request's source branch stands for it. */
function fromPullRequest(
  input: InputReader,
  host: Variables,
  place: string,
  text: string,
): GitRef | undefined {
  const source = host.getVariable('System.PullRequest.SourceBranch');
  const isOwn = text === sourceBranch(host);
  if (!isOwn || source === undefined || source.startsWith('refs/pull/')) {
    return refuseRef(input, place, text);
  }
  return isFork(host) ? refuseFork(input) : fromText(input, host, place, source);
}

function refuseRef(input: InputReader, place: string, text: string): undefined {
  input.problem(
    `${place} is "${text}", which is neither a branch nor a tag: Git folders cannot check it out. Set 'gitBranch' or 'gitTag'.`,
  );
  return undefined;
}

/** The rules of git for names of refs (git-check-ref-format). */
function isRefName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids them
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[./]$/.test(name)) return false;
  const parts = name.split('/');
  return name !== '@' && !parts.some((part) => /^(\.|$)|\.lock$/.test(part));
}

/** `branch "main"`. */
export function describeRef(ref: GitRef): string {
  return `${ref.kind} "${ref.name}"`;
}
