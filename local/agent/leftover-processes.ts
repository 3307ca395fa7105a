import { readdirSync, readFileSync } from 'node:fs';

const alive = new Set<number>();

/** Remembers a process group that must not outlive the agent. */
export function rememberProcess(pid: number): void {
  alive.add(pid);
}

/** Forgets a process that has ended. */
export function forgetProcess(pid: number): void {
  alive.delete(pid);
}

/** Sends SIGKILL to every remembered process group; for the end of the agent itself. */
export function killRememberedProcesses(): void {
  for (const pid of alive) killQuietly(-pid);
  alive.clear();
}

/** Kills processes whose environment holds VSTS_PROCESS_LOOKUP_ID=<lookupId>; Linux only, returns how many. Reference 2.5. */
export function killLeftovers(lookupId: string): number {
  const pids = listProcesses().filter((pid) => carries(pid, lookupId));
  for (const pid of pids) killQuietly(pid);
  return pids.length;
}

function listProcesses(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid);
  } catch {
    return [];
  }
}

function carries(pid: number, lookupId: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    return environment.split('\0').includes(`VSTS_PROCESS_LOOKUP_ID=${lookupId}`);
  } catch {
    return false;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended by itself.
  }
}
