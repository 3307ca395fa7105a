import { evaluate } from './expressions/evaluate';
import { type DictionaryValue, dictionary, toText, type Value } from './expressions/values';
import type { VariableEntry } from './pipeline-file/model';
import type { RunContext } from './run-context';
import type { VariableTable } from './system-variables';
import { VariableStore } from './variables';

/** What runtime expressions of variables see besides the variables. */
export interface DependencyNames {
  readonly dependencies: DictionaryValue;
  readonly stageDependencies: DictionaryValue;
  /** Values that must stay secret when an expression yields them. */
  readonly secretOutputs: ReadonlySet<string>;
}

/** Nothing to depend on. */
export const NO_DEPENDENCIES: DependencyNames = {
  dependencies: dictionary([]),
  stageDependencies: dictionary([]),
  secretOutputs: new Set(),
};

/**
 * The variables of a stage or job. Later layers win: predefined, the variables file, then the scopes
 * of the pipeline file from the root inwards. Reference 8.4.
 */
export function buildVariables(
  run: RunContext,
  predefined: readonly VariableTable[],
  scopes: readonly (readonly VariableEntry[])[],
  names: DependencyNames = NO_DEPENDENCIES,
): VariableStore {
  const store = new VariableStore();
  for (const table of predefined) {
    for (const [name, value] of Object.entries(table)) store.set(name, value, { isReadOnly: true });
  }
  store.set('Agent.JobStatus', 'Succeeded');
  const token = run.systemConnection.parameters['AccessToken'] ?? '';
  store.set('System.AccessToken', token, { isSecret: true, isReadOnly: true });
  for (const [name, { value, isSecret }] of run.settings.variables) {
    store.set(name, value, { isSecret });
  }
  for (const entry of scopes.flat()) setEntry(store, entry, run, names);
  store.recalculate();
  return store;
}

function setEntry(
  store: VariableStore,
  entry: VariableEntry,
  run: RunContext,
  names: DependencyNames,
): void {
  if (entry.kind === 'group') {
    const group = run.settings.groups.get(entry.name) ?? new Map();
    for (const [name, { value, isSecret }] of group) store.set(name, value, { isSecret });
    return;
  }
  const { isReadOnly } = entry;
  if (entry.runtime === undefined) {
    store.set(entry.name, entry.value, { isReadOnly });
    return;
  }
  store.recalculate();
  const value = toText(
    evaluate(entry.runtime, {
      names: {
        variables: variablesValue(store),
        dependencies: names.dependencies,
        stagedependencies: names.stageDependencies,
      },
    }),
  );
  const isSecret = value !== undefined && value !== '' && names.secretOutputs.has(value);
  store.set(entry.name, value ?? '', { isReadOnly, isSecret });
}

/** `variables` as conditions and runtime expressions see it. */
export function variablesValue(store: VariableStore): Value {
  return dictionary(store.list().map(({ name, value }) => [name, value] as const));
}
