/** A set of restrictions on logging commands; several sets apply together. Reference 3.5. */
export interface Restriction {
  readonly isRestricted: boolean;
  readonly settableVariables?: readonly string[];
}

const ALLOWED_WHEN_RESTRICTED = new Set([
  'task.logissue',
  'task.issue',
  'task.setprogress',
  'task.complete',
  'task.logdetail',
  'task.setsecret',
  'task.setvariable',
  'task.settaskvariable',
  'task.debug',
  'task.prependpath',
  'telemetry.publish',
]);

/** True when a command (lower-case `area.event`) may run under all restrictions. */
export function isCommandAllowed(command: string, restrictions: readonly Restriction[]): boolean {
  if (ALLOWED_WHEN_RESTRICTED.has(command)) return true;
  return restrictions.every(({ isRestricted }) => !isRestricted);
}

/** True when a variable may be set under all restrictions; patterns are globs without case. */
export function isVariableAllowed(name: string, restrictions: readonly Restriction[]): boolean {
  return restrictions.every(
    ({ settableVariables }) => settableVariables?.some((glob) => matches(glob, name)) ?? true,
  );
}

function matches(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 'is').test(name);
}
