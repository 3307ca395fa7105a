import type { Fault, RecordedRequest } from '../../local/workspace';
import type { Bench } from './bench';
import { BenchError } from './bench-error';
import { type BenchWorkspace, countByEndpoint } from './bench-workspace';
import type { NotebookFolder } from './notebook-folder';
import type { StepResult } from './task-run';

const importPath = '/api/2.0/workspace/import';

/** Imports in any second that the service allows to a workspace (reference 1.7). */
export const importsPerSecond = 30;

/** A far workspace that keeps to its limit: every answer takes so long, and what is too much is refused for a second. */
export function farWorkspace(latencyMs: number): readonly Fault[] {
  return [
    { match: '* /*', kind: 'latency', delayMs: latencyMs },
    {
      match: `POST ${importPath}`,
      kind: 'rate-limit',
      perSecond: importsPerSecond,
      headers: { 'Retry-After': '1' },
    },
  ];
}

/** What the workspace saw of uploads. */
export interface UploadCounts {
  /** Requests in all. */
  readonly requests: number;
  readonly byEndpoint: Readonly<Record<string, number>>;
  /** Answers with status 429. */
  readonly refused: number;
  /** Different notebooks that arrived. */
  readonly arrived: number;
  /** From the arrival of the first import to the last answer to one, in epoch milliseconds; undefined without imports. */
  readonly sending: { readonly from: number; readonly to: number } | undefined;
}

/** Reads the log of a workspace; objects below other folders than `target` do not count. */
export function countUploads(requests: readonly RecordedRequest[], target: string): UploadCounts {
  const imports = requests.filter(
    ({ path, body }) => path === importPath && isNotebookIn(pathIn(body), target),
  );
  const arrived = imports.filter(({ status }) => status === 200).map(({ body }) => pathIn(body));
  return {
    requests: requests.length,
    byEndpoint: countByEndpoint(requests),
    refused: requests.filter(({ status }) => status === 429).length,
    arrived: new Set(arrived).size,
    sending: sendingOf(imports),
  };
}

function sendingOf(imports: readonly RecordedRequest[]): UploadCounts['sending'] {
  const [first] = imports;
  if (first === undefined) return undefined;
  const to = imports.reduce((last, { time, durationMs }) => Math.max(last, time + durationMs), 0);
  return { from: first.time, to };
}

/** What a client adds for itself has a name that starts with a dot. */
function isNotebookIn(path: string, target: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path.includes(`${target}/`) && !name.startsWith('.');
}

function pathIn(body: unknown): string {
  const { path } = Object(body) as { path?: unknown };
  return typeof path === 'string' ? path : '';
}

/** Runs ImportNotebooks once. Throws BenchError when it does not succeed. */
export async function runImport(
  { runner }: Bench,
  workspace: BenchWorkspace,
  source: NotebookFolder,
  target: string,
): Promise<StepResult> {
  const step = await runner.runWithMemory({
    task: 'DatabricksImportNotebooks',
    inputs: { sourceFolder: source.path, targetFolder: target },
    host: workspace.url,
    token: workspace.token,
  });
  if (step.result === 'Succeeded') return step;
  const lines = step.log.split('\n').filter((line) => /task\.(issue|complete)/.test(line));
  throw new BenchError(
    `The import of ${source.files.length} notebooks did not succeed:\n${lines.join('\n') || step.log.slice(-2_000)}`,
  );
}
