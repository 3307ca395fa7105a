import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runPipeline } from '../../../local/agent';
import { loadManifests, repositoryRoot } from '../../../scripts/manifests/load-manifests';
import {
  type Environment,
  modelInUse,
  startEnvironments,
  variableGroups,
} from '../../../scripts/start/environments';
import { creditScoring, searched, stageResults, stepOf } from './scene';

const folder = join(repositoryRoot, 'examples', 'classic-release');
const commit = '1f0e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c';

interface WorkflowTask {
  readonly taskId: string;
  readonly version: string;
  readonly name: string;
  readonly refName: string;
  readonly condition: string;
  readonly inputs: Readonly<Record<string, string>>;
}

interface ReleaseDefinition {
  readonly variables: Readonly<Record<string, { readonly value: string }>>;
  readonly environments: readonly {
    readonly name: string;
    readonly variableGroups: readonly number[];
    readonly preDeployApprovals: {
      readonly approvals: readonly { readonly isAutomated: boolean }[];
    };
    readonly deployPhases: readonly { readonly workflowTasks: readonly WorkflowTask[] }[];
  }[];
}

const definition = JSON.parse(
  readFileSync(join(folder, 'release-definition.json'), 'utf8'),
) as ReleaseDefinition;
const tasks = definition.environments.flatMap(({ deployPhases }) =>
  deployPhases.flatMap(({ workflowTasks }) => workflowTasks),
);
const manifests = loadManifests().map(({ manifest }) => manifest);

function manifestOf({ taskId }: WorkflowTask) {
  const found = manifests.find(({ id }) => id === taskId);
  if (!found) throw new Error(`no task has the id ${taskId}`);
  return found;
}

describe('the classic release example', () => {
  it('uses tasks of this extension in their major version', () => {
    const wanted = tasks.map((task) => `${manifestOf(task).version.Major}.*`);

    assert.deepEqual(
      tasks.map(({ version }) => version),
      wanted,
    );
  });

  it('names only inputs that the tasks have, and all that they need', () => {
    const wrong = tasks.flatMap((task) => {
      const inputs = manifestOf(task).inputs ?? [];
      const known = inputs.map(({ name }) => name);
      const needed = inputs.filter(({ required }) => required).map(({ name }) => name);
      const given = Object.keys(task.inputs);
      return [
        ...given.filter((name) => !known.includes(name)),
        ...needed.filter((name) => !given.includes(name)),
      ].map((name) => `${task.name}: ${name}`);
    });

    assert.deepEqual(wrong, []);
  });

  it('gives each environment a variable group, and prod an approval', () => {
    const facts = definition.environments.map(({ name, variableGroups: groups, ...rest }) => [
      name,
      groups.length,
      rest.preDeployApprovals.approvals.every(({ isAutomated }) => isAutomated),
    ]);

    assert.deepEqual(facts, [
      ['Dev', 1, true],
      ['Staging', 1, true],
      ['Prod', 1, false],
    ]);
  });

  it('has the same steps and variables in the file for the local agent', () => {
    const file = parse(readFileSync(join(folder, 'release-steps.yml'), 'utf8')) as {
      variables: { name: string; value: string }[];
      stages: { stage: string; jobs: { steps: Record<string, unknown>[] }[] }[];
    };

    const fromFile = file.stages.map(({ stage, jobs }) => [
      stage,
      jobs.flatMap(({ steps }) => steps),
    ]);
    const fromDefinition = definition.environments.map(({ name, deployPhases }) => [
      name,
      deployPhases.flatMap(({ workflowTasks }) => workflowTasks).map(toStep),
    ]);
    assert.deepEqual(JSON.parse(JSON.stringify(fromFile), asText), fromDefinition);
    assert.deepEqual(
      Object.fromEntries(file.variables.map(({ name, value }) => [name, { value }])),
      definition.variables,
    );
  });

  describe('as a release', () => {
    let environments: readonly Environment[];
    let work: string;
    before(async () => {
      environments = await startEnvironments({ clusterStartMs: 50 });
      work = mkdtempSync(join(tmpdir(), 'classic-release-'));
    });
    after(async () => {
      await Promise.all(environments.map(({ workspace }) => workspace.close()));
      rmSync(work, { recursive: true, force: true });
    });

    it('deploys the published notebooks to all environments and promotes the model', async () => {
      const built = await searched(environments, (options) =>
        runPipeline({
          ...options,
          file: join(folder, 'build.yml'),
          sources: creditScoring,
          workDir: work,
        }),
      );

      const result = await searched(environments, (options) =>
        runPipeline({
          ...options,
          file: join(folder, 'release-steps.yml'),
          hostType: 'release',
          artifacts: { app: join(work, 'artifacts') },
          variables: {
            ...variableGroups(environments),
            variables: { 'Release.Artifacts.app.SourceVersion': commit },
          },
        }),
      );

      assert.equal(built.result, 'Succeeded');
      assert.deepEqual(stageResults(result), {
        Dev: 'Succeeded',
        Staging: 'Succeeded',
        Prod: 'Succeeded',
      });
      assert.equal(stepOf(result, 'Dev', 'tested').outputs['notebookOutput_passed'], '11');
      const models = environments.map((environment) => modelInUse(environment)?.commit);
      assert.deepEqual(models, [undefined, commit, commit]);
    });
  });
});

/** A step of the definition as the pipeline file writes it. */
function toStep(task: WorkflowTask): Record<string, unknown> {
  const { name, refName, condition, inputs } = task;
  return {
    task: `${manifestOf(task).name}@${task.version.split('.')[0]}`,
    name: refName,
    displayName: name,
    ...(condition === 'succeeded()' ? {} : { condition }),
    inputs,
  };
}

/** Inputs are texts, whatever YAML makes of them. */
function asText(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}
