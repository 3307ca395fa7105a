import { parseArgs } from 'node:util';
import { BenchError } from './bench-error';

/** All measurements, in the order in which they are made. */
export const measurementNames = ['sizes', 'start', 'waits', 'import', 'clients'] as const;

export type MeasurementName = (typeof measurementNames)[number];

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  readonly action: 'measure' | 'check' | 'update' | 'help';
  readonly measurements: readonly MeasurementName[];
  /** How often what takes minutes is repeated. */
  readonly repeat: number;
  /** Small numbers, and nothing is written. */
  readonly isQuick: boolean;
  readonly builds: boolean;
}

export const usage = `Usage: npm run bench [-- OPTIONS] [MEASUREMENT ...]

Measures the built tasks against local workspaces and writes docs/bench.md. Measurements, all by default:
  sizes     bundles and VSIX
  start     each task to its first request, against a bare script (needs an idle machine)
  waits     how soon the end of a run is noticed, and with how many requests
  import    300, 1,000 and 5,000 notebooks with latency and a rate limit
  clients   300 of them by the legacy CLI and the SDK for Python (needs what test:conformance needs)

Options:
  --repeat N   how often imports are repeated (default: 3)
  --quick      small numbers, to try; docs/bench.md stays as it is
  --no-build   with the tasks as they were built last
  --check      compares counts of requests and sizes with scripts/bench/baseline.json instead
  --update     writes that file instead
  --help       this text`;

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        repeat: { type: 'string', default: '3' },
        quick: flag,
        build: { type: 'boolean', default: true },
        check: flag,
        update: flag,
        help: flag,
      },
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    throw new BenchError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function toName(text: string): MeasurementName {
  const name = measurementNames.find((known) => known === text);
  if (name !== undefined) return name;
  throw new BenchError(
    `"${text}" is no measurement. There are ${measurementNames.join(', ')}; leave it out for all.`,
  );
}

function chooseAction(values: {
  readonly help: boolean;
  readonly check: boolean;
  readonly update: boolean;
}): BenchOptions['action'] {
  if (values.help) return 'help';
  if (values.check && values.update) {
    throw new BenchError('--check compares with the baseline, --update replaces it: give one.');
  }
  if (values.check) return 'check';
  return values.update ? 'update' : 'measure';
}

/** Reads the arguments after `npm run bench --`. Throws BenchError that says what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const action = chooseAction(values);
  if (action !== 'measure' && action !== 'help' && positionals.length > 0) {
    throw new BenchError(
      `--${action} always measures the same; leave out ${positionals.join(' ')}.`,
    );
  }
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > 99) {
    throw new BenchError(`--repeat is "${values.repeat}", expected a whole number from 1 to 99.`);
  }
  const asked = new Set(positionals.map(toName));
  const chosen = measurementNames.filter((name) => asked.size === 0 || asked.has(name));
  return {
    action,
    measurements: chosen,
    repeat: values.quick ? 1 : repeat,
    isQuick: values.quick,
    builds: values.build,
  };
}
