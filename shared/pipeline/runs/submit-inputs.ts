import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { AccessControlEntry, Compute, JsonObject } from '../../databricks';
import { InputError } from '../errors';
import { parseAccessControlList } from '../inputs/access-control-list';
import { parseObject, parseParameters } from '../inputs/data-input';
import type { InputReader } from '../inputs/input-reader';
import { describePipelineRun, joinNames, pipelineRunNames } from '../pipeline-run';
import { computeStepIdentity } from '../step-identity';
import type { TaskHost } from '../task-host';

/** What to submit. */
export interface SubmitInputs {
  readonly notebookPath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly compute: Compute;
  readonly runName: string;
  /** The names that the runs of earlier runs of this step have. */
  readonly earlierRunNames: RegExp;
  /** Limit of the run itself, in seconds; 0 = none. */
  readonly runTimeoutSeconds: number;
  readonly accessControlList: readonly AccessControlEntry[];
  /** Undefined: derived from the step. */
  readonly idempotencyToken: string | undefined;
  readonly cancelOnPipelineCancel: boolean;
}

const computeKinds = ['auto', 'existingCluster', 'newCluster', 'serverless'] as const;

/** Reads the inputs that SubmitNotebookRun and RunNotebook share. Problems are noted in the reader. */
export function readSubmitInputs(
  input: InputReader,
  host: Pick<TaskHost, 'getVariable'>,
): SubmitInputs {
  const notebookPath = input.text('notebookPath', {
    required: 'Give the absolute path of a notebook in the workspace, e.g. /Shared/app/main.',
  });
  checkNotebookPath(input, notebookPath);
  const parameters = input.text('notebookParameters');
  const accessControlList = input.text('accessControlList');
  const runName = input.text('runName');
  return {
    notebookPath,
    parameters: input.parse('notebookParameters', () => parseParameters(parameters), {}),
    compute: readCompute(input, host),
    ...(runName === '' ? defaultRunName(host, notebookPath) : givenRunName(runName)),
    runTimeoutSeconds: Math.ceil(input.minutesAsMs('runTimeoutMinutes', 0) / 1000),
    accessControlList: input.parse(
      'accessControlList',
      () => parseAccessControlList(accessControlList, runAccess),
      [],
    ),
    idempotencyToken: readIdempotencyToken(input),
    cancelOnPipelineCancel: input.boolean('cancelOnPipelineCancel', true),
  };
}

function checkNotebookPath(input: InputReader, path: string): void {
  if (path === '') return;
  if (!path.startsWith('/')) {
    input.problem(
      `Input 'notebookPath' is "${path}", expected an absolute path in the workspace, e.g. /Shared/app/main.`,
    );
  } else if (path.endsWith('/') || path.split('/').some((part) => part === '.' || part === '..')) {
    input.problem(
      `Input 'notebookPath' is "${path}", expected the path of a notebook: without "." and ".." and without "/" at the end.`,
    );
  }
}

function readCompute(input: InputReader, host: Pick<TaskHost, 'getVariable'>): Compute {
  const kind = input.choice('compute', computeKinds);
  const existing = input.text('existingCluster');
  const specification = input.text('newCluster');
  const serverless: Compute = { kind: 'serverless' };
  if (kind === 'serverless') return serverless;
  if (existing !== '' && specification !== '') {
    input.problem("Both 'existingCluster' and 'newCluster' are given; keep one of them.");
    return serverless;
  }
  if (existing !== '') return readExistingCluster(input, existing);
  if (specification !== '') return readNewCluster(input, host, specification);
  if (input.isGiven('existingCluster') || input.isGiven('newCluster')) return serverless;
  input.problem(
    {
      auto: "No compute is chosen: set 'existingCluster' to a cluster id, or 'newCluster' to a cluster specification, or 'compute' to serverless.",
      existingCluster:
        "Input 'existingCluster' is empty. Give the id of a cluster, e.g. 0923-164208-meows279.",
      newCluster:
        "Input 'newCluster' is empty. Give a cluster specification or the path of a file that holds one.",
    }[kind],
  );
  return serverless;
}

function readExistingCluster(input: InputReader, clusterId: string): Compute {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(clusterId)) {
    input.problem(
      `Input 'existingCluster' is "${clusterId}", expected the id of a cluster, e.g. 0923-164208-meows279. It stands on the page of the cluster, under "More …", "View JSON".`,
    );
  }
  return { kind: 'existing-cluster', clusterId };
}

function readNewCluster(
  input: InputReader,
  host: Pick<TaskHost, 'getVariable'>,
  text: string,
): Compute {
  const newCluster = input.parse(
    'newCluster',
    () => parseCluster(isSpecification(text) ? text : readSpecification(host, text)),
    {},
  );
  return { kind: 'new-cluster', newCluster };
}

/** Everything else is the path of a file. */
function isSpecification(text: string): boolean {
  return /[{\n]|: /.test(text);
}

/** Specifications have a few kB. */
const longestSpecification = 1024 * 1024;

function readSpecification(host: Pick<TaskHost, 'getVariable'>, path: string): string {
  const folder = host.getVariable('System.DefaultWorkingDirectory') ?? '.';
  const file = isAbsolute(path) ? path : resolve(folder, path);
  try {
    const stats = statSync(file);
    // Devices and pipes never end.
    if (!stats.isFile()) throw new InputError(`"${file}" is no file.`);
    if (stats.size > longestSpecification) {
      throw new InputError(
        `the file "${file}" has ${stats.size} bytes, too many for a cluster specification.`,
      );
    }
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new InputError(
      `the file "${file}" cannot be read (${code}). Give the path of a file on the agent, relative to System.DefaultWorkingDirectory, or the specification itself.`,
    );
  }
}

const clusterExample =
  '{"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_D4ds_v5", "num_workers": 1}';

function parseCluster(text: string): JsonObject {
  const cluster = parseObject(text, clusterExample);
  const inner = cluster['new_cluster'];
  if (inner !== undefined) {
    throw new InputError(
      'the specification is wrapped in "new_cluster"; give only what is inside.',
    );
  }
  if (cluster['spark_version'] === undefined && cluster['policy_id'] === undefined) {
    throw new InputError(
      `"spark_version" is missing. Expected a specification such as ${clusterExample}.`,
    );
  }
  return cluster;
}

/** Levels of the Jobs API (docs: jobs/submit, access_control_list). */
const runAccess = {
  levels: ['CAN_VIEW', 'CAN_MANAGE_RUN', 'CAN_MANAGE', 'IS_OWNER'],
  example: '[{"group_name": "data-engineers", "permission_level": "CAN_VIEW"}]',
};

function readIdempotencyToken(input: InputReader): string | undefined {
  const token = input.text('idempotencyToken');
  if (token.length > 64) {
    input.problem(`Input 'idempotencyToken' has ${token.length} characters, expected at most 64.`);
  }
  return token === '' ? undefined : token;
}

type RunNames = Pick<SubmitInputs, 'runName' | 'earlierRunNames'>;

/** A name that the user chose stays as it is, so its runs are found only if it is always the same. */
function givenRunName(runName: string): RunNames {
  return { runName, earlierRunNames: new RegExp(`^${exactly(runName)}$`) };
}

/**
 * Names the pipeline, its run, and the step by 8 hex digits of its identity, so that the run is found from both sides, by
 * people and by the next run of the step.
 */
function defaultRunName(host: Pick<TaskHost, 'getVariable'>, notebookPath: string): RunNames {
  const { definition, number, environment } = pipelineRunNames(host);
  const notebook = notebookPath.split('/').at(-1) ?? '';
  const identity = computeStepIdentity((name) => host.getVariable(name));
  const step = identity.isStable ? ` [${identity.hash.slice(0, 8)}]` : '';
  const pattern = [
    definition && exactly(definition),
    number && '.*',
    environment && exactly(environment),
  ];
  return {
    runName: `${describePipelineRun(host)}: ${notebook}${step}`,
    earlierRunNames: new RegExp(
      `^${joinNames(pattern)}: ${exactly(notebook)} \\[[0-9a-f]{8}\\]$`,
      's',
    ),
  };
}

/** For a regular expression that means just this text. */
function exactly(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
