/** How a process ended. */
export interface HandlerEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What is wrong with how a task ends that was started without anything it needs; empty if it says so as it
 * should. A post-job part may also end without a word: an agent takes that for success.
 */
export function findImpoliteness(
  { status, stdout, stderr }: HandlerEnd,
  expected: 'Failed' | 'Succeeded',
): string[] {
  const lines = stdout.split(/\r?\n/);
  const completions = lines.filter((line) => line.startsWith('##vso[task.complete'));
  const shown = lines.filter((line) => !line.startsWith('##vso[task.debug]'));
  const issues = lines.filter((line) => line.startsWith('##vso[task.issue type=error'));
  const problems: readonly (readonly [boolean, string])[] = [
    [status !== 0, `ends with exit code ${status}, not 0`],
    [stderr.trim() !== '', `prints to stderr: ${stderr.trim().slice(0, 300)}`],
    [
      !(expected === 'Succeeded' && stdout === '') &&
        (completions.length !== 1 || !completions[0]?.includes(`result=${expected};`)),
      `completes with "${completions.join('" and "')}", not once as ${expected}`,
    ],
    [
      expected === 'Failed' && !issues.some((line) => line.includes('No workspace is given')),
      'does not say that no workspace is given',
    ],
    [shown.some((line) => /^\s+at |%0A\s+at /.test(line)), 'shows a stack trace where people read'],
  ];
  return problems.filter(([isThere]) => isThere).map(([, problem]) => problem);
}
