import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalWorkspace, startWorkspace, type WorkspaceOptions } from '../../local/workspace';
import { observer, type Ready } from './observer';

// One workspace in a process of its own, so that what is measured does not wait for it; started by bench-workspace.ts. Its
// notebook /Shared/wait ends after the parameter `ms`, or when somebody posts to /<parameter gate> of the second address.

type ExecuteNotebook = NonNullable<WorkspaceOptions['execute']>;

class Gates {
  readonly #waiting = new Map<string, () => void>();

  wait(name: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }

  open(name: string): void {
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }
}

function notebook(gates: Gates): ExecuteNotebook {
  return async ({ parameters }) => {
    const { ms, gate } = parameters;
    await (gate === undefined ? sleep(Number(ms ?? 0)) : gates.wait(gate));
    return { status: 'success', exitValue: 'done' };
  };
}

async function untilNothingRuns({ url, token }: LocalWorkspace, gate: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': observer };
  for (;;) {
    const query = `active_only=true&run_type=SUBMIT_RUN&limit=25`;
    const answer = await fetch(`${url}/api/2.2/jobs/runs/list?${query}`, { headers });
    const { runs = [] } = (await answer.json()) as { runs?: { run_name?: string }[] };
    if (!runs.some(({ run_name }) => run_name === gate)) return;
    await sleep(5);
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-notebooks-'));
  writeFileSync(join(folder, 'wait.py'), '# Databricks notebook source\n');
  const gates = new Gates();
  const workspace = await startWorkspace({
    clusterStartMs: 0,
    execute: notebook(gates),
    notebooks: [{ folder, target: '/Shared' }],
  });
  rmSync(folder, { recursive: true });
  const server = createServer((request, response) => {
    const gate = (request.url ?? '').slice(1);
    gates.open(gate);
    void untilNothingRuns(workspace, gate).then(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.on('disconnect', () => {
    server.close();
    server.closeAllConnections();
    void workspace.close().then(() => process.exit(0));
  });
  const { port } = server.address() as AddressInfo;
  const gatesUrl = `http://127.0.0.1:${port}`;
  const ready: Ready = { url: workspace.url, token: workspace.token, gatesUrl };
  process.send?.(ready);
}

void main();
