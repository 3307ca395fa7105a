import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkGroups } from './check-groups';
import { allSteps, checkTasks } from './check-tasks';
import { type Clock, systemClock } from './clock';
import type { HostType } from './command-context';
import { SYSTEM_CONNECTION } from './connections';
import type { DescribeOptions, Description } from './data-sources/description';
import { cleanEnvironment } from './environment';
import { readSourceFacts } from './git-facts';
import type { IdTokenIssuer } from './id-tokens/issuer';
import { startIdTokens } from './id-tokens/start';
import { createLogView } from './log-view';
import { suggest } from './nearest';
import type { PipelineDefinition } from './pipeline-file/model';
import { ProblemList } from './pipeline-file/problems';
import { readPipeline } from './pipeline-file/read-pipeline';
import { AGENT_PATIENCE, type Patience, type RunContext } from './run-context';
import { runStages } from './run-pipeline';
import { type RunView, SILENT_VIEW } from './run-view';
import {
  readConnectionsFile,
  readVariablesFile,
  type ServiceConnection,
  type SettingsSource,
} from './settings-file';
import { definitionNameOf, runVariables } from './system-variables';
import { loadTasks } from './task-definitions';
import { createTemporaryFolder, removeTemporaryFolder } from './temporary-folders';
import type { PipelineResult } from './timeline';

export type * from './data-sources/description';
export {
  createIdTokenIssuer,
  type IdTokenFault,
  type IdTokenIdentity,
  type IdTokenIssuer,
  type IdTokenOptions,
  type IdTokenOwner,
  type IdTokenRequest,
} from './id-tokens/issuer';
export type { Problem } from './pipeline-file/problems';
export { PipelineRefusedError } from './pipeline-file/problems';
export type { Patience } from './run-context';
export type { SettingsSource } from './settings-file';
export type { Result } from './task-result';
export type * from './timeline';

/** How the run issues ID tokens. */
export interface IdentitySettings {
  /** Default: one with a key of its own. */
  readonly issuer?: IdTokenIssuer;
  /** Port of the endpoint on 127.0.0.1; its keys are at `/.well-known/jwks`. Default: a free one. */
  readonly port?: number;
}

/** What to run and how. Paths are relative to the current folder. */
export interface PipelineOptions {
  /** The pipeline file; with `text` only its name in messages and the folder of the sources. */
  readonly file?: string;
  readonly text?: string;
  readonly variables?: SettingsSource;
  readonly connections?: SettingsSource;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Runs only these stages; dependencies on others are ignored. */
  readonly stages?: readonly string[];
  /** Folder of the built tasks; default `dist/tasks`. */
  readonly tasksDir?: string;
  /** Folder the jobs work in, kept afterwards; default a temporary one, removed afterwards. */
  readonly workDir?: string;
  /** Folder that `checkout: self` copies; default the git repository around the file, else its folder. */
  readonly sources?: string;
  /** Release only: artifact folders by alias. */
  readonly artifacts?: Readonly<Record<string, string>>;
  readonly hostType?: HostType;
  /** Receives the log line by line; default nothing. */
  readonly out?: ((line: string) => void) | { write(text: string): unknown };
  readonly verbose?: boolean;
  readonly color?: boolean;
  /** Cancels as the agent would. */
  readonly signal?: AbortSignal;
  /** Kills everything at once. */
  readonly kill?: AbortSignal;
  readonly patience?: Partial<Patience>;
  readonly clock?: Clock;
  /** Variables added to the environment of every step's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node binary, for all handlers or by handler name (`Node20_1`, `Node24`). */
  readonly nodePath?: string | Readonly<Record<string, string>>;
  /**
   * Issues ID tokens to steps, as Azure DevOps does; the variables that name the organization's address then name one on loopback.
   * Without it that happens when a connection of the file needs it.
   */
  readonly identity?: IdentitySettings;
  /** Identity of the run; the same plan again models "rerun failed jobs". */
  readonly planId?: string;
  readonly stageAttempt?: number;
  readonly jobAttempt?: number;
  /** Reruns what did not succeed in an earlier run: same plan, attempts one higher. */
  readonly rerunOf?: PipelineResult;
}

/**
 * What the classic editor would offer for a task, or what a type of service connection answers. Throws DescribeError,
 * or PipelineRefusedError for a connections file that cannot be read.
 */
export async function describeTask(options: DescribeOptions): Promise<Description> {
  const { describe } = await import('./data-sources/describe');
  return await describe(options);
}

/** Runs a pipeline file. Throws PipelineRefusedError, before the first step, for whatever is wrong or not supported. */
export async function runPipeline(options: PipelineOptions): Promise<PipelineResult> {
  const clock = options.clock ?? systemClock;
  const temporary = options.workDir === undefined;
  const { context, pipeline } = checkPipeline(options);
  const idTokens = await startIdTokens(context, options.identity, options.file ?? '');
  const workFolder = temporary ? createTemporaryFolder() : resolve(options.workDir ?? '');
  try {
    mkdirSync(workFolder, { recursive: true });
    return await runStages({
      ...context,
      ...idTokens?.changes,
      pipeline,
      clock,
      workFolder,
      artifactFolder: join(workFolder, 'artifacts'),
    });
  } finally {
    await idTokens?.close();
    if (temporary) removeTemporaryFolder(workFolder);
  }
}

type CheckedContext = Omit<RunContext, 'pipeline' | 'clock' | 'workFolder' | 'artifactFolder'>;

function checkPipeline(options: PipelineOptions): {
  readonly context: CheckedContext;
  readonly pipeline: PipelineDefinition;
} {
  const problems = new ProblemList();
  const file = options.file ?? 'azure-pipelines.yml';
  const text = options.text ?? readSource(file, problems);
  const settings = readVariablesFile(options.variables, problems);
  const allConnections = readConnectionsFile(options.connections, problems);
  problems.throwIfAny();
  const context = createContext(options, file, settings, allConnections);
  const predefined = new Map(Object.entries(context.systemVariables));
  for (const [name, { value, isSecret }] of settings.variables) {
    if (!isSecret) predefined.set(name, value);
  }
  const pipeline = readPipeline(file, text, problems, {
    parameters: options.parameters ?? {},
    variables: predefined,
  });
  checkTasks(pipeline, context.tasks, context.connections, problems);
  checkGroups(pipeline, settings, problems);
  checkStages(options, pipeline, problems);
  checkFolders(options, problems);
  problems.throwIfAny();
  const steps = allSteps(pipeline).length;
  context.view.runStarted(file, [
    `${context.hostType} pipeline`,
    plural(pipeline.stages.length, 'stage'),
    plural(steps, 'step'),
    `plan ${context.planId}`,
  ]);
  return { context, pipeline };
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function readSource(file: string, problems: ProblemList): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    problems.add({ file, line: 1, column: 1 }, `Cannot read the file: ${(error as Error).message}`);
    return '';
  }
}

function checkStages(
  { stages = [], file = '' }: PipelineOptions,
  pipeline: PipelineDefinition,
  problems: ProblemList,
): void {
  const known = pipeline.stages.map(({ name }) => name);
  for (const stage of stages) {
    if (known.some((name) => name.toLowerCase() === stage.toLowerCase())) continue;
    problems.add(
      { file, line: 1, column: 1 },
      `There is no stage "${stage}"${suggest(stage, known)}`,
    );
  }
}

function checkFolders(
  { file = '', sources, artifacts = {} }: PipelineOptions,
  problems: ProblemList,
): void {
  const folders = [...Object.values(artifacts), ...(sources === undefined ? [] : [sources])];
  for (const folder of folders) {
    if (existsSync(folder)) continue;
    problems.add({ file, line: 1, column: 1 }, `There is no folder "${folder}"`);
  }
}

function createContext(
  options: PipelineOptions,
  file: string,
  settings: RunContext['settings'],
  allConnections: readonly ServiceConnection[],
): CheckedContext {
  const baseEnvironment = { ...cleanEnvironment(process.env), ...options.env };
  const folder = dirname(resolve(file));
  const sources = readSourceFacts(
    existsSync(folder) ? folder : process.cwd(),
    options.sources === undefined ? undefined : resolve(options.sources),
    cleanEnvironment(process.env),
  );
  const { hostType = 'build', verbose = false, artifacts = {} } = options;
  const planId = options.planId ?? options.rerunOf?.planId ?? randomUUID();
  const systemVariables = runVariables({
    hostType,
    planId,
    startedAt: (options.clock ?? systemClock).now(),
    definitionName: definitionNameOf(resolve(file)),
    sources,
    artifacts: Object.keys(artifacts),
    isDebug: verbose,
  });
  const isSystem = ({ name }: ServiceConnection): boolean =>
    name.toUpperCase() === SYSTEM_CONNECTION;
  const never = new AbortController().signal;
  return {
    tasks: loadTasks(resolve(options.tasksDir ?? 'dist/tasks')),
    connections: allConnections.filter((connection) => !isSystem(connection)),
    systemConnection: systemConnection(systemVariables, allConnections.find(isSystem)),
    settings,
    systemVariables,
    hostType,
    planId,
    stageAttempt: options.stageAttempt ?? 1,
    jobAttempt: options.jobAttempt,
    selectedStages: options.stages && options.stages.length > 0 ? options.stages : undefined,
    rerunOf: options.rerunOf,
    sources,
    releaseArtifacts: artifacts,
    baseEnvironment,
    nodePath: (handler) => nodePathFor(options.nodePath, handler),
    patience: { ...AGENT_PATIENCE, ...options.patience },
    cancel: options.signal ?? never,
    kill: options.kill ?? never,
    view: createView(options),
    changes: {
      buildNumber: systemVariables['Build.BuildNumber'] ?? '',
      buildTags: [],
      jobCount: 0,
    },
  };
}

function nodePathFor(given: PipelineOptions['nodePath'], handler: string): string {
  if (given === undefined) return process.execPath;
  return typeof given === 'string' ? given : (given[handler] ?? process.execPath);
}

function systemConnection(
  variables: Readonly<Record<string, string>>,
  given: ServiceConnection | undefined,
): ServiceConnection {
  return {
    name: SYSTEM_CONNECTION,
    id: SYSTEM_CONNECTION,
    type: 'AzureDevOps',
    url: given?.url || (variables['System.CollectionUri'] ?? ''),
    scheme: 'OAuth',
    parameters: { AccessToken: `local-${randomUUID()}`, ...given?.parameters },
    data: given?.data ?? {},
  };
}

function createView({ out, color = false }: PipelineOptions): RunView {
  if (out === undefined) return SILENT_VIEW;
  const write = typeof out === 'function' ? out : (line: string) => void out.write(`${line}\n`);
  return createLogView(write, color);
}
