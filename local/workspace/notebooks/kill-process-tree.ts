import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/**
 * Kills a notebook process with everything it started: its process group, then the groups of the notebooks
 * it runs, whose ids lie in groupsDir. A notebook that registers later finds its caller dead and ends itself.
 */
export function killProcessTree(pid: number, groupsDir: string): void {
  killGroup(pid);
  for (const name of readdirSync(groupsDir)) killGroup(Number(name));
}

function killGroup(pid: number): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/T', '/F', '/PID', String(pid)], { windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended.
  }
}
