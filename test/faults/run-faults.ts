import { resolve } from 'node:path';
import { type Combination, combinationsOf, randomOf, shrink } from './combinations';
import type { FaultOptions } from './command-line';
import { type PlacedFault, parseFaults } from './fault-kinds';
import { LabPool } from './lab-pool';
import { describeFaults, FaultLab, matrixOf, type Verdict } from './try-faults';

interface Row {
  tried: number;
  done: number;
  failed: number;
  retried: number;
  missed: number;
  wrong: number;
}

const emptyRow = (): Row => ({ tried: 0, done: 0, failed: 0, retried: 0, missed: 0, wrong: 0 });

/** Tries conversations, prints what goes wrong as it goes, and a table in the end. */
export class FaultSuite {
  readonly #lab: FaultLab;
  readonly #options: FaultOptions;
  readonly #out: (line: string) => void;
  readonly #rows = new Map<string, Row>();
  readonly #wrong: string[] = [];
  #pool: LabPool | undefined;
  #tried = 0;
  #total = 0;

  constructor(options: FaultOptions, out: (line: string) => void) {
    this.#options = options;
    this.#out = out;
    this.#lab = new FaultLab(resolve(options.tasks));
  }

  /** True when nothing went wrong. */
  async run(): Promise<boolean> {
    try {
      if (this.#options.only !== undefined) return await this.#runOne(this.#options.only);
      const start = Date.now();
      const all = await this.#plan();
      this.#total = all.length;
      this.#pool = new LabPool(resolve(this.#options.tasks), this.#options.jobs);
      await Promise.all(all.map((combination) => this.#tryOne(combination)));
      this.#printTable(Math.round((Date.now() - start) / 1000));
      return this.#wrong.length === 0;
    } finally {
      this.#pool?.close();
      this.#lab.close();
    }
  }

  async #plan(): Promise<Combination[]> {
    const { scenarios, kinds, runs, seed, matrix } = this.#options;
    const requests = new Map<string, ReadonlyMap<string, number>>();
    const singles: Combination[] = [];
    for (const scenario of scenarios) {
      requests.set(scenario, (await this.#lab.reference(scenario)).requests);
      if (!matrix) continue;
      const faults = await matrixOf(this.#lab, scenario, kinds);
      singles.push(...faults.map((fault) => ({ scenario, faults: [fault] })));
    }
    const positions = [...requests].map(([scenario, counts]) => {
      return `${scenario} ${[...counts.values()].reduce((sum, count) => sum + count, 0)}`;
    });
    this.#out(`Requests of each conversation: ${positions.join(', ')}.`);
    this.#out(
      `${singles.length} single faults of ${kinds.length} kinds, ${runs} combinations, seed ${seed}.`,
    );
    // The slow ones lie among the others, which use the time that they wait.
    return shuffled([...singles, ...combinationsOf(seed, runs, requests, { slow: true })], seed);
  }

  async #tryOne({ scenario, faults }: Combination): Promise<void> {
    const verdict = await this.#judge(scenario, faults);
    this.#count(scenario, verdict);
    this.#tried += 1;
    if (this.#tried % 100 === 0) this.#out(`${this.#tried} of ${this.#total} tried`);
    if (verdict.problems.length === 0) return;
    const fails = async (part: readonly PlacedFault[]): Promise<boolean> => {
      return (await this.#judge(scenario, part)).problems.length > 0;
    };
    const isRepeatable = await fails(faults);
    const smallest = isRepeatable ? await shrink(faults, fails) : faults;
    const spec = `${scenario}: ${describeFaults(smallest)}`;
    this.#wrong.push(spec);
    const said = [...verdict.problems, `message: ${verdict.message}`, ...verdict.log.slice(-6)];
    this.#out(`WRONG${isRepeatable ? '' : ', but not again:'} ${spec}\n  ${said.join('\n  ')}`);
  }

  async #judge(scenario: string, faults: readonly PlacedFault[]): Promise<Verdict> {
    const delivery = await this.#pool?.try({ scenario, faults });
    if (delivery !== undefined && 'verdict' in delivery) return delivery.verdict;
    const problem = `the suite itself failed: ${delivery?.failure}`;
    return { outcome: 'failed', hits: 0, problems: [problem], message: '', log: [] };
  }

  #count(scenario: string, { outcome, problems, hits }: Verdict): void {
    const row = this.#rows.get(scenario) ?? emptyRow();
    this.#rows.set(scenario, row);
    row.tried += 1;
    if (hits === 0) row.missed += 1;
    if (problems.length > 0) row.wrong += 1;
    else if (outcome === 'done') row.done += 1;
    else if (outcome === 'failed') row.failed += 1;
    else row.retried += 1;
  }

  #printTable(seconds: number): void {
    this.#out(
      '| conversation | tried | done | clear failure, done by the retry | killed, done by the retry | fault not met | wrong |',
    );
    this.#out('|---|---|---|---|---|---|---|');
    const total = emptyRow();
    for (const [scenario, row] of this.#rows) {
      for (const key of Object.keys(total) as (keyof Row)[]) total[key] += row[key];
      this.#out(describeRow(scenario, row));
    }
    this.#out(describeRow('all', total));
    this.#out(
      `${this.#tried} conversations in ${seconds} s, seed ${this.#options.seed}, wrong: ${this.#wrong.length}`,
    );
    for (const spec of this.#wrong) this.#out(`  npm run test:faults -- --only "${spec}"`);
  }

  async #runOne(spec: string): Promise<boolean> {
    const [, scenario = '', faults = ''] = /^([\w-]+): (.+)$/.exec(spec) ?? [];
    const verdict = await this.#lab.try(scenario, parseFaults(faults));
    this.#out(`${verdict.outcome}: ${verdict.message}`);
    if (verdict.hits === 0) this.#out('No request met a fault.');
    if (this.#options.verbose) for (const line of verdict.log) this.#out(`  | ${line}`);
    for (const problem of verdict.problems) this.#out(`WRONG ${problem}`);
    return verdict.problems.length === 0;
  }
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomOf(seed);
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function describeRow(name: string, { tried, done, failed, retried, missed, wrong }: Row): string {
  return `| ${[name, tried, done, failed, retried, missed, wrong].join(' | ')} |`;
}
