import { isPicture, type PackedExtension, type PackedTask } from './packed-extension';
import type { VsixFiles } from './read-vsix';

/** What a folder of a task may hold. */
const taskFile = /^(task\.json|icon\.png|ThirdPartyNotices\.md|[a-z0-9-]+\.js)$/;

/** A task has all that its handlers need, nothing else, and the texts and numbers that the service accepts. */
export function checkTask({ files, manifest }: PackedExtension, task: PackedTask): string[] {
  return [
    ...checkHandlers(files, task),
    ...checkFiles(files, task.folder),
    ...checkTexts(task, manifest.version),
  ];
}

function checkHandlers(files: VsixFiles, { folder, manifest }: PackedTask): string[] {
  return [manifest.execution, manifest.postjobexecution ?? {}]
    .flatMap((part) => Object.entries(part))
    .filter(([, { target }]) => !files.has(`${folder}/${target}`))
    .map(([handler, { target }]) => `${folder} has no ${target} for its handler ${handler}`);
}

function checkFiles(files: VsixFiles, folder: string): string[] {
  const below = [...files].filter(([path]) => path.startsWith(`${folder}/`));
  return [
    ...(files.has(`${folder}/ThirdPartyNotices.md`)
      ? []
      : [`${folder} has no ThirdPartyNotices.md`]),
    ...(isPicture(files.get(`${folder}/icon.png`), 32)
      ? []
      : [`${folder}/icon.png must be a PNG of 32 x 32 pixels`]),
    ...below
      .filter(([path]) => !taskFile.test(path.slice(folder.length + 1)))
      .map(([path]) => `${path} does not belong into a task`),
    ...below
      .filter(([path]) => path.endsWith('.js'))
      .flatMap(([path, content]) => checkChunks(files, folder, path, content)),
  ];
}

/** Bundles load parts of theirs from files beside them. */
function checkChunks(files: VsixFiles, folder: string, path: string, content: Buffer): string[] {
  const asked = content
    .toString('utf8')
    .matchAll(/\b(?:require|import)\(["'`]\.\/([^"'`]+)["'`]\)/g);
  return [...new Set([...asked].map(([, name]) => name ?? ''))]
    .filter((name) => !files.has(`${folder}/${name}`))
    .map((name) => `${path} loads ${name}, which is missing`);
}

function checkTexts({ folder, manifest }: PackedTask, version: string): string[] {
  const { Minor, Patch } = manifest.version;
  const rules: readonly (readonly [boolean, string])[] = [
    [
      version.split('.').slice(1).join('.') === `${Minor}.${Patch}`,
      `has not Minor and Patch of the extension's version ${version}`,
    ],
    [
      manifest.friendlyName.length >= 1 && manifest.friendlyName.length <= 40,
      'needs a friendlyName of 1 to 40 characters',
    ],
    [
      /^[A-Za-z0-9-]+$/.test(manifest.name),
      `is named "${manifest.name}"; letters, digits and - are allowed`,
    ],
    [
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(manifest.id),
      `has the id "${manifest.id}", which is no GUID`,
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${folder} ${problem}`);
}
