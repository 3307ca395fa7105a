// npm run handlers: starts every bundle of the VSIX in dist/vsix on each Node that an agent may bring, with an empty
// environment. Each must end by itself and say politely what is missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FullManifest, repositoryRoot } from './manifests/load-manifests';
import { findImpoliteness } from './package/find-impoliteness';
import { readPackedTasks } from './package/packed-tasks';

/** Majors of Node behind the handlers of task.json. */
const nodeOfHandler: Readonly<Record<string, number>> = { Node20_1: 20, Node24: 24 };

/** A Node of this major: the running one, or that of npm's package for this platform. */
function findNode(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = join(repositoryRoot, 'node_modules', '.cache', `node-${major}`);
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const binary = join(folder, 'node_modules', name, 'bin', file);
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const npm = ['install', '--no-save', '--prefix', folder, `${name}@${major}`];
    execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', npm, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  }
  return binary;
}

function partsOf(manifest: FullManifest): (readonly [string, string, 'Failed' | 'Succeeded'])[] {
  return [
    ...Object.entries(manifest.execution).map(
      ([handler, { target }]) => [handler, target, 'Failed'] as const,
    ),
    ...Object.entries(manifest.postjobexecution ?? {}).map(
      ([handler, { target }]) => [handler, target, 'Succeeded'] as const,
    ),
  ];
}

const cwd = mkdtempSync(join(tmpdir(), 'handlers-'));
const started: string[] = [];
const problems: string[] = [];
for (const { folder, manifest } of readPackedTasks(join(repositoryRoot, 'dist', 'vsix'))) {
  for (const [handler, target, expected] of partsOf(manifest)) {
    const node = findNode(nodeOfHandler[handler] ?? 0);
    const end = spawnSync(node, [join(folder, target)], {
      cwd,
      env: {},
      encoding: 'utf8',
      timeout: 30_000,
    });
    const title = `${manifest.name} ${target} on ${handler}`;
    started.push(title);
    problems.push(...findImpoliteness(end, expected).map((problem) => `${title}: ${problem}`));
  }
}
rmSync(cwd, { recursive: true, force: true });
for (const problem of problems) console.error(`error: ${problem}`);
console.log(`${started.length} bundles started, ${problems.length} problems`);
process.exitCode = problems.length > 0 || started.length === 0 ? 1 : 0;
