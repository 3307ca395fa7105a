import { parseArgs } from 'node:util';
import type { DescribeOptions, PipelineOptions } from './index';

/** How the command is used. */
export const USAGE = `Usage: npm run pipeline -- FILE [options]

Runs an Azure Pipelines file on this machine with the built tasks.

  --variables FILE        variables and variable groups (YAML or JSON)
  --connections FILE      service connections (YAML or JSON)
  --parameter NAME=VALUE  value of a pipeline parameter; may be repeated
  --stage NAME            run only this stage; may be repeated
  --host-type TYPE        build (default) or release
  --artifact ALIAS=DIR    an artifact of a release; may be repeated
  --sources DIR           what "checkout: self" copies (default: the git repository of FILE)
  --tasks DIR             built tasks (default: dist/tasks)
  --work DIR              work folder, kept afterwards (default: a temporary one)
  --plan-id GUID          identity of the run; the same again models "rerun failed jobs"
  --stage-attempt N       --job-attempt N
  --node PATH             Node binary that runs the tasks (default: the running one)
  --id-tokens PORT        issue ID tokens on this port of 127.0.0.1 (with the connections that need them: a free one)
  --verbose               debug run: System.Debug is true, debug lines are shown
  --no-color              plain text

       npm run pipeline -- --describe SUBJECT [options]

Shows what the classic editor would offer: the form of a task, with the lists that are fetched through its
service connection. SUBJECT is a task (Name, Name@1 or its folder), or "connection": then every data source of
the extension's type of service connection is asked.

  --connections FILE      service connections; the only one that fits is taken
  --input NAME=VALUE      value of an input; with "connection" of a parameter of its data sources; may be repeated
  --tasks DIR             tasks (default: dist/tasks)
  --extension FILE        manifest of the extension (default: that of the package the tasks are in, else
                          vss-extension.json)

Ctrl+C cancels the run as the agent would; a second Ctrl+C ends everything at once.
The exit code is 0 when the run succeeded, or nothing is wrong with what is described, otherwise 1.`;

/** Bad arguments of the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What the command line asks for. */
export type Command = PipelineOptions | DescribeCommand | 'help';

/** Describes something instead of running a pipeline. */
export interface DescribeCommand {
  readonly describe: DescribeOptions;
  readonly color: boolean;
}

/** Arguments as runPipeline or describeTask take them, or "help". Throws UsageError. */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  if (values.describe !== undefined) return toDescribeCommand(values, positionals);
  for (const name of ['input', 'extension'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name} goes with --describe only`);
  }
  const [file, second] = positionals;
  if (file === undefined) throw new UsageError('The pipeline file is missing');
  if (second !== undefined)
    throw new UsageError(`One pipeline file at a time; "${second}" is too much`);
  return {
    file,
    ...defined({
      variables: values.variables,
      connections: values.connections,
      sources: values.sources,
      tasksDir: values.tasks,
      workDir: values.work,
      stages: values.stage,
      planId: values['plan-id'],
      nodePath: values.node,
      stageAttempt: attempt(values['stage-attempt']),
      jobAttempt: attempt(values['job-attempt']),
    }),
    ...(values['id-tokens'] !== undefined && { identity: { port: port(values['id-tokens']) } }),
    parameters: pairs(values.parameter ?? [], '--parameter'),
    artifacts: pairs(values.artifact ?? [], '--artifact'),
    hostType: hostType(values['host-type'] ?? 'build'),
    verbose: values.verbose === true,
    color: values.color ?? true,
  };
}

type Values = ReturnType<typeof parseRaw>['values'];

const DESCRIBE_OPTIONS = ['describe', 'connections', 'input', 'tasks', 'extension', 'color'];

function toDescribeCommand(values: Values, [file]: readonly string[]): DescribeCommand {
  if (file !== undefined) throw new UsageError(`--describe takes no pipeline file ("${file}")`);
  const other = Object.keys(values).find((name) => !DESCRIBE_OPTIONS.includes(name));
  if (other !== undefined) throw new UsageError(`--describe takes no --${other}`);
  return {
    describe: {
      subject: values.describe ?? '',
      ...defined({
        connections: values.connections,
        tasksDir: values.tasks,
        extension: values.extension,
      }),
      inputs: pairs(values.input ?? [], '--input'),
    },
    color: values.color ?? true,
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseRaw> {
  try {
    return parseRaw(args);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function parseRaw(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    allowNegative: true,
    options: {
      variables: text,
      connections: text,
      describe: text,
      extension: text,
      sources: text,
      tasks: text,
      work: text,
      node: text,
      'host-type': text,
      'plan-id': text,
      'id-tokens': text,
      'stage-attempt': text,
      'job-attempt': text,
      stage: texts,
      parameter: texts,
      artifact: texts,
      input: texts,
      verbose: { type: 'boolean' },
      color: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

function attempt(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`"${text}" is no attempt: a number from 1`);
  return Number(text);
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number > 0 && number < 65_536) return number;
  throw new UsageError(`--id-tokens takes a port, not "${text}"`);
}

function hostType(text: string): 'build' | 'release' {
  if (text === 'build' || text === 'release') return text;
  throw new UsageError(`--host-type is build or release, not "${text}"`);
}

function pairs(texts: readonly string[], option: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`${option} takes NAME=VALUE, not "${text}"`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
