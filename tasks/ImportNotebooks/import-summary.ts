import { escapeMarkdown, markdownTable } from '../../shared/pipeline/markdown';
import { countPlan, describePlan } from './plan/describe-plan';
import type { Change, ImportPlan } from './plan/import-plan';

/** Lines of the plan that are shown; the log has them all. */
const mostLines = 100;

export interface SummaryOptions {
  readonly targetFolder: string;
  /** Host of the workspace. */
  readonly workspace: string;
  /** How it ended, as in the log. */
  readonly outcome: string;
  readonly isDone: boolean;
  /** Removes secrets, which nobody masks on the page. */
  readonly harmless: (text: string, maxLength?: number) => string;
}

/** The Markdown for the run's page in Azure DevOps: what the plan counted, what became of it, and which objects it names. */
export function buildImportSummary(plan: ImportPlan, options: SummaryOptions): string {
  const { targetFolder, workspace, outcome, isDone, harmless } = options;
  const text = (value: string): string => escapeMarkdown(harmless(value, 2_000));
  const ofChange = (wanted: Change): string =>
    String(plan.imports.filter(({ change }) => change === wanted).length);
  const { unchanged, deleted } = countPlan(plan);
  const lines = describePlan(plan);
  const more = lines.length - mostLines;
  return [
    `### ${text(`Import to ${targetFolder}`)}`,
    `${isDone ? '✅' : '❌'} ${text(outcome)}`,
    text(`Workspace ${workspace}`),
    markdownTable(
      ['', 'Planned', 'Objects'],
      [
        ['\\+', 'new', ofChange('new')],
        ['\\~', 'changed', ofChange('changed')],
        ['\\!', 'restored (changed in the workspace)', ofChange('restored')],
        ['\\-', 'deleted', String(deleted)],
        ['=', 'unchanged', String(unchanged)],
      ],
    ),
    ...(lines.length === 0
      ? []
      : [
          lines
            .slice(0, mostLines)
            .map((line) => `- ${text(line)}`)
            .join('\n'),
        ]),
    ...(more > 0 ? [`${more} more are in the log.`] : []),
  ]
    .join('\n\n')
    .concat('\n');
}
