import { isMap, isSeq } from 'yaml';
import type {
  EnvironmentReference,
  HookName,
  JobDefinition,
  JobLeg,
  Reference,
  StepSequence,
} from './model';
import { type PipelineReader, withVariables } from './pipeline-reader';
import { readCondition } from './read-condition';
import { readSteps } from './read-steps';
import { readVariables } from './read-variables';
import { MappingReader, readEntries, readItems, readText, type YamlReader } from './yaml-source';

const JOB_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const COMMON_IGNORED = ['pool', 'workspace', 'cancelTimeoutInMinutes', 'templateContext', 'uses'];
const COMMON_REFUSED = ['container', 'services', 'template', 'parameters'];

/** Reads `jobs:`. */
export function readJobs(reader: PipelineReader, node: unknown): readonly JobDefinition[] {
  return readItems(reader, node, '"jobs"').flatMap(
    (item, index) => readJob(reader, item, index) ?? [],
  );
}

function readJob(reader: PipelineReader, node: unknown, index: number): JobDefinition | undefined {
  const job = new MappingReader(reader, node, 'a job');
  const kind = job.firstOf(['job', 'deployment']);
  if (kind === undefined) {
    if (job.has('template')) job.refuse('template');
    else if (isMap(node)) reader.problems.add(job.at, 'A job needs "job" or "deployment"');
    return undefined;
  }
  const given = job.text(kind) ?? '';
  checkName(reader, job, kind, given);
  const name = given || `Job${index + 1}`;
  return kind === 'job' ? readPlainJob(reader, job, name) : readDeployment(reader, job, name);
}

function checkName(reader: YamlReader, mapping: MappingReader, kind: string, name: string): void {
  if (name === '' || JOB_NAME.test(name)) return;
  reader.problems.add(
    mapping.positionOf(kind),
    `"${name}" is no ${kind} name: letters, digits and "_" only, no digit first`,
  );
}

/** Reads the keys of a job (or of the root of a file that is one job) apart from its name. */
export function readPlainJob(
  reader: PipelineReader,
  job: MappingReader,
  name: string,
): JobDefinition {
  const common = readCommon(reader, job);
  const scope = withVariables(reader, common.variables);
  const legs = readLegs(scope, job);
  const steps = job.has('steps') ? readSteps(scope, job.take('steps')) : [];
  if (!job.has('steps')) reader.problems.add(job.at, 'A job needs "steps"');
  job.finish();
  return { ...common, kind: 'job', name, legs, sequences: [{ steps }] };
}

function readCommon(
  reader: PipelineReader,
  job: MappingReader,
): Omit<JobDefinition, 'kind' | 'name' | 'legs' | 'sequences' | 'environment'> {
  job.ignore(...COMMON_IGNORED);
  job.refuse(...COMMON_REFUSED);
  refuseServerPool(reader, job);
  const displayName = job.text('displayName');
  const condition = readCondition(reader, job, 'job');
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(condition === undefined ? {} : { condition }),
    dependsOn: readDependsOn(reader, job) ?? [],
    variables: readVariables(reader, job.take('variables')),
    continueOnError: job.boolean('continueOnError', false),
    timeoutInMinutes: job.number('timeoutInMinutes', 60),
    at: job.at,
  };
}

function refuseServerPool(reader: YamlReader, job: MappingReader): void {
  if (job.has('pool') && readTextQuietly(job.take('pool')) === 'server') {
    reader.problems.add(
      job.positionOf('pool'),
      'Agentless jobs (pool: server) are not supported by the local agent',
    );
  }
}

function readTextQuietly(node: unknown): string {
  return String((node as { value?: unknown } | null)?.value ?? '');
}

/** Reads `dependsOn:` as text or list; undefined when the key is missing. */
export function readDependsOn(
  reader: YamlReader,
  mapping: MappingReader,
): readonly Reference[] | undefined {
  const node = mapping.take('dependsOn');
  if (node === undefined) return undefined;
  const nodes = isSeq(node) ? node.items : [node];
  return nodes.flatMap((item) => {
    const name = readText(reader, item, '"dependsOn"');
    return name ? [{ name, at: reader.source.positionOf(item) }] : [];
  });
}

function readLegs(reader: YamlReader, job: MappingReader): readonly JobLeg[] {
  const node = job.take('strategy');
  if (node === undefined) return [];
  const strategy = new MappingReader(reader, node, '"strategy"');
  strategy.ignore('maxParallel');
  strategy.refuse('runOnce', 'rolling', 'canary');
  const parallel = strategy.number('parallel', 0);
  const matrix = strategy.take('matrix');
  strategy.finish();
  if (matrix !== undefined) return readMatrix(reader, matrix);
  return Array.from({ length: Math.min(parallel, 99) }, (_, index) => ({
    name: `Slice${index + 1}`,
    variables: new Map([
      ['System.JobPositionInPhase', String(index + 1)],
      ['System.TotalJobsInPhase', String(parallel)],
    ]),
  }));
}

function readMatrix(reader: YamlReader, node: unknown): readonly JobLeg[] {
  return readEntries(reader, node, '"matrix"').map(({ key, value, at }) => {
    if (!/^[A-Za-z0-9_]{1,100}$/.test(key)) {
      reader.problems.add(at, `"${key}" is no name of a matrix leg: letters, digits and "_" only`);
    }
    const entries = readEntries(reader, value, `matrix leg "${key}"`);
    const variables = entries.map(
      (entry) => [entry.key, readText(reader, entry.value, `"${entry.key}"`) ?? ''] as const,
    );
    return { name: key, variables: new Map(variables) };
  });
}

const HOOKS: readonly HookName[] = ['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic'];

function readDeployment(reader: PipelineReader, job: MappingReader, name: string): JobDefinition {
  const common = readCommon(reader, job);
  const scope = withVariables(reader, common.variables);
  const environment = readEnvironment(scope, job);
  const sequences = readRunOnce(scope, job);
  job.finish();
  return {
    ...common,
    kind: 'deployment',
    name,
    legs: [],
    sequences,
    ...(environment ? { environment } : {}),
  };
}

function readEnvironment(reader: YamlReader, job: MappingReader): EnvironmentReference | undefined {
  const node = job.take('environment');
  if (node === undefined) {
    reader.problems.add(job.at, 'A deployment job needs "environment"');
    return undefined;
  }
  if (!isMap(node)) {
    const [name = '', ...resource] = (readText(reader, node, '"environment"') ?? '').split('.');
    return { name, ...(resource.length > 0 ? { resource: resource.join('.') } : {}) };
  }
  const mapping = new MappingReader(reader, node, '"environment"');
  const name = mapping.text('name') ?? '';
  const resource = mapping.text('resourceName');
  mapping.ignore('resourceType', 'tags');
  mapping.finish();
  return { name, ...(resource ? { resource } : {}) };
}

function readRunOnce(reader: PipelineReader, job: MappingReader): readonly StepSequence[] {
  if (!job.has('strategy')) {
    reader.problems.add(job.at, 'A deployment job needs "strategy"');
    return [];
  }
  const strategy = new MappingReader(reader, job.take('strategy'), '"strategy"');
  strategy.refuse('rolling', 'canary', 'matrix', 'parallel');
  const node = strategy.take('runOnce');
  strategy.finish();
  if (node === undefined || node === null) return [];
  const runOnce = new MappingReader(reader, node, '"runOnce"');
  const sequences = HOOKS.flatMap((hook) => readHook(reader, runOnce, hook, hook));
  if (!runOnce.has('deploy')) reader.problems.add(runOnce.at, '"runOnce" needs "deploy"');
  sequences.push(...readOutcomeHooks(reader, runOnce));
  runOnce.finish();
  return sequences;
}

function readOutcomeHooks(reader: PipelineReader, runOnce: MappingReader): readonly StepSequence[] {
  const node = runOnce.take('on');
  if (node === undefined) return [];
  const on = new MappingReader(reader, node, '"on"');
  const sequences = [
    ...readHook(reader, on, 'success', 'success'),
    ...readHook(reader, on, 'failure', 'failure'),
  ];
  on.finish();
  return sequences;
}

function readHook(
  reader: PipelineReader,
  parent: MappingReader,
  key: string,
  hook: HookName,
): readonly StepSequence[] {
  const node = parent.take(key);
  if (node === undefined) return [];
  const mapping = new MappingReader(reader, node, `"${key}"`);
  mapping.ignore('pool');
  const steps = mapping.has('steps') ? readSteps(reader, mapping.take('steps')) : [];
  mapping.finish();
  return [{ hook, steps }];
}
