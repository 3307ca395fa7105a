import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { PlacedFault } from './fault-kinds';
import type { Verdict } from './try-faults';

/** A conversation that a process of the pool is to try. */
export interface Order {
  readonly scenario: string;
  readonly faults: readonly PlacedFault[];
}

/** What a process of the pool answers. */
export type Delivery = { readonly verdict: Verdict } | { readonly failure: string };

interface Job {
  readonly order: Order;
  readonly done: (delivery: Delivery) => void;
}

/**
 * Tries conversations in processes of their own: a workspace must answer in time, and what a process does for one
 * conversation would hold up another.
 */
export class LabPool {
  readonly #children: ChildProcess[];
  readonly #waiting: Job[] = [];
  readonly #idle: ChildProcess[];

  constructor(tasks: string, size: number) {
    const script = join(__dirname, 'lab-process.ts');
    this.#children = Array.from({ length: size }, () =>
      fork(script, [tasks], { execArgv: ['--import', 'tsx'] }),
    );
    this.#idle = [...this.#children];
  }

  try(order: Order): Promise<Delivery> {
    return new Promise((done) => {
      this.#waiting.push({ order, done });
      this.#next();
    });
  }

  close(): void {
    for (const child of this.#children) child.disconnect();
  }

  #next(): void {
    const child = this.#idle.pop();
    if (child === undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#idle.push(child);
      return;
    }
    child.once('message', (delivery: Delivery) => {
      job.done(delivery);
      this.#idle.push(child);
      this.#next();
    });
    child.send(job.order);
  }
}
