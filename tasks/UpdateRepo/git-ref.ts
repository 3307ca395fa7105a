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
  if (tag !== '') return { kind: 'tag', name: tag.replace(/^refs\/tags\//, '') };
  if (branch !== '') return fromText(input, host, "Input 'gitBranch'", branch);
  if (input.isGiven('gitBranch') || input.isGiven('gitTag')) return undefined;
  return fromTrigger(input, host);
}

function fromTrigger(input: InputReader, host: Variables): GitRef | undefined {
  const trigger = host.getVariable('System.PullRequest.SourceBranch') ?? sourceBranch(host);
  if (trigger === undefined) {
    input.problem(
      "No branch is given, and nothing tells what triggered this pipeline. Set 'gitBranch' or 'gitTag'.",
    );
    return undefined;
  }
  if (/^true$/i.test(host.getVariable('System.PullRequest.IsFork') ?? '')) {
    input.problem(
      "The pull request comes from a fork, whose branch is not in the pipeline's repository. Deploy its files with DatabricksImportNotebooks, or set 'gitBranch' or 'gitTag'.",
    );
    return undefined;
  }
  return fromText(input, host, 'The branch that triggered the pipeline', trigger);
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
  if (text.startsWith('refs/tags/')) return { kind: 'tag', name: text.slice('refs/tags/'.length) };
  if (text.startsWith('refs/heads/'))
    return { kind: 'branch', name: text.slice('refs/heads/'.length) };
  if (!text.startsWith('refs/')) return { kind: 'branch', name: text };
  const source = host.getVariable('System.PullRequest.SourceBranch');
  if (text.startsWith('refs/pull/') && source?.startsWith('refs/heads/')) {
    return { kind: 'branch', name: source.slice('refs/heads/'.length) };
  }
  input.problem(
    `${place} is "${text}", which is neither a branch nor a tag: Git folders cannot check it out. Set 'gitBranch' or 'gitTag'.`,
  );
  return undefined;
}

/** `branch "main"`. */
export function describeRef(ref: GitRef): string {
  return `${ref.kind} "${ref.name}"`;
}
