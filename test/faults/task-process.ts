import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One part of a step: the process that the agent would start. */
export interface StepProcess {
  /** Folder of the built tasks. */
  readonly tasks: string;
  /** Folder of the task below it. */
  readonly task: string;
  readonly part: 'index' | 'post-job';
  readonly inputs: Readonly<Record<string, string>>;
  /** Agent.TempDirectory of the job. */
  readonly temp: string;
  readonly host: string;
  readonly token: string;
  /** Environment of the preloaded process-faults.cjs. */
  readonly faults: Readonly<Record<string, string>>;
  /** How long it may take, in real milliseconds. */
  readonly limitMs: number;
}

/** What a process of a step left behind. */
export interface StepEnd {
  readonly exitCode: number | null;
  /** SIGKILL when it was killed. */
  readonly signal: NodeJS.Signals | null;
  readonly isTimedOut: boolean;
  /** Result and message of each task.complete. */
  readonly completions: readonly { readonly result: string; readonly message: string }[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Messages of task.issue, by type. */
  readonly issues: readonly { readonly type: string; readonly message: string }[];
  /** What the log shows: no commands, no debug lines. */
  readonly log: readonly string[];
  readonly stderr: string;
}

interface Definition {
  readonly inputs: readonly { readonly name: string; readonly defaultValue?: unknown }[];
}

const toKey = (name: string): string => name.replace(/[. ]/g, '_').toUpperCase();

/** All inputs, as the agent passes them: what is not given has its default. */
function inputEnvironment({ tasks, task, inputs }: StepProcess): Record<string, string> {
  const file = readFileSync(join(tasks, task, 'task.json'), 'utf8');
  const { inputs: defined } = JSON.parse(file) as Definition;
  const defaults = Object.fromEntries(
    defined.map(({ name, defaultValue = '' }) => [name, String(defaultValue)] as const),
  );
  const all = Object.entries<string>({ ...defaults, ...inputs });
  return Object.fromEntries(
    all.filter(([, value]) => value !== '').map(([name, value]) => [`INPUT_${toKey(name)}`, value]),
  );
}

/** Predefined variables that the tasks read; the same in every attempt of a step, so that it has one identity. */
const variables: Readonly<Record<string, string>> = {
  'System.CollectionUri': 'https://dev.azure.com/faults/',
  'System.TeamProject': 'faults',
  'System.HostType': 'build',
  'System.PlanId': '6f1c0a52-5b0e-4f6a-9d8e-0f6a1c2b3d4e',
  'System.StageName': 'faults',
  'System.StageAttempt': '1',
  'System.PhaseName': 'job',
  'System.JobName': '__default',
  'System.JobId': '12f1170f-54f2-53f3-20dd-22fc7dff55f9',
  'System.JobAttempt': '1',
  'System.TaskInstanceId': '9f2a6c1e-7d4b-5e3a-8c6f-1b2d3e4f5a6b',
  'Build.BuildId': '7',
  'Build.BuildNumber': '7',
  'Build.DefinitionName': 'faults',
  'Agent.JobStatus': 'Succeeded',
};

function environmentOf(step: StepProcess): NodeJS.ProcessEnv {
  const publicVariables: Record<string, string> = {
    ...variables,
    'System.DefaultWorkingDirectory': step.temp,
    'Agent.TempDirectory': step.temp,
    DATABRICKS_HOST: step.host,
  };
  const named = Object.entries(publicVariables).map(([name, value]) => [toKey(name), value]);
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TF_BUILD: 'True',
    ...Object.fromEntries(named),
    VSTS_PUBLIC_VARIABLES: JSON.stringify(Object.keys(publicVariables)),
    SECRET_DATABRICKS_TOKEN: step.token,
    VSTS_SECRET_VARIABLES: JSON.stringify(['DATABRICKS_TOKEN']),
    ...inputEnvironment(step),
    NODE_OPTIONS: `--require=${join(__dirname, 'process-faults.cjs')}`,
    ...step.faults,
  };
}

/** Undoes how task-lib writes values of logging commands. */
function decode(text: string): string {
  return text
    .replace(/%0D/g, '\r')
    .replace(/%0A/g, '\n')
    .replace(/%3B/g, ';')
    .replace(/%5D/g, ']')
    .replace(/%AZP25/g, '%');
}

class Recorder {
  readonly completions: { result: string; message: string }[] = [];
  readonly issues: { type: string; message: string }[] = [];
  readonly outputs: Record<string, string> = {};
  readonly log: string[] = [];

  line(line: string): void {
    const command = /^##vso\[task\.(\w+) ?(.*?)\](.*)$/.exec(line);
    if (command === null) {
      this.log.push(line);
      return;
    }
    const [, name = '', properties = '', data = ''] = command;
    const values = new Map(
      properties.split(';').map((pair) => {
        const [key = '', ...value] = pair.split('=');
        return [key, decode(value.join('='))];
      }),
    );
    const message = decode(data);
    if (name === 'complete') this.completions.push({ result: values.get('result') ?? '', message });
    if (name === 'issue') this.issues.push({ type: values.get('type') ?? '', message });
    if (name === 'setvariable') this.outputs[values.get('variable') ?? ''] = message;
  }
}

/** Runs one part of a step as the agent would, and reads what it prints as the agent would. */
export async function runStepProcess(step: StepProcess): Promise<StepEnd> {
  mkdirSync(step.temp, { recursive: true });
  const script = join(step.tasks, step.task, `${step.part}.js`);
  const child: ChildProcess = spawn(process.execPath, [script], {
    cwd: step.temp,
    env: environmentOf(step),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const recorder = new Recorder();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => recorder.line(line));
  }
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    child.kill('SIGKILL');
  }, step.limitMs);
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
    (resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, name) => resolve([code, name]));
    },
  );
  clearTimeout(timer);
  const { completions, issues, outputs, log } = recorder;
  return { exitCode, signal, isTimedOut, completions, issues, outputs, log, stderr };
}
