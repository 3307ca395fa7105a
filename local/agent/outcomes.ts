import { type DictionaryValue, dictionary, type Value } from './expressions/values';
import type { Reference } from './pipeline-file/model';
import { combineResults, isSuccess, type Result } from './task-result';
import type { JobRecord, OutputValue, StageRecord } from './timeline';

/** Result and output variables of something others depend on. */
export interface Outcome {
  readonly result: Result;
  readonly outputs: ReadonlyMap<string, OutputValue>;
}

/** Outcomes by name, found in any case. */
export class Outcomes {
  private readonly byName = new Map<string, { readonly name: string; readonly outcome: Outcome }>();

  add(name: string, outcome: Outcome): void {
    this.byName.set(name.toUpperCase(), { name, outcome });
  }

  get(name: string): Outcome | undefined {
    return this.byName.get(name.toUpperCase())?.outcome;
  }

  /** Outcomes of the names given; names without an outcome are left out. */
  pick(references: readonly Reference[]): readonly (readonly [string, Outcome])[] {
    return references.flatMap(({ name }) => {
      const found = this.byName.get(name.toUpperCase());
      return found ? [[found.name, found.outcome] as const] : [];
    });
  }

  names(): readonly string[] {
    return [...this.byName.values()].map(({ name }) => name);
  }
}

/** Outcome of a job from the records of its legs. */
export function outcomeOfJob(records: readonly JobRecord[]): Outcome {
  return {
    result: combineResults(records.map(({ result }) => result)),
    outputs: new Map(records.flatMap(({ outputs }) => Object.entries(outputs))),
  };
}

/** Outcome of a stage as the condition of another stage sees it: outputs are named `job.step.variable`. */
export function outcomeOfStage({ result, jobs }: StageRecord): Outcome {
  const outputs = jobs.flatMap((job) =>
    Object.entries(job.outputs).map(([name, value]) => [`${job.name}.${name}`, value] as const),
  );
  return { result, outputs: new Map(outputs) };
}

/** `dependencies` or a member of `stageDependencies` as expressions see it. */
export function toDependencies(outcomes: Iterable<readonly [string, Outcome]>): DictionaryValue {
  return dictionary([...outcomes].map(([name, outcome]) => [name, describeOutcome(outcome)]));
}

function describeOutcome({ result, outputs }: Outcome): Value {
  const values = [...outputs].map(([name, { value }]) => [name, value] as const);
  return dictionary([
    ['result', result],
    ['outputs', dictionary(values)],
  ]);
}

/** The job status functions for a stage or job, over the outcomes it depends on. Reference 8.3. */
export function statusFunctions(
  dependencies: readonly (readonly [string, Outcome])[],
  all: Outcomes,
  isCanceled: boolean,
): Readonly<Record<string, (names: readonly string[]) => boolean>> {
  const resultsOf = (names: readonly string[]): readonly Result[] =>
    names.length === 0
      ? dependencies.map(([, { result }]) => result)
      : names.map((name) => all.get(name)?.result ?? 'Skipped');
  return {
    always: () => true,
    canceled: () => isCanceled,
    failed: (names) => !isCanceled && resultsOf(names).includes('Failed'),
    succeeded: (names) => !isCanceled && resultsOf(names).every(isSuccess),
    succeededorfailed: (names) =>
      !isCanceled && resultsOf(names).every((result) => isSuccess(result) || result === 'Failed'),
  };
}
