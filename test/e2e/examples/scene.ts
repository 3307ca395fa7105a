import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PipelineOptions, PipelineResult } from '../../../local/agent';
import type { StepRecord } from '../../../local/agent/timeline';
import type { LocalWorkspace } from '../../../local/workspace';
import { repositoryRoot } from '../../../scripts/manifests/load-manifests';
import {
  type Environment,
  type EnvironmentName,
  modelInUse,
  startEnvironments,
} from '../../../scripts/start/environments';
import { createExampleRemote, type ExampleRemote } from '../../../scripts/start/example-remote';
import { packedTasks } from '../../helpers/scene';
import { tapProcesses } from '../../helpers/secret-search';

export const creditScoring = join(repositoryRoot, 'examples', 'credit-scoring');
/** Id of the tree without files, which every repository knows. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** The three workspaces of the example, and a remote of it. */
export interface ExampleScene {
  readonly environments: readonly Environment[];
  readonly remote: ExampleRemote;
  environment(name: EnvironmentName): Environment;
  /** Puts a commit on top of main of the remote, with the same files or with none, and returns its id; the checkout stays. */
  moveMain(files?: 'same' | 'none'): string;
  /** Brings the checkout to main of the remote. */
  pull(): void;
  /** All that tells whether an environment was touched. */
  state(name: EnvironmentName): Promise<unknown>;
  close(): Promise<void>;
}

export async function startExample(): Promise<ExampleScene> {
  const remote = createExampleRemote(creditScoring);
  const environments = await startEnvironments({ clusterStartMs: 50 });
  const bare = fileURLToPath(remote.url);
  const environment = (wanted: EnvironmentName): Environment => {
    const found = environments.find(({ name }) => name === wanted);
    if (!found) throw new Error(`no environment ${wanted}`);
    return found;
  };
  return {
    environments,
    remote,
    environment,
    moveMain(files = 'same') {
      const tree = files === 'same' ? 'main^{tree}' : emptyTree;
      const commit = git(bare, 'commit-tree', '-p', 'main', '-m', 'Move on', tree);
      git(bare, 'update-ref', 'refs/heads/main', commit);
      return commit;
    },
    pull: () => void git(remote.checkout, 'pull', '--quiet', 'origin', 'main'),
    async state(name) {
      const { workspace } = environment(name);
      return {
        repos: await ask(workspace, '/api/2.0/repos'),
        runs: await ask(workspace, '/api/2.2/jobs/runs/list'),
        model: modelInUse(environment(name)),
      };
    },
    async close() {
      await Promise.all(environments.map(({ workspace }) => workspace.close()));
      remote.remove();
    },
  };
}

/** What `searched` decides of a run. */
type SearchedOptions = Pick<PipelineOptions, 'tasksDir' | 'env' | 'verbose' | 'out'>;

/** Runs a pipeline with the packed tasks as a debug run, and searches all that it shows and leaves for the tokens. */
export async function searched(
  environments: readonly Environment[],
  run: (options: SearchedOptions) => Promise<PipelineResult>,
  onLine: (line: string) => void = () => {},
): Promise<PipelineResult> {
  const lines: string[] = [];
  const tap = tapProcesses();
  const out = (line: string): void => {
    lines.push(line);
    onLine(line);
  };
  try {
    const result = await run({ tasksDir: packedTasks, env: tap.env, verbose: true, out });
    const tokens = environments.map(({ workspace }) => workspace.token);
    tap.assertNoSecrets(lines.join('\n'), result, tokens);
    return result;
  } finally {
    tap.remove();
  }
}

function git(cwd: string, ...args: string[]): string {
  const person = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.test'];
  return execFileSync('git', [...person, ...args], { cwd, encoding: 'utf8' }).trim();
}

/** The JSON that a workspace answers a GET with. */
export async function ask({ url, token }: LocalWorkspace, path: string): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  return answer.json();
}

/** The step of a stage with this reference name, its main part. */
export function stepOf({ stages }: PipelineResult, stage: string, name: string): StepRecord {
  const steps = stages
    .filter((one) => one.name === stage)
    .flatMap(({ jobs }) => jobs)
    .flatMap((job) => job.steps);
  const found = steps.find((step) => step.name === name && step.part === 'main');
  if (!found) throw new Error(`no step ${name} in stage ${stage}`);
  return found;
}

/** Results of the stages by name. */
export function stageResults({ stages }: PipelineResult): Readonly<Record<string, string>> {
  return Object.fromEntries(stages.map(({ name, result }) => [name, result]));
}
