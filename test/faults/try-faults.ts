import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedRequest } from '../../local/workspace';
import { createGitRemote, type GitRemote } from '../helpers/git-remote';
import { clockFactor, describeFault, kindOf, type PlacedFault } from './fault-kinds';
import {
  type Attempt,
  isKilled,
  isSuccess,
  judgeFailure,
  judgeProcesses,
  judgeRetry,
  judgeSuccess,
  messageOf,
  type Reference,
} from './oracle';
import {
  readRequest,
  readState,
  type Scenario,
  type State,
  scenarios,
  startWorld,
  type World,
} from './scenarios';
import { runStepProcess, type StepEnd } from './task-process';

/** Longest real time of one process; the longest fault takes a sixth of it. */
const limitMs = 180_000;

/** What came of one conversation with faults. */
export interface Verdict {
  readonly outcome: 'done' | 'failed' | 'done by the retry';
  /** How many of the faults met a request. */
  readonly hits: number;
  /** What is wrong; empty when all is well. */
  readonly problems: readonly string[];
  readonly message: string;
  /** What the log showed, of all attempts. */
  readonly log: readonly string[];
}

/** Runs conversations of the built tasks in `tasks`, each in a workspace of its own. */
export class FaultLab {
  readonly #tasks: string;
  readonly #remote: GitRemote;
  readonly #references = new Map<string, Promise<Reference>>();

  constructor(tasks: string) {
    this.#tasks = tasks;
    const source = '# Databricks notebook source\n';
    this.#remote = createGitRemote({ 'train.py': source });
    this.#remote.commit({ 'train.py': `${source}x` }, { branch: 'feature/x', from: 'main' });
  }

  close(): void {
    this.#remote.remove();
  }

  /** The conversation of a scenario without faults; recorded once. */
  reference(name: string): Promise<Reference> {
    const known = this.#references.get(name) ?? this.#record(name);
    this.#references.set(name, known);
    return known;
  }

  async #record(name: string): Promise<Reference> {
    const scenario = scenarioOf(name);
    const world = await startWorld(this.#remote);
    try {
      const before = await this.#prepare(world, scenario);
      const attempt = await this.#attempt(world, scenario, {});
      const problems = judgeProcesses(attempt, [world.workspace.token]);
      if (!isSuccess(attempt) || problems.length > 0) {
        throw new Error(`${name} fails without faults: ${messageOf(attempt)} ${problems.join()}`);
      }
      return { ...attempt, before, requests: countRequests(world) };
    } finally {
      await world.close();
    }
  }

  async #prepare(world: World, scenario: Scenario): Promise<State> {
    await scenario.prepare(world);
    const state = await readState(world);
    world.workspace.clearRequests();
    return state;
  }

  /** Runs a scenario with faults, and when it fails or is killed once more without; says what is wrong. */
  async try(name: string, faults: readonly PlacedFault[]): Promise<Verdict> {
    const scenario = scenarioOf(name);
    const reference = await this.reference(name);
    const world = await startWorld(this.#remote);
    const secrets = [world.workspace.token];
    try {
      await this.#prepare(world, scenario);
      addFaults(world, faults);
      const first = await this.#attempt(world, scenario, processFaults(faults), faults);
      const hits = countHits(world, first, faults);
      const problems = judgeProcesses(first, secrets);
      const log = first.ends.flatMap((end) => end.log);
      if (isSuccess(first) && !isKilled(first)) {
        problems.push(...judgeSuccess(first, reference));
        return { outcome: 'done', hits, problems, message: messageOf(first), log };
      }
      if (!isKilled(first)) {
        problems.push(...judgeFailure(name, scenario, first, reference));
        if (mustPass(faults)) problems.push(`a fault that passes is not survived`);
      }
      const second = await this.#attempt(world, scenario, {});
      problems.push(...judgeProcesses(second, secrets), ...judgeRetry(second, reference));
      return {
        outcome: isKilled(first) ? 'done by the retry' : 'failed',
        hits,
        problems,
        message: messageOf(first),
        log: [...log, '--- retry', ...second.ends.flatMap((end) => end.log)],
      };
    } finally {
      await world.close();
    }
  }

  async #attempt(
    world: World,
    scenario: Scenario,
    faults: Readonly<Record<string, string>>,
    placed: readonly PlacedFault[] = [],
  ): Promise<Attempt> {
    const ends: StepEnd[] = [];
    const { workspace, folder } = world;
    for (const part of scenario.parts) {
      ends.push(
        await runStepProcess({
          tasks: this.#tasks,
          task: scenario.task,
          part,
          inputs: scenario.inputs(world),
          temp: join(folder, 'temp'),
          host: workspace.url,
          token: workspace.token,
          faults: { FAULT_CLOCK: String(clockFactor), ...faults },
          limitMs,
        }),
      );
    }
    await settle(world, placed);
    workspace.clearFaults();
    const state = await readState(world);
    const outputs = Object.assign({}, ...ends.map((end) => end.outputs)) as Record<string, string>;
    return { ends, state, outputs: normalise(outputs, world) };
  }
}

function scenarioOf(name: string): Scenario {
  const scenario = scenarios[name];
  if (scenario) return scenario;
  throw new Error(`There is no task "${name}"; there are ${Object.keys(scenarios).join(', ')}.`);
}

/** Ids, hosts and folders differ from world to world. */
function normalise(outputs: Record<string, string>, { workspace, folder }: World) {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      value
        .replaceAll(workspace.url, '<host>')
        .replaceAll(folder, '<folder>')
        .replace(/\b\d{6,}\b/g, '<id>'),
    ]),
  );
}

/** Ids in paths are another one in each world. */
function toGlob(path: string): string {
  return path.replace(/\/\d+$/, '/*');
}

/** Requests of the tasks; others are those of the suite. */
function requestsOf({ workspace }: World): readonly RecordedRequest[] {
  return workspace
    .requests()
    .filter(({ headers }) => String(headers['user-agent']).startsWith('azure-pipelines'));
}

function countRequests(world: World): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { method, path } of requestsOf(world)) {
    const request = `${method} ${toGlob(path)}`;
    counts.set(request, (counts.get(request) ?? 0) + 1);
  }
  return counts;
}

function addFaults({ workspace }: World, faults: readonly PlacedFault[]): void {
  for (const fault of faults) {
    const { shape } = kindOf(fault);
    if (shape.workspace === undefined) continue;
    workspace.addFault({ ...shape.workspace, match: fault.request, after: fault.number - 1 });
  }
}

/** What the processes of the step meet by themselves. */
function processFaults(faults: readonly PlacedFault[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const fault of faults) {
    const { shape } = kindOf(fault);
    const at = `${fault.request}#${fault.number}`;
    if (shape.isKill) env['KILL_AT'] = at;
    if (shape.clockJumpMs !== undefined) {
      env['JUMP_AT'] = at;
      env['JUMP_MS'] = String(shape.clockJumpMs);
    }
  }
  return env;
}

function countHits(world: World, attempt: Attempt, faults: readonly PlacedFault[]): number {
  const isHit = (fault: PlacedFault): boolean => {
    const { shape } = kindOf(fault);
    if (shape.isKill) return isKilled(attempt);
    const kind = shape.workspace?.kind;
    const ofFault = requestsOf(world).filter(({ method, path }) => {
      return `${method} ${toGlob(path)}` === fault.request;
    });
    if (kind === undefined) return ofFault.length >= fault.number;
    return ofFault.some((request) => request.faults.includes(kind));
  };
  return faults.filter(isHit).length;
}

function mustPass(faults: readonly PlacedFault[]): boolean {
  const [only] = faults;
  return faults.length === 1 && only !== undefined && kindOf(only).mustPass(only.request);
}

/** What the workspace was asked and has not done yet is done. */
async function settle({ workspace }: World, faults: readonly PlacedFault[]): Promise<void> {
  const lateMs = Math.max(0, ...faults.map((fault) => kindOf(fault).lateMs ?? 0));
  const isLate = workspace.requests().some((request) => request.faults.includes('latency'));
  if (isLate) await sleep(lateMs + 100);
  for (let tries = 0; tries < 600; tries++) {
    try {
      if ((await fetch(`${workspace.url}/__test/requests`)).ok) return;
    } catch {
      // It refuses connections for a while.
    }
    await sleep(100);
  }
}

/** The single faults that a scenario can meet: every kind at every request. */
export async function matrixOf(
  lab: FaultLab,
  name: string,
  kinds: readonly string[],
): Promise<PlacedFault[]> {
  const { requests } = await lab.reference(name);
  const places = [...requests].flatMap(([request, count]) =>
    Array.from({ length: count }, (_, index) => ({ request, number: index + 1 })),
  );
  return places.flatMap((place) =>
    kinds
      .map((kind) => ({ kind, ...place }))
      .filter((fault) => {
        const { only, isSlow } = kindOf(fault);
        // An outage of minutes at a later one of equal requests is the same, but for the first reads of a run.
        if (isSlow && fault.number > (fault.request === readRequest ? 2 : 1)) return false;
        return only === undefined || only.test(fault.request);
      }),
  );
}

export function describeFaults(faults: readonly PlacedFault[]): string {
  return faults.map(describeFault).join(' + ');
}
