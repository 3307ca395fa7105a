import { layOut } from '../start/table';

/** One check of a client, as it ended. */
export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  /** Why it did not pass; empty when it did. */
  readonly problem: string;
}

/** The checks of a client; times are milliseconds. */
export interface ClientResult {
  readonly client: string;
  readonly version: string;
  readonly checks: readonly CheckResult[];
  readonly durationMs: number;
}

function isCheck(value: unknown): value is CheckResult {
  return typeof value === 'object' && value !== null && 'check' in value && 'passed' in value;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * Reads what test/conformance/run.py left. What was planned and did not end, a module without checks and a process that
 * ended badly (`complaint`) count as failed checks, so that nothing is missing in silence.
 */
export function readResults(
  module: string,
  text: string,
  complaint: string | undefined,
): readonly CheckResult[] {
  const lines = text.split('\n').map(parseLine);
  const checks = lines.filter(isCheck);
  const plan = lines.find((line) => typeof line === 'object' && line !== null && 'planned' in line);
  const planned = Number(Object(plan).planned ?? 0);
  const problems = [
    ...(planned === 0 ? ['no check was found'] : []),
    ...(checks.length < planned ? [`only ${checks.length} of ${planned} checks ended`] : []),
    ...(complaint === undefined ? [] : [complaint]),
  ];
  if (problems.length === 0) return checks;
  const problem = problems.join('; ');
  return [...checks, { check: `${module} runs to its end`, passed: false, problem }];
}

function count(checks: readonly CheckResult[], passed: boolean): number {
  return checks.filter((check) => check.passed === passed).length;
}

/** What failed and why, for people. */
export function describeFailures(results: readonly ClientResult[]): string {
  const failures = results.flatMap(({ client, checks }) =>
    checks
      .filter(({ passed }) => !passed)
      .map(({ check, problem }) => `FAILED ${client}: ${check}\n${problem.trimEnd()}\n`),
  );
  return failures.join('\n');
}

/** The table of clients, and as last line "N passed, N failed". */
export function describeResults(results: readonly ClientResult[]): string {
  const rows = results.map(({ client, version, checks, durationMs }) => [
    client,
    version,
    String(checks.length),
    String(count(checks, true)),
    String(count(checks, false)),
    `${(durationMs / 1000).toFixed(0)} s`,
  ]);
  const all = results.flatMap(({ checks }) => checks);
  const table = layOut([['client', 'version', 'checks', 'passed', 'failed', 'time'], ...rows]);
  return `${table}\n\n${count(all, true)} passed, ${count(all, false)} failed`;
}

/** Whether every client ran checks and all of them passed. */
export function isGood(results: readonly ClientResult[]): boolean {
  return (
    results.length > 0 &&
    results.every(({ checks }) => checks.length > 0 && count(checks, false) === 0)
  );
}
