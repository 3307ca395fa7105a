import type { RunOutput, TaskRun } from '../../databricks';
import { escapeMarkdown, markdownTable } from '../markdown';
import { describeDuration, describeState, describeSubject } from './describe-run';
import { lastAttempts, type RunReport, resultOf } from './run-report';

/** Longest exit value or traceback in the summary, in characters. */
const maxBlockLength = 20_000;

/**
 * The Markdown for the run's page in Azure DevOps. `harmless` removes secrets, which nobody masks in attachments.
 */
export function buildRunSummary(
  reports: readonly RunReport[],
  harmless: (text: string, maxLength?: number) => string,
): string {
  return `${reports.map((report) => buildSection(report, harmless)).join('\n\n---\n\n')}\n`;
}

type Harmless = (text: string, maxLength?: number) => string;

function buildSection(report: RunReport, harmless: Harmless): string {
  const { run, runId } = report;
  const result = resultOf(report);
  const subject = run ? describeSubject(run) : 'an unknown run';
  const rows: [string, string][] = [
    ['Result', `${iconOf(result)} **${escapeMarkdown(harmless(result))}**`],
    ['Run', linkTo(`Run ${runId}`, report.runPageUrl)],
  ];
  if (run) {
    rows.push(['State', escapeMarkdown(harmless(describeState(run), 1_000))]);
    rows.push(['Duration', describeDurations(report)]);
  }
  const tasks = run ? lastAttempts(run) : [];
  return [
    `### ${escapeMarkdown(harmless(`Run ${runId} of ${subject}`, 500))}`,
    markdownTable(['', ''], rows),
    ...tasks.map((task) =>
      buildTask(task, report.outputs.get(task.runId), tasks.length > 1, harmless),
    ),
  ].join('\n\n');
}

function iconOf(result: string): string {
  if (result === 'SUCCESS') return '✅';
  return result === 'SUCCESS_WITH_FAILURES' ? '⚠️' : '❌';
}

function describeDurations(report: RunReport): string {
  const { run } = report;
  if (!run) return '';
  const sum = (key: 'queueDurationMs' | 'setupDurationMs' | 'executionDurationMs'): number =>
    Math.max(run[key], ...lastAttempts(run).map((task) => task[key]));
  const parts = [
    ['queue', sum('queueDurationMs')],
    ['setup', sum('setupDurationMs')],
    ['execution', sum('executionDurationMs')],
  ] as const;
  const split = parts.map(([name, ms]) => `${name} ${describeDuration(ms)}`).join(', ');
  return run.totalDurationMs === undefined
    ? split
    : `${describeDuration(run.totalDurationMs)} (${split})`;
}

function buildTask(
  task: TaskRun,
  output: RunOutput | undefined,
  isNamed: boolean,
  harmless: Harmless,
): string {
  const parameters = Object.entries(task.parameters);
  const blocks: string[] = [];
  if (isNamed) {
    const state = escapeMarkdown(harmless(describeState(task), 500));
    blocks.push(
      `#### ${linkTo(harmless(`Task ${task.taskKey}`, 200), task.runPageUrl)}\n\n${state}`,
    );
  }
  if (parameters.length > 0) {
    const rows = parameters.map(([name, value]): [string, string] => [
      escapeMarkdown(harmless(name, 200)),
      escapeMarkdown(harmless(value, 500)),
    ]);
    blocks.push(markdownTable(['Parameter', 'Value'], rows));
  }
  if (output?.exitValue) blocks.push(codeBlock('Exit value', output.exitValue, harmless));
  const error = output?.errorTrace || output?.error;
  if (error) blocks.push(codeBlock('Error', error, harmless));
  return blocks.join('\n\n');
}

function linkTo(text: string, url: string): string {
  const label = escapeMarkdown(text);
  if (!/^https?:\/\/[^\s<>()[\]|\\`"]+$/.test(url)) return label;
  return `[${label}](${url})`;
}

/** A fence is longer than every run of backticks inside. */
function codeBlock(title: string, text: string, harmless: Harmless): string {
  const content = harmless(text, maxBlockLength);
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `**${title}**\n\n${fence}\n${content}\n${fence}`;
}
