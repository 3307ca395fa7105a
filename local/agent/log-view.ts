import type { RunView } from './run-view';
import { describeDuration, summaryTable } from './summary-table';
import { RESULT_STYLES, type Style, styler } from './terminal-styles';
import type { StepRecord } from './timeline';

const MARKERS: Readonly<Record<string, { readonly style: Style; readonly label: string }>> = {
  error: { style: 'red', label: 'error: ' },
  warning: { style: 'yellow', label: 'warning: ' },
  debug: { style: 'grey', label: 'debug: ' },
  command: { style: 'cyan', label: '$ ' },
  section: { style: 'bold', label: '' },
};

/** Shows a run as a log: a line per stage, job and step, the log of a step indented below it, a table at the end. */
export function createLogView(write: (line: string) => void, color: boolean): RunView {
  const paint = styler(color);
  let groupDepth = 0;
  const indented = (line: string): void => {
    if (/^##\[endgroup\]/i.test(line)) {
      groupDepth = Math.max(0, groupDepth - 1);
      return;
    }
    const indent = '  '.repeat(groupDepth);
    const group = /^##\[group\](.*)/i.exec(line);
    if (group) groupDepth += 1;
    const text = group ? paint(group[1] ?? '', 'bold') : paintLine(line, paint);
    write(`    ${paint('|', 'grey')} ${indent}${text}`.trimEnd());
  };
  return {
    runStarted: (title, facts) =>
      write(`${paint(title, 'bold')}  ${paint(facts.join(', '), 'grey')}`),
    stageStarted: (displayName) => {
      if (displayName !== '') write(`\n${paint(`Stage ${displayName}`, 'bold')}`);
    },
    stageFinished: (stage) => {
      const title = `Stage ${stage.displayName}`;
      if (stage.result === 'Skipped' && stage.jobs.length === 0) {
        write(`\n${paint(`${title} skipped`, 'grey')}`);
      }
      for (const { message } of stage.issues) write(`\n${paint(`${title}: ${message}`, 'red')}`);
    },
    jobStarted: (displayName) => write(`\n${paint(`Job ${displayName}`, 'bold')}`),
    jobFinished: (job) => {
      if (job.result === 'Skipped') write(`\n${paint(`Job ${job.displayName} skipped`, 'grey')}`);
      for (const { message } of job.steps.length === 0 ? job.issues : []) {
        write(`\n${paint(`Job ${job.displayName}: ${message}`, 'red')}`);
      }
    },
    stepStarted: (displayName) => {
      groupDepth = 0;
      write(`  ${paint('>', 'cyan')} ${displayName}`);
    },
    line: indented,
    stepFinished: (step) => write(describeStep(step, paint)),
    notice: (text) => write(`  ${paint(text, 'grey')}`),
    runFinished: (result) => {
      for (const line of summaryTable(result, paint)) write(line);
    },
  };
}

function paintLine(line: string, paint: ReturnType<typeof styler>): string {
  const match = /^##\[(error|warning|debug|command|section)\](.*)$/i.exec(line);
  const marker = MARKERS[match?.[1]?.toLowerCase() ?? ''];
  return marker ? paint(marker.label + (match?.[2] ?? ''), marker.style) : line;
}

function describeStep(step: StepRecord, paint: ReturnType<typeof styler>): string {
  const { sign, style } = RESULT_STYLES[step.result];
  if (step.result === 'Skipped') return paint(`  ${sign} ${step.displayName}  skipped`, style);
  const attempts = step.attempts > 1 ? `, ${step.attempts} attempts` : '';
  const facts = paint(`${step.result}, ${describeDuration(step.durationMs)}${attempts}`, 'grey');
  return `  ${paint(sign, style)} ${step.displayName}  ${facts}`;
}
