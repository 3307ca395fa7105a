import { parseArgs } from 'node:util';
import { faultKinds } from './fault-kinds';
import { scenarios } from './scenarios';

export interface FaultOptions {
  /** Random combinations after the matrix. */
  readonly runs: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
  readonly kinds: readonly string[];
  /** Conversations at once. */
  readonly jobs: number;
  /** `scenario: fault + fault` to repeat, instead of everything else. */
  readonly only: string | undefined;
  readonly matrix: boolean;
  /** Folder of the built tasks. */
  readonly tasks: string;
  readonly verbose: boolean;
}

export const usage = `npm run test:faults -- [options]
  --runs N       random combinations of one to three faults after the matrix (500)
  --seed N       of the combinations (a random one, which is printed)
  --task NAMES   only these: ${Object.keys(scenarios).join(', ')}
  --kind NAMES   only these kinds of faults
  --jobs N       conversations at once (4)
  --no-matrix    only the combinations
  --only SPEC    one conversation, as a failure prints it
  --verbose      with --only: the log of the step
  --tasks DIR    the built tasks (dist/vsix/tasks)
  --no-build     use them as they are
`;

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}: "${text}"`);
  return number;
}

function listOf(name: string, text: string | undefined, all: readonly string[]): readonly string[] {
  if (text === undefined) return all;
  const names = text.split(',').map((item) => item.trim());
  const unknown = names.find((item) => !all.includes(item));
  if (unknown !== undefined)
    throw new Error(`--${name}: "${unknown}" is none of ${all.join(', ')}`);
  return names;
}

/** Reads the command line. Throws Error that says what is wrong with it. */
export function parseFaultOptions(args: readonly string[]): FaultOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '500' },
      seed: { type: 'string' },
      task: { type: 'string' },
      kind: { type: 'string' },
      jobs: { type: 'string', default: '4' },
      only: { type: 'string' },
      'no-matrix': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      tasks: { type: 'string', default: 'dist/vsix/tasks' },
    },
  });
  return {
    runs: wholeNumber('runs', values.runs),
    seed: wholeNumber('seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000))),
    scenarios: listOf('task', values.task, Object.keys(scenarios)),
    kinds: listOf('kind', values.kind, Object.keys(faultKinds)),
    jobs: Math.max(1, wholeNumber('jobs', values.jobs)),
    only: values.only,
    matrix: !values['no-matrix'],
    tasks: values.tasks,
    verbose: values.verbose,
  };
}
