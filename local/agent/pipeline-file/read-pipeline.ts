import { isMap, isSeq } from 'yaml';
import type { Value } from '../expressions/values';
import { checkDependencies } from './check-dependencies';
import {
  DEFAULT_NAME,
  type JobDefinition,
  type PipelineDefinition,
  type Reference,
  type StageDefinition,
} from './model';
import { createReader, type PipelineReader, withVariables } from './pipeline-reader';
import type { ProblemList } from './problems';
import { readCondition } from './read-condition';
import { readDependsOn, readJobs, readPlainJob } from './read-jobs';
import { readParameters } from './read-parameters';
import { readVariables } from './read-variables';
import { MappingReader, parseYaml, readItems, type YamlSource } from './yaml-source';

/** What is known before the file is read. */
export interface ReadOptions {
  readonly parameters?: Readonly<Record<string, string>>;
  /** Variables `${{ variables.x }}` sees besides those of the file. */
  readonly variables?: ReadonlyMap<string, string>;
}

const IGNORED = [
  'trigger',
  'pr',
  'schedules',
  'pool',
  'name',
  'appendCommitMessageToRunName',
  'lockBehavior',
];
const REFUSED = ['extends', 'template', 'container', 'services'];

/** Reads a pipeline file; everything wrong or unsupported lands in `problems`. */
export function readPipeline(
  file: string,
  text: string,
  problems: ProblemList,
  options: ReadOptions = {},
): PipelineDefinition {
  const source = parseYaml(file, text, problems);
  const empty = { file, variables: [], stages: [] };
  if (!problems.isEmpty) return empty;
  if (!isMap(source.root)) {
    problems.add(
      { file, line: 1, column: 1 },
      'A pipeline file is a mapping with stages, jobs or steps',
    );
    return empty;
  }
  const reader = rootReader(source, problems, options);
  const root = new MappingReader(reader, source.root, 'the pipeline');
  root.ignore(...IGNORED, 'parameters');
  root.refuse(...REFUSED);
  readResources(reader, root);
  if (root.has('jobs') || root.has('stages')) {
    const kind = root.has('stages') ? 'stages' : 'jobs';
    const variables = readVariables(reader, root.take('variables'));
    const stages = readBody(withVariables(reader, variables), root, kind);
    root.finish();
    return finish({ file, variables, stages }, problems);
  }
  return finish({ file, variables: [], stages: readSteps(reader, root) }, problems);
}

function finish(definition: PipelineDefinition, problems: ProblemList): PipelineDefinition {
  checkDependencies(definition, problems);
  return definition;
}

function rootReader(
  source: YamlSource,
  problems: ProblemList,
  options: ReadOptions,
): PipelineReader {
  const variables = options.variables ?? new Map<string, string>();
  const bare = createReader(source, problems, new Map<string, Value>(), variables);
  const node = isMap(source.root) ? source.root.get('parameters', true) : undefined;
  const parameters = readParameters(bare, node, options.parameters ?? {});
  return createReader(source, problems, parameters, variables);
}

function readResources(reader: PipelineReader, root: MappingReader): void {
  const node = root.take('resources');
  if (node === undefined || node === null) return;
  const resources = new MappingReader(reader, node, '"resources"');
  resources.ignore('webhooks');
  resources.refuse('repositories', 'pipelines', 'containers', 'packages', 'builds');
  resources.finish();
}

function readBody(
  reader: PipelineReader,
  root: MappingReader,
  kind: 'stages' | 'jobs',
): readonly StageDefinition[] {
  if (kind === 'jobs') {
    if (root.has('steps'))
      reader.problems.add(
        root.positionOf('steps'),
        '"steps" beside "jobs": a file has stages, jobs or steps',
      );
    root.ignore('steps');
    const jobs = readJobs(reader, root.take('jobs'));
    return [{ name: DEFAULT_NAME, dependsOn: [], variables: [], jobs, at: root.at }];
  }
  for (const key of ['jobs', 'steps']) {
    if (root.has(key))
      reader.problems.add(
        root.positionOf(key),
        `"${key}" beside "stages": a file has stages, jobs or steps`,
      );
  }
  root.ignore('jobs', 'steps');
  return readStages(reader, root.take('stages'));
}

function readSteps(reader: PipelineReader, root: MappingReader): readonly StageDefinition[] {
  if (!root.has('steps')) {
    reader.problems.add(root.at, 'A pipeline file needs "stages", "jobs" or "steps"');
    return [];
  }
  const job = readPlainJob(reader, root, 'Job');
  return [{ name: DEFAULT_NAME, dependsOn: [], variables: [], jobs: [job], at: root.at }];
}

function readStages(reader: PipelineReader, node: unknown): readonly StageDefinition[] {
  const stages: StageDefinition[] = [];
  for (const item of readItems(reader, node, '"stages"')) {
    const stage = readStage(reader, item, stages.at(-1));
    if (stage) stages.push(stage);
  }
  return stages;
}

function readStage(
  reader: PipelineReader,
  item: unknown,
  previous: StageDefinition | undefined,
): StageDefinition | undefined {
  const stage = new MappingReader(reader, item, 'a stage');
  if (!stage.has('stage')) {
    stage.refuse('template');
    if (isMap(item) && !stage.has('template'))
      reader.problems.add(stage.at, 'A stage needs "stage"');
    return undefined;
  }
  const name = stage.text('stage') || `Stage${reader.source.positionOf(item).line}`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    reader.problems.add(
      stage.positionOf('stage'),
      `"${name}" is no stage name: letters, digits and "_" only, no digit first`,
    );
  }
  stage.ignore('pool', 'lockBehavior', 'trigger', 'isSkippable', 'templateContext');
  stage.refuse('template', 'parameters');
  const displayName = stage.text('displayName');
  const condition = readCondition(reader, stage, 'stage');
  const variables = readVariables(reader, stage.take('variables'));
  const dependsOn = readDependsOn(reader, stage) ?? afterPrevious(previous);
  const jobs = readStageJobs(withVariables(reader, variables), stage, name);
  stage.finish();
  return {
    name,
    ...(displayName === undefined ? {} : { displayName }),
    ...(condition === undefined ? {} : { condition }),
    dependsOn,
    variables,
    jobs,
    at: stage.at,
  };
}

function afterPrevious(previous: StageDefinition | undefined): readonly Reference[] {
  return previous === undefined ? [] : [{ name: previous.name, at: previous.at }];
}

function readStageJobs(
  reader: PipelineReader,
  stage: MappingReader,
  name: string,
): readonly JobDefinition[] {
  const node = stage.take('jobs');
  const hasJobs = stage.has('jobs') && !(isSeq(node) && node.items.length === 0);
  if (hasJobs) return readJobs(reader, node);
  if (!stage.has('template')) reader.problems.add(stage.at, `Stage "${name}" needs "jobs"`);
  return [];
}
