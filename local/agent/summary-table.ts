import type { Result } from './task-result';
import { RESULT_STYLES, type styler } from './terminal-styles';
import type { Issue, PipelineResult } from './timeline';

type Paint = ReturnType<typeof styler>;

interface Row {
  readonly depth: number;
  readonly name: string;
  readonly result: Result;
  readonly durationMs: number;
  readonly issues: readonly Issue[];
}

/** A duration for people: "0.4 s", "12 s", "3 min 20 s", "1 h 05 min". */
export function describeDuration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Lines of the table at the end of a run: stages, jobs and steps with result and duration, errors below them. */
export function summaryTable(result: PipelineResult, paint: Paint): readonly string[] {
  const rows = toRows(result);
  const width = Math.min(
    72,
    Math.max(20, ...rows.map(({ depth, name }) => depth * 2 + name.length + 2)),
  );
  const { sign, style } = RESULT_STYLES[result.result];
  return [
    '',
    paint(`${'Stage, job, step'.padEnd(width + 2)}${'Result'.padEnd(21)}Time`, 'grey'),
    ...rows.flatMap((row) => describeRow(row, width, paint)),
    '',
    `${paint(`${sign} ${result.result}`, style)} in ${describeDuration(result.durationMs)}${countIssues(rows)}`,
  ];
}

function toRows({ stages }: PipelineResult): readonly Row[] {
  return stages.flatMap((stage) => {
    const depth = stage.displayName === '' ? 0 : 1;
    const jobs = stage.jobs.flatMap((job) => [
      { ...job, depth, name: job.displayName },
      ...job.steps.map((step) => ({ ...step, depth: depth + 1, name: stepName(step) })),
    ]);
    return depth === 0 ? jobs : [{ ...stage, depth: 0, name: stage.displayName }, ...jobs];
  });
}

function stepName({ displayName, hook }: { displayName: string; hook?: string }): string {
  return hook === undefined || hook === 'deploy' ? displayName : `${hook}: ${displayName}`;
}

function describeRow(
  { depth, name, result, durationMs, issues }: Row,
  width: number,
  paint: Paint,
): string[] {
  const indent = '  '.repeat(depth);
  const { sign, style } = RESULT_STYLES[result];
  const room = width - indent.length - 2;
  const title = name.length > room ? `${name.slice(0, room - 1)}…` : name.padEnd(room);
  const time = result === 'Skipped' ? '' : describeDuration(durationMs);
  const label = time === '' ? result : result.padEnd(21);
  const errors = issues.filter(({ type }) => type === 'error');
  return [
    `${indent}${paint(sign, style)} ${title}  ${paint(label, style)}${time}`,
    ...errors.map(({ message }) => paint(`${indent}    ${firstLine(message)}`, 'red')),
  ];
}

function firstLine(message: string): string {
  const [line = '', ...more] = message.split(/\r\n|\n|\r/);
  return more.length > 0 ? `${line} …` : line;
}

function countIssues(rows: readonly Row[]): string {
  const count = (type: Issue['type']): number =>
    rows.flatMap(({ issues }) => issues).filter((issue) => issue.type === type).length;
  const parts = [
    [count('error'), 'error'],
    [count('warning'), 'warning'],
  ] as const;
  const texts = parts.flatMap(([n, word]) =>
    n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`],
  );
  return texts.length === 0 ? '' : `, ${texts.join(', ')}`;
}
