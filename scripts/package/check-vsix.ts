import {
  type Contribution,
  connectionContributionType,
  type ExtensionManifest,
  type FullManifest,
  taskContributionType,
} from '../manifests/load-manifests';
import { checkAddressable, checkForbidden, checkPage, checkPictures } from './check-contents';
import { checkTask } from './check-task';
import { azureConnectionType } from './extension-identity';
import type { PackedExtension, PackedTask } from './packed-extension';

/** Largest package with all tasks, in bytes. */
export const largestVsix = 3 * 1024 * 1024;

/** Everything that is wrong with a packed extension, a sentence each; empty if it can be published. */
export function findPackageProblems(extension: PackedExtension): string[] {
  const tasks = readTasks(extension);
  return [
    ...checkSize(extension),
    ...checkTexts(extension.manifest),
    ...checkContributions(extension, tasks),
    ...tasks.flatMap((task) => checkTask(extension, task)),
    ...checkNames(tasks),
    ...checkDropdowns(extension.manifest, tasks),
    ...checkAddressable(extension),
    ...checkPictures(extension),
    ...checkPage(extension),
    ...checkForbidden(extension),
  ];
}

function checkSize({ size }: PackedExtension): string[] {
  return size < largestVsix
    ? []
    : [`The package has ${size} bytes; less than ${largestVsix} are allowed`];
}

function checkTexts(manifest: ExtensionManifest): string[] {
  const { id, publisher, version, name, description, contributions } = manifest;
  const rules: readonly (readonly [boolean, string])[] = [
    [/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(id), `The id "${id}" may have letters, digits and - only`],
    [
      /^[A-Za-z0-9][A-Za-z0-9-]*$/.test(publisher),
      `The publisher "${publisher}" may have letters, digits and - only`,
    ],
    [/^\d+\.\d+\.\d+$/.test(version), `The version "${version}" must have three numbers`],
    [name.length > 0 && name.length <= 200, 'The name must have 1 to 200 characters'],
    [
      description.length > 0 && description.length <= 200,
      'The description must have 1 to 200 characters',
    ],
    [
      new Set(contributions.map((one) => one.id)).size === contributions.length,
      'Two contributions have the same id',
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => problem);
}

function readTasks({ files, manifest }: PackedExtension): PackedTask[] {
  return tasksOf(manifest).flatMap(({ properties: { name } }) => {
    const json = files.get(`${name}/task.json`);
    return json === undefined
      ? []
      : [{ folder: name, manifest: JSON.parse(json.toString('utf8')) as FullManifest }];
  });
}

function tasksOf({ contributions }: ExtensionManifest): readonly Contribution[] {
  return contributions.filter(({ type }) => type === taskContributionType);
}

function checkContributions({ files, manifest }: PackedExtension, tasks: readonly PackedTask[]) {
  const found = new Set(tasks.map(({ folder }) => folder));
  const contributed = new Set(tasksOf(manifest).map(({ properties }) => properties.name));
  const packed = [...files.keys()]
    .filter((path) => path.endsWith('/task.json'))
    .map((path) => path.slice(0, -'/task.json'.length));
  return [
    ...[...contributed]
      .filter((folder) => !found.has(folder))
      .map((folder) => `The contribution of ${folder} has no ${folder}/task.json`),
    ...packed
      .filter((folder) => !contributed.has(folder))
      .map((folder) => `${folder} has no contribution in vss-extension.json`),
  ];
}

function checkNames(tasks: readonly PackedTask[]): string[] {
  return (['id', 'name', 'friendlyName'] as const).flatMap((key) => {
    const values = tasks.map(({ manifest }) => manifest[key].toLowerCase());
    return values
      .filter((value, index) => values.indexOf(value) !== index)
      .map((value) => `Two tasks have the ${key} "${value}"`);
  });
}

function checkDropdowns(manifest: ExtensionManifest, tasks: readonly PackedTask[]): string[] {
  const types = manifest.contributions.filter(({ type }) => type === connectionContributionType);
  const names = new Set(
    [azureConnectionType, ...types.map(({ properties }) => properties.name)].map(
      (name) => `connectedService:${name}`,
    ),
  );
  const sources = new Set(
    types.flatMap(({ properties }) => (properties.dataSources ?? []).map(({ name }) => name)),
  );
  return tasks.flatMap(({ folder, manifest: { inputs, dataSourceBindings = [] } }) => [
    ...inputs
      .filter(({ type }) => type.startsWith('connectedService:') && !names.has(type))
      .map(
        ({ name, type }) =>
          `${folder}: input ${name} has the type ${type}, which the extension lacks`,
      ),
    ...dataSourceBindings
      .filter(({ dataSourceName }) => !sources.has(dataSourceName))
      .map(({ dataSourceName }) => `${folder}: there is no data source ${dataSourceName}`),
  ]);
}
