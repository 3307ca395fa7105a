import { join } from 'node:path';
import { type PipelineOptions, type PipelineResult, runPipeline } from '../../local/agent';
import { type Environment, modelInUse, variableGroups } from './environments';
import type { ExampleRemote } from './example-remote';
import { deployedCommit, readRuns, type StageReport, shortCommit } from './stage-report';

/** How to show and stop a run of the local agent. */
export type RunOptions = Partial<PipelineOptions>;

/** Runs the promotion on local workspaces. With `isFailing` staging gets the export with a renamed column. */
export async function runPromotion(
  environments: readonly Environment[],
  remote: ExampleRemote,
  isFailing: boolean,
  options: RunOptions = {},
): Promise<PipelineResult> {
  return runPipeline({
    file: join(remote.checkout, 'azure-pipelines.yml'),
    variables: variableGroups(
      environments,
      isFailing ? { staging: { SOURCE_SCHEMA: '2025' } } : {},
    ),
    ...options,
  });
}

/** What became of each environment. */
export async function reportPromotion(
  { stages }: PipelineResult,
  environments: readonly Environment[],
  remote: ExampleRemote,
): Promise<readonly StageReport[]> {
  return Promise.all(
    environments.map(async (environment) => {
      const stage = stages.find(({ name }) => name === environment.name);
      return {
        workspace: environment.name,
        commit: stage && deployedCommit(stage, remote.commit),
        runs: stage ? await readRuns(stage, environment.workspace) : [],
        model: describeModel(environment),
      };
    }),
  );
}

function describeModel(environment: Environment): string {
  const model = modelInUse(environment);
  if (model === undefined) return 'none';
  return `AUC ${model.auc.toFixed(4)}, trained by ${shortCommit(model.commit)}`;
}

/** One sentence about the outcome, and what to try next. */
export function describeOutcome({ result, stages }: PipelineResult): string {
  if (result === 'Succeeded') {
    return 'The tested commit is in prod. To see how a failure in staging looks: npm start -- --fail';
  }
  if (result === 'Canceled') return 'Canceled. What was deployed until then stays as it is.';
  const failed = stages.find((stage) => stage.result === 'Failed')?.name ?? 'The run';
  const untouched = stages.filter((stage) => stage.result === 'Skipped').map(({ name }) => name);
  const text = `${failed} failed; the errors above say why.`;
  if (untouched.length === 0) return text;
  const stayed = untouched.length === 1 ? 'stayed as it was' : 'stayed as they were';
  return `${text} ${untouched.join(' and ')} ${stayed}.`;
}
