import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type Bench, ratio } from './bench';
import { BenchError } from './bench-error';
import { type Row, type Section, withBar } from './results';
import { describeSpread, spreadOf } from './statistics';

const repetitions = 25;
const bar = 2.2;
const patienceMs = 30_000;

/** Inputs that let a task come to its first request. */
function inputsOf(
  sourceFolder: string,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const run = { notebookPath: '/Shared/app', compute: 'serverless' };
  return {
    DatabricksCheckConnection: {},
    DatabricksImportNotebooks: { sourceFolder, targetFolder: '/Shared/app' },
    DatabricksRunNotebook: run,
    DatabricksSubmitNotebookRun: run,
    DatabricksUpdateRepo: {
      repoPath: '/Repos/ci/app',
      gitUrl: 'https://dev.azure.com/local/local/_git/app',
      gitBranch: 'main',
    },
    DatabricksWaitForRun: { runId: '1' },
  };
}

/** A request as it arrived, and when. */
interface Arrival {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers everything with {} and tells when the next request arrives. */
class Doorbell {
  readonly #server: Server;
  #ring: (arrival: Arrival) => void = () => {};

  constructor() {
    this.#server = createServer(({ method = '', url = '', headers }, response) => {
      this.#ring({ at: performance.now(), method, path: url, headers });
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  next(what: string): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new BenchError(`${what} sent no request within ${patienceMs} ms.`)),
        patienceMs,
      );
      this.#ring = (arrival) => {
        clearTimeout(timer);
        resolve(arrival);
      };
    });
  }
}

/** Milliseconds from the start of a process to its first request; the process is ended then. */
async function timeTo(
  what: string,
  doorbell: Doorbell,
  start: () => ReturnType<typeof spawn>,
): Promise<Arrival & { readonly ms: number }> {
  const arriving = doorbell.next(what);
  const startedAt = performance.now();
  const child = start();
  const exited = once(child, 'exit');
  child.stdout?.resume();
  child.stderr?.resume();
  try {
    const arrival = await arriving;
    return { ...arrival, ms: arrival.at - startedAt };
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

interface Pair {
  readonly taskMs: number;
  readonly bareMs: number;
}

async function measureTask(
  bench: Bench,
  doorbell: Doorbell,
  order: { readonly task: string; readonly inputs: Readonly<Record<string, string>> },
  host: string,
): Promise<readonly Pair[]> {
  const { task } = order;
  const step = { ...order, host, token: 'bench-token' };
  let env = {};
  const startTask = (): ReturnType<typeof spawn> => {
    const started = bench.runner.start(step);
    env = started.env;
    return started.child;
  };
  const { method, path, headers } = await timeTo(task, doorbell, startTask);
  const { host: _host, connection: _connection, ...sent } = headers;
  const script = join(__dirname, 'bare-request.cjs');
  const request = JSON.stringify({ url: host + path, method, headers: sent });
  const startBare = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, [script, request], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await timeTo('The bare script', doorbell, startBare);
  const pairs: Pair[] = [];
  for (let index = 0; index < (bench.isQuick ? 3 : repetitions); index += 1) {
    const { ms: taskMs } = await timeTo(task, doorbell, startTask);
    const { ms: bareMs } = await timeTo('The bare script', doorbell, startBare);
    pairs.push({ taskMs, bareMs });
  }
  bench.say(`  ${task}: ${method} ${path}`);
  return pairs;
}

function rowOf(task: string, pairs: readonly Pair[]): Row {
  const ratios = spreadOf(pairs.map(({ taskMs, bareMs }) => taskMs / bareMs));
  const [own, bare] = [pairs.map(({ taskMs }) => taskMs), pairs.map(({ bareMs }) => bareMs)]
    .map(spreadOf)
    .map(({ median }) => `${median.toFixed(0)} ms`);
  return withBar(
    task,
    describeSpread(ratios, ratio),
    { text: `at most ${bar}`, atMost: bar, worst: ratios.median },
    `${own} and ${bare} (medians)`,
  );
}

/** How long each task takes to its first request, against a script that does nothing else. */
export async function measureStart(bench: Bench): Promise<Section> {
  const sourceFolder = join(bench.folder, 'start');
  mkdirSync(sourceFolder, { recursive: true });
  writeFileSync(join(sourceFolder, 'a.py'), '# Databricks notebook source\nprint(1)\n');
  const inputs = inputsOf(sourceFolder);
  const doorbell = new Doorbell();
  const host = await doorbell.open();
  try {
    const rows: Row[] = [];
    for (const { name } of bench.runner.tasks) {
      const known = inputs[name];
      if (known === undefined) throw new BenchError(`Tell measure-start.ts the inputs of ${name}.`);
      const pairs = await measureTask(bench, doorbell, { task: name, inputs: known }, host);
      rows.push(rowOf(name, pairs));
    }
    return {
      name: 'start',
      title: 'Starts',
      method: `From the start of a process to the arrival of its first request: each task, in the environment that the agent gives it, and by turns a script that sends the same request with \`node:http\` in the same environment. Ratio of each pair, ${repetitions} pairs.`,
      rows,
    };
  } finally {
    doorbell.close();
  }
}
