// Bundles every task to dist/tasks/<Folder>: task.json, icon, one CommonJS file per handler, licences of what is inside.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist', 'tasks');

await rm(target, { recursive: true, force: true });
const folders = (await readdir(join(root, 'tasks'), { withFileTypes: true })).filter((entry) =>
  entry.isDirectory(),
);
await Promise.all(folders.map(({ name }) => buildTask(name)));

async function buildTask(name) {
  const source = join(root, 'tasks', name);
  const outdir = join(target, name);
  await mkdir(outdir, { recursive: true });
  const entryPoints = ['index.ts', 'post-job.ts']
    .map((file) => join(source, file))
    .filter((file) => existsSync(file));
  await build({
    entryPoints,
    outdir,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: true,
    legalComments: 'linked',
    logLevel: 'warning',
    // azure-pipelines-task-lib asks for this only to download a Node in its own tests.
    external: ['nodejs-file-downloader'],
  });
  await copyFile(join(source, 'task.json'), join(outdir, 'task.json'));
  const icon = join(source, 'icon.png');
  if (existsSync(icon)) await copyFile(icon, join(outdir, 'icon.png'));
}
