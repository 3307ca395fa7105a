// Bundles every task to dist/tasks/<Folder>: task.json, icon, one CommonJS file per handler, licences of what is inside.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { editedPackages, lazyModules, lazyPackages } from './build/esbuild-plugins.mjs';
import { thirdPartyNotices } from './build/third-party-notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist', 'tasks');
const draft = join(root, 'dist', `.tasks-${process.pid}`);

/** What no task needs for its first request. */
const lazy = [
  { of: '', names: ['yaml', 'yauzl', 'minimatch'] },
  {
    of: 'azure-pipelines-task-lib',
    names: ['child_process', 'minimatch', 'semver', './lib-resource'],
  },
  { of: 'node-fetch', names: ['node:zlib', 'fetch-blob/from.js'] },
];

const refusesOldNode = {
  // The manifests ask for Node 20; all of semver would be loaded to compare it with 4.2.
  text: "semver.lt(process.versions.node, '4.2.0')",
  by: 'false',
};

/** What packages do when they are loaded, and no task needs. */
const edits = [
  // All versions of Node from 18 have it; to look loads it.
  { file: 'fetch-blob/streams.cjs', edits: [{ text: '!globalThis.ReadableStream', by: 'false' }] },
  { file: 'azure-pipelines-task-lib/internal.js', edits: [refusesOldNode] },
  {
    file: 'azure-pipelines-task-lib/task.js',
    edits: [
      refusesOldNode,
      // No task starts a program through it.
      { text: 'require("./toolrunner")', by: '{}' },
      { text: 'exports.ToolRunner = trm.ToolRunner;', by: '' },
      { text: 'require("./externaloutput")', by: '{}' },
      { text: 'exports.defaultAllowedVsoCommands = eom.defaultAllowedVsoCommands;', by: '' },
    ],
  },
];

const folders = (await subfolders(join(root, 'tasks'))).filter((name) =>
  existsSync(join(root, 'tasks', name, 'task.json')),
);
await Promise.all(folders.map(buildTask));
await Promise.all(folders.map(replaceTask));
await removeOthers(target, folders);
await rm(draft, { recursive: true, force: true });

async function buildTask(name) {
  const source = join(root, 'tasks', name);
  const outdir = join(draft, name);
  await mkdir(outdir, { recursive: true });
  const handlers = ['index', 'post-job']
    .map((name) => [name, join(source, `${name}.ts`)])
    .filter(([, file]) => existsSync(file));
  const built = new Set();
  const inputs = [];
  for (let entries = new Map(handlers); entries.size > 0; ) {
    for (const name of entries.keys()) built.add(name);
    const { chunks, files } = await bundle(entries, outdir);
    inputs.push(...files);
    entries = new Map([...chunks].filter(([name]) => !built.has(name)));
  }
  await writeFile(join(outdir, 'ThirdPartyNotices.md'), thirdPartyNotices(root, inputs));
  await copyFile(join(source, 'task.json'), join(outdir, 'task.json'));
  const icon = join(source, 'icon.png');
  if (existsSync(icon)) await copyFile(icon, join(outdir, 'icon.png'));
}

/**
 * Bundles each entry (source by name) to one file; resolves to the entries that these load when needed, which become files
 * of their own (`chunks`), and to the paths of all that went in (`files`).
 */
async function bundle(entries, outdir) {
  const chunks = new Map();
  const { metafile } = await build({
    entryPoints: Object.fromEntries(entries),
    outdir,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: true,
    // The licences themselves are in ThirdPartyNotices.md.
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    // Never asked for: the first downloads a Node in tests of azure-pipelines-task-lib, the second serves Node before 18.
    external: ['nodejs-file-downloader', 'web-streams-polyfill'],
    plugins: [editedPackages(root, edits), lazyPackages(lazy, chunks), lazyModules(chunks)],
  });
  // Stand-ins are no files; what they stand for is bundled by itself.
  return {
    chunks,
    files: Object.keys(metafile.inputs).filter((file) => !file.startsWith('lazy:')),
  };
}

/** Replaces file by file, each at once, so that tasks may be started during a build. */
async function replaceTask(name) {
  const folder = join(target, name);
  await mkdir(folder, { recursive: true });
  const files = await readdir(join(draft, name));
  await Promise.all(files.map((file) => rename(join(draft, name, file), join(folder, file))));
  await removeOthers(folder, files);
}

async function removeOthers(folder, keep) {
  const others = (await readdir(folder)).filter((name) => !keep.includes(name));
  await Promise.all(others.map((name) => rm(join(folder, name), { recursive: true })));
}

async function subfolders(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
