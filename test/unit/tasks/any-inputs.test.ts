import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { ExpectedError } from '../../../shared/databricks';
import { connect } from '../../../shared/pipeline/connection/connect';
import type { Task } from '../../../shared/pipeline/task-context';
import type { TaskManifest } from '../../../shared/pipeline/task-manifest';
import { checkConnection } from '../../../tasks/CheckConnection/run';
import checkManifest from '../../../tasks/CheckConnection/task.json';
import { importNotebooks } from '../../../tasks/ImportNotebooks/run';
import importManifest from '../../../tasks/ImportNotebooks/task.json';
import { runNotebook } from '../../../tasks/RunNotebook/run';
import runManifest from '../../../tasks/RunNotebook/task.json';
import { submitRun } from '../../../tasks/SubmitNotebookRun/run';
import submitManifest from '../../../tasks/SubmitNotebookRun/task.json';
import { updateRepo } from '../../../tasks/UpdateRepo/run';
import updateManifest from '../../../tasks/UpdateRepo/task.json';
import { waitForRun } from '../../../tasks/WaitForRun/run';
import waitManifest from '../../../tasks/WaitForRun/task.json';
import { AnyWorkspace } from '../../helpers/any-workspace';
import { anyInput, longInputs } from '../../helpers/foreign-text';
import { stubHost } from '../../helpers/stub-api';
import { aTaskContext, aTempDirectory } from '../../helpers/task-context';
import { someProbes } from './check-connection/a-check';
import { aFolder, header } from './import-notebooks/source/a-source';

type Inputs = Readonly<Record<string, string>>;

/** Throws when the requests that a value of an input led to do not say what was meant. */
type Check = (value: string, workspace: AnyWorkspace, warnings: readonly string[]) => void;

interface Subject {
  readonly task: Task;
  readonly manifest: TaskManifest;
  /** Inputs with which the task succeeds. */
  readonly inputs: Inputs;
  readonly isEmpty?: boolean;
  /** What is wrong is found by asking, and reported in a table; nothing is changed. */
  readonly isReport?: boolean;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Values per input; the time of a case is bounded generously, because other tests run beside it. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 8);
const longestMs = 5_000;
const tempDirectory = aTempDirectory();
/** System.DefaultWorkingDirectory. */
const workingDirectory = aTempDirectory();
const source = aFolder({
  'a.py': `${header}1`,
  'b/c.txt': 'x',
  'b/d.sql': '-- Databricks notebook source',
});

/** The value as the reader of inputs hands it over. */
const given = (value: string): string => value.trim().replaceAll('$$(', '$(');
/** Folders of this machine that are not the test's own hold whatever they hold. */
function isElsewhere(value: string): boolean {
  const path = resolve(workingDirectory, given(value));
  const isOwn = [source, workingDirectory].some((folder) => `${path}/`.startsWith(`${folder}/`));
  return !isOwn && existsSync(path) && statSync(path).isDirectory();
}

/** Nothing climbs out of where it is. */
const climbsNowhere = (path: string): void => assert.doesNotMatch(path, /(^|\/)\.\.?(\/|$)/);
const isIn =
  (...words: string[]) =>
  (value: string): void =>
    assert.ok(['', ...words].includes(value.trim().toLowerCase()), `took ${JSON.stringify(value)}`);
const isNumber =
  (pattern: RegExp) =>
  (value: string): void =>
    assert.match(value.trim(), pattern);
/** Of inputs that the other choices hide. */
/** A hidden input: one warning if it holds something else than one of these. */
const isIgnoredUnless =
  (...defaults: readonly string[]): Check =>
  (value, _, warnings) =>
    assert.equal(warnings.length, defaults.includes(value.trim().toLowerCase()) ? 0 : 1);
const isIgnored = isIgnoredUnless('', 'false');
const isBoolean = isIn('true', 'false');
const isMinutes = isNumber(/^(\d{1,7}(\.\d{1,6})?)?$/);

const connectionChecks: Subject['checks'] = {
  connectionType: isIn('auto', 'token'),
  azureSubscription: isIn(),
  azureWorkspaceResourceId: isIn(),
  databricksConnection: (value) => assert.equal(value.trim(), ''),
  token: (value) => assert.match(value.trim(), /^[\x21-\x7e]+$/),
};

const waitChecks: Subject['checks'] = {
  waitTimeoutMinutes: isMinutes,
  onTimeout: isIn('cancel', 'leave'),
  cancelOnPipelineCancel: isBoolean,
  allowPartialSuccess: isBoolean,
  publishSummary: isBoolean,
};

function valuesOf(bodies: readonly Record<string, unknown>[], key: string): unknown[] {
  return bodies.map((body) => body[key]);
}

function submitted(workspace: AnyWorkspace): Record<string, unknown> {
  const [body, ...more] = workspace.bodies('POST submit');
  assert.deepEqual(more, []);
  return body ?? {};
}

function submittedTask(workspace: AnyWorkspace): Record<string, unknown> {
  return (submitted(workspace)['tasks'] as Record<string, unknown>[])[0] ?? {};
}

const submitChecks: Subject['checks'] = {
  notebookPath: (value, workspace) => {
    climbsNowhere(given(value));
    assert.deepEqual(workspace.queries('GET get-status', 'path'), [given(value)]);
    const { notebook_path } = submittedTask(workspace)['notebook_task'] as Record<string, unknown>;
    assert.equal(notebook_path, given(value));
  },
  notebookParameters: (value, workspace) => {
    const { base_parameters = {} } = submittedTask(workspace)['notebook_task'] as Record<
      string,
      unknown
    >;
    for (const [key, text] of Object.entries(base_parameters as object)) {
      assert.equal(typeof text, 'string');
      assert.ok(value.includes('"') || value.includes('\\') || given(value).includes(key), key);
    }
    const isEmpty = /^(\{\s*\})?$/.test(given(value));
    if (!isEmpty) assert.notDeepEqual(base_parameters, {}, value);
  },
  compute: isIn('auto', 'serverless'),
  existingCluster: (value, workspace) =>
    assert.equal(submittedTask(workspace)['existing_cluster_id'], given(value)),
  newCluster: (value) => assert.equal(value.trim(), ''),
  runName: (value, workspace) => {
    const name = String(submitted(workspace)['run_name']);
    const byDefault = name.replace(/ \[[0-9a-f]{8}\]$/, '') === 'Azure Pipelines: main';
    assert.ok(given(value) === '' ? byDefault : name === given(value), name);
  },
  runTimeoutMinutes: isMinutes,
  accessControlList: (value) => assert.match(value.trim(), /^$|^\[/),
  idempotencyToken: (value, workspace) => {
    const token = submitted(workspace)['idempotency_token'];
    if (value.trim() === '') assert.match(String(token), /^[0-9a-f]{64}$/);
    else assert.equal(token, given(value));
  },
  cancelOnPipelineCancel: isBoolean,
};

/** What a task sends for the files of the source, without its own notes. */
function imported(workspace: AnyWorkspace): unknown[] {
  const paths = valuesOf(workspace.bodies('POST import'), 'path');
  return paths.filter((path) => !/\/\.databricks-import[^/]*$/.test(String(path)));
}

function asks(what: string, name: string): Check {
  return (value, workspace) => {
    const wanted = given(value);
    if (wanted !== '') assert.ok(workspace.queries(what, name).includes(wanted), value);
  };
}

const submitInputs: Inputs = { notebookPath: '/Shared/app/main', existingCluster: 'c-1' };

const subjects: Readonly<Record<string, Subject>> = {
  SubmitNotebookRun: {
    task: submitRun,
    manifest: submitManifest as TaskManifest,
    inputs: submitInputs,
    checks: { ...connectionChecks, ...submitChecks },
  },
  RunNotebook: {
    task: runNotebook,
    manifest: runManifest as TaskManifest,
    inputs: submitInputs,
    checks: { ...connectionChecks, ...submitChecks, ...waitChecks },
  },
  WaitForRun: {
    task: waitForRun,
    manifest: waitManifest as TaskManifest,
    inputs: { runId: '7' },
    checks: {
      ...connectionChecks,
      ...waitChecks,
      runId: (value, workspace) => {
        const asked = workspace.queries('GET runs/get', 'run_id');
        const ids = value.split(/[\s,;]+/).filter((id) => id !== '');
        assert.deepEqual(new Set(asked), new Set(ids));
      },
    },
  },
  UpdateRepo: {
    task: updateRepo,
    manifest: updateManifest as TaskManifest,
    isEmpty: true,
    inputs: {
      repoPath: '/Repos/ci/app',
      gitUrl: 'https://github.com/acme/app',
      gitBranch: 'main',
      gitProvider: 'gitHub',
    },
    checks: {
      ...connectionChecks,
      repoPath: (value, workspace) => {
        const path = given(value)
          .replace(/^\/Workspace(?=\/)/, '')
          .replace(/\/+$/, '');
        climbsNowhere(path);
        assert.deepEqual(valuesOf(workspace.bodies('POST repos'), 'path'), [path]);
      },
      repoId: isIn(),
      gitUrl: (value, workspace) => {
        const [url] = valuesOf(workspace.bodies('POST repos'), 'url');
        assert.match(String(url), /^(https:\/\/[^/@?#]+(\/[^@?#]*)?|file:.*)$/);
        assert.equal(new URL(String(url)).host, new URL(given(value)).host);
      },
      gitProvider: (value) => assert.match(value.trim(), /^(|auto|(git|bitbucket|azure|aws)\w*)$/i),
      gitBranch: (value, workspace) => {
        const branch = given(value).replace(/^refs\/heads\//, '');
        const { branch: sent, tag } = workspace.bodies('PATCH 5')[0] ?? {};
        assert.equal(sent ?? `refs/tags/${tag}`, branch);
      },
      gitTag: isIn(),
      expectedCommit: (value) => assert.match('a'.repeat(40), new RegExp(`^${value.trim()}`)),
      temporary: isBoolean,
      keepTemporary: isIgnored,
      createIfMissing: isBoolean,
      onConflict: isIn('fail', 'discard', 'recreate'),
      gitCredential: isIn('existing'),
      gitToken: isIgnoredUnless(''),
      gitUserName: isIgnoredUnless(''),
      sparseCheckoutPatterns: (value, workspace) => {
        const [sent] = valuesOf(workspace.bodies('POST repos'), 'sparse_checkout');
        const { patterns = [] } = (sent ?? {}) as { patterns?: string[] };
        const wanted = given(value)
          .split(/[\n,]/)
          .map((pattern) => pattern.trim());
        assert.deepEqual(
          patterns,
          wanted.filter((pattern) => pattern !== ''),
        );
      },
    },
  },
  CheckConnection: {
    task: (context) => checkConnection(context, someProbes().probes),
    manifest: checkManifest as TaskManifest,
    isReport: true,
    inputs: {},
    checks: {
      ...connectionChecks,
      notebookPath: asks('GET get-status', 'path'),
      clusterId: asks('GET get', 'cluster_id'),
      repoPath: isIn(),
      jobId: asks('GET get', 'job_id'),
    },
  },
  ImportNotebooks: {
    task: importNotebooks,
    manifest: importManifest as TaskManifest,
    isEmpty: true,
    inputs: { sourceFolder: source, targetFolder: '/Shared/app' },
    checks: {
      ...connectionChecks,
      sourceFolder: (value) =>
        assert.ok(resolve(workingDirectory, given(value)).startsWith(source)),
      contents: (value, workspace) => {
        assert.ok(imported(workspace).length > 0 || value === '', value);
      },
      targetFolder: (value, workspace) => {
        const folder = `/${given(value)
          .split('/')
          .filter((name) => name !== '')
          .join('/')}`;
        climbsNowhere(folder);
        assert.deepEqual(imported(workspace).sort(), [
          `${folder}/a`,
          `${folder}/b/c.txt`,
          `${folder}/b/d`,
        ]);
      },
      mode: isIn('merge', 'mirror'),
      incremental: isBoolean,
      stripOutputs: isIn('none', 'auto', 'always'),
      permissions: (value, workspace) => {
        const lists = workspace.bodies('PATCH 1');
        const isNone = /^(\[\s*\])?$/.test(given(value));
        assert.equal(lists.length, isNone ? 0 : 1, value);
        if (!isNone) assert.ok(Array.isArray(lists[0]?.['access_control_list']));
      },
      permissionsMode: isIn('keep', 'replace'),
      allowLargeDelete: isIgnored,
      includeFiles: isBoolean,
      overwrite: isBoolean,
      dryRun: isBoolean,
      maxParallel: isNumber(/^(0*[1-9]\d?)?$/),
    },
  },
};

interface Outcome {
  readonly error: unknown;
  readonly workspace: AnyWorkspace;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly ms: number;
}

async function attempt(
  { task, manifest, inputs, isEmpty = false }: Subject,
  more: Inputs,
): Promise<Outcome> {
  const { context, host } = aTaskContext({
    manifest,
    inputs: { host: stubHost, token: 'dapi-test', ...inputs, ...more },
    variables: { 'System.DefaultWorkingDirectory': workingDirectory },
    tempDirectory,
  });
  const workspace = new AnyWorkspace();
  workspace.isEmpty = isEmpty;
  const base = { ...context, fetch: workspace.fetch };
  const start = performance.now();
  const error = await task({ ...base, connect: (settings) => connect(settings, base) }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { warnings, infos } = host;
  return { error, workspace, warnings, infos, ms: performance.now() - start };
}

/** The inputs that a message about this one may name instead. */
function namesOf(input: string): string[] {
  return input === 'azureWorkspaceResourceId' ? [input, 'azureSubscription'] : [input];
}

/** Refused before the first request, with a message about the input; that of a report stands in its table. */
function assertRefused(
  { error, workspace, infos }: Outcome,
  input: string,
  { isReport }: Subject,
): void {
  assert.ok(error instanceof ExpectedError, `defect: ${(error as Error).stack}`);
  assert.deepEqual(
    workspace.requests.map(({ method, path }) => `${method} ${path}`),
    [],
    String(error),
  );
  const told = [error.message, error.hint, ...(isReport ? infos : [])].join(' ');
  assert.ok(
    namesOf(input).some((one) => told.includes(`'${one}'`)),
    `about something else: ${error.message}`,
  );
}

/** Found to be wrong by reading in the workspace, with a table that says so. */
function assertReported({ error, workspace, infos }: Outcome): void {
  assert.ok(error instanceof ExpectedError, `defect: ${(error as Error).stack}`);
  assert.ok(workspace.requests.every(({ method }) => method === 'GET'));
  assert.ok(
    infos.some((line) => line.includes('| failed ')),
    infos.join('\n'),
  );
}

/** Inputs that several tasks read with the same code. */
const triedLong = new Set<string>();

describe('any value of an input', function () {
  this.timeout(120_000);
  for (const [name, subject] of Object.entries(subjects)) {
    describe(`of ${name}`, () => {
      it('may be one that is right', async () => {
        const { error, workspace } = await attempt(subject, {});

        assert.equal(error, undefined, String((error as Error)?.stack));
        assert.ok(workspace.requests.length > 1);
      });

      for (const { name: input } of subject.manifest.inputs.filter((one) => one.name !== 'host')) {
        const check = async (value: string): Promise<void> => {
          const outcome = await attempt(subject, { [input]: value });
          const { error, workspace, warnings, ms } = outcome;

          const isMeant = subject.checks[input];
          assert.ok(isMeant, `add to the checks of ${name} what '${input}' leads to`);
          if (error === undefined) isMeant(value, workspace, warnings);
          else if (subject.isReport && workspace.requests.length > 0) assertReported(outcome);
          else assertRefused(outcome, input, subject);
          assert.ok(ms < longestMs, `${ms} ms`);
        };

        it(`${input}: is meant, or refused before the first request`, async () => {
          const right = subject.inputs[input] ?? '';
          const value = fc.oneof(
            anyInput,
            anyInput.map((text) => right + text),
          );
          const property = fc.asyncProperty(value, async (text) => {
            fc.pre(input !== 'sourceFolder' || !isElsewhere(text));
            await check(text);
          });
          await fc.assert(property, { numRuns });
        });
        if (triedLong.has(input)) continue;
        triedLong.add(input);
        it(`${input}: may be as long as an environment variable`, async () => {
          for (const [title, text] of longInputs) {
            await check(text).catch((error: unknown) =>
              assert.fail(`${title}: ${String(error).slice(0, 1500)}`),
            );
          }
        });
      }
    });
  }
});
