import { suggest } from '../nearest';
import type { JobDefinition, PipelineDefinition, Reference, StepDefinition } from './model';
import type { Position, ProblemList } from './problems';

interface Item {
  readonly name: string;
  readonly dependsOn: readonly Reference[];
  readonly at: Position;
}

/** Reports duplicate names, unknown dependencies and cycles of stages, jobs and steps. */
export function checkDependencies(pipeline: PipelineDefinition, problems: ProblemList): void {
  checkItems('stage', pipeline.stages, problems);
  for (const stage of pipeline.stages) {
    checkItems('job', stage.jobs, problems);
    for (const job of stage.jobs) checkStepNames(job, problems);
  }
}

function checkStepNames(job: JobDefinition, problems: ProblemList): void {
  for (const { steps } of job.sequences) {
    checkUnique('step', steps.filter(hasName), problems);
  }
}

function hasName(step: StepDefinition): step is StepDefinition & { readonly name: string } {
  return step.name !== undefined;
}

function checkUnique(
  kind: string,
  items: readonly { readonly name: string; readonly at: Position }[],
  problems: ProblemList,
): void {
  const seen = new Map<string, Position>();
  for (const { name, at } of items) {
    const first = seen.get(name.toLowerCase());
    if (first) problems.add(at, `There is another ${kind} "${name}" in line ${first.line}`);
    else seen.set(name.toLowerCase(), at);
  }
}

function checkItems(kind: string, items: readonly Item[], problems: ProblemList): void {
  checkUnique(kind, items, problems);
  const names = items.map((item) => item.name);
  for (const item of items) {
    for (const { name, at } of item.dependsOn) {
      if (names.some((known) => isSame(known, name))) continue;
      problems.add(at, `"dependsOn" names an unknown ${kind} "${name}"${suggest(name, names)}`);
    }
  }
  const cycle = findCycle(items);
  if (cycle) problems.add(cycle.at, `The ${kind}s depend on each other in a circle: ${cycle.path}`);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function findCycle(items: readonly Item[]): { at: Position; path: string } | undefined {
  const done = new Set<Item>();
  const visit = (item: Item, path: readonly Item[]): readonly Item[] | undefined => {
    if (path.includes(item)) return [...path.slice(path.indexOf(item)), item];
    if (done.has(item)) return undefined;
    for (const { name } of item.dependsOn) {
      const next = items.find((candidate) => isSame(candidate.name, name));
      const found = next ? visit(next, [...path, item]) : undefined;
      if (found) return found;
    }
    done.add(item);
    return undefined;
  };
  for (const item of items) {
    const cycle = visit(item, []);
    if (cycle) return { at: item.at, path: cycle.map(({ name }) => name).join(' -> ') };
  }
  return undefined;
}

/** Sorts so that everything comes after what it depends on; otherwise the order of the file stays. */
export function inDependencyOrder<T extends Item>(items: readonly T[]): readonly T[] {
  const sorted: T[] = [];
  const place = (item: T): void => {
    if (sorted.includes(item)) return;
    for (const { name } of item.dependsOn) {
      const needed = items.find((candidate) => isSame(candidate.name, name));
      if (needed) place(needed);
    }
    sorted.push(item);
  };
  for (const item of items) place(item);
  return sorted;
}
