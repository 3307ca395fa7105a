import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Fault, RecordedRequest } from '../../local/workspace';
import { observer, type Ready } from './observer';

/** A local workspace in a process of its own. */
export interface BenchWorkspace extends Ready {
  misbehave(faults: readonly Fault[]): Promise<void>;
  /** What was asked since the last call of `forget`, but for what this object asked itself. */
  requests(): Promise<readonly RecordedRequest[]>;
  forget(): Promise<void>;
  /** Calls the REST API; resolves to the JSON object, throws on any other status than 200. */
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Starts a workspace. Throws when it does not start. */
export async function startBenchWorkspace(): Promise<BenchWorkspace> {
  const child = fork(join(__dirname, 'workspace-process.ts'), [], {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit');
  const [ready] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => {
      throw new Error(`The process of the workspace ended with ${code} before it listened.`);
    }),
  ])) as [Ready];
  const { url, token } = ready;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'user-agent': observer },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    ...ready,
    misbehave: async (faults) => void (await ask('POST', '/__test/fault', faults)),
    async requests() {
      const { requests } = (await ask('GET', '/__test/requests')) as {
        requests: readonly RecordedRequest[];
      };
      return requests.filter(({ headers }) => headers['user-agent'] !== observer);
    },
    forget: async () => void (await ask('DELETE', '/__test/requests')),
    call: async (...args) => (await ask(...args)) as Record<string, unknown>,
    async close() {
      child.disconnect();
      await ended;
    },
  };
}

/** How often each endpoint was asked, as `METHOD /path`, most first. */
export function countByEndpoint(
  requests: readonly RecordedRequest[],
): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { method, path } of requests) {
    const endpoint = `${method} ${path}`;
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
