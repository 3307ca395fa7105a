import { wantedType } from '../connections';
import { isConnectionType } from '../inputs';
import { suggest } from '../nearest';
import type { TaskDefinition } from '../task-definitions';
import type { ConnectionType, ExtensionManifest, RequestTemplates } from './extension-manifest';
import type { Binding, TaskForm } from './task-form';
import { parseTemplate } from './template';
import { TemplateError } from './template-error';

/** Types of service connection that Azure DevOps brings itself. Docs: learn.microsoft.com/azure/devops/pipelines/library/service-endpoints */
const BUILT_IN_TYPES = new Set(
  'azure azurerm azureservicebus bitbucket chef dockerregistry externalgit externalmavenrepository externalnpmregistry externalnugetfeed externalpythondownloadfeed externalpythonuploadfeed externaltfs generic git github githubboards githubenterprise githubenterpriseboards incomingwebhook jenkins jfrog kubernetes nuget servicefabric ssh subversion vsappcenter vsmobilecenter workloadidentityuser'.split(
    ' ',
  ),
);

/** What the service would refuse or silently ignore in the form of a task, as sentences. */
export function checkForm(
  task: TaskDefinition,
  form: TaskForm,
  manifest: ExtensionManifest,
): readonly string[] {
  const types = task.inputs
    .filter(({ type }) => isConnectionType(type))
    .flatMap(({ name, type }) => checkType(name, wantedType(type).type, manifest));
  return [
    ...types,
    ...form.bindings.flatMap((binding, index) => {
      const at = `dataSourceBindings[${index}]`;
      return [
        ...checkTarget(binding, task, form),
        ...checkSource(binding, task, manifest),
        ...checkTemplates(binding),
      ].map((problem) => `${at}: ${problem}`);
    }),
  ];
}

function checkType(input: string, type: string, manifest: ExtensionManifest): readonly string[] {
  if (BUILT_IN_TYPES.has(type.toLowerCase()) || findType(manifest, type)) return [];
  const known = manifest.connectionTypes.map(({ name }) => name);
  return [
    `input "${input}": no contribution of the extension declares the type of service connection "${type}"${suggest(type, known)}`,
  ];
}

/** The type of service connection that the extension declares under this name. */
export function findType(
  { connectionTypes }: ExtensionManifest,
  name: string,
): ConnectionType | undefined {
  return connectionTypes.find((type) => type.name.toLowerCase() === name.toLowerCase());
}

function checkTarget({ target }: Binding, task: TaskDefinition, form: TaskForm): readonly string[] {
  const input = task.inputs.find(({ name }) => name === target);
  if (input === undefined) {
    const names = task.inputs.map(({ name }) => name);
    return [`the target "${target}" is no input of the task${suggest(target, names)}`];
  }
  if (input.type.toLowerCase() !== 'picklist') {
    return [`the target "${target}" is of the type ${input.type}; only a pickList shows a list`];
  }
  if (form.fields.find(({ name }) => name === target)?.isEditable === true) return [];
  return [
    `the target "${target}" has no "EditableOptions": "True", so that nothing can be typed when there is no list`,
  ];
}

/** The name that an `endpointId` like `$(name)` holds; undefined when it is no variable. */
export function endpointInput({ endpointId }: Binding): string | undefined {
  return /^\$\(([^()]+)\)$/.exec(endpointId.trim())?.[1];
}

function checkSource(
  binding: Binding,
  task: TaskDefinition,
  manifest: ExtensionManifest,
): readonly string[] {
  const name = endpointInput(binding);
  const connections = task.inputs.filter(({ type }) => isConnectionType(type));
  const input = connections.find((one) => one.name === name);
  if (input === undefined) {
    const known = connections.map((one) => `$(${one.name})`);
    return [
      `the endpointId "${binding.endpointId}" names no connection input${known.length === 0 ? '' : ` (there is: ${known.join(', ')})`}`,
    ];
  }
  const type = findType(manifest, wantedType(input.type).type);
  const { dataSourceName } = binding;
  if (dataSourceName === '') {
    return binding.request.endpointUrl === ''
      ? ['there is neither a dataSourceName nor an endpointUrl']
      : [];
  }
  if (type === undefined) return [];
  const known = type.dataSources.map((source) => source.name);
  if (known.includes(dataSourceName)) return [];
  return [
    `the type "${type.name}" has no data source "${dataSourceName}"${suggest(dataSourceName, known)}`,
  ];
}

function checkTemplates({ resultTemplate, request, parameters }: Binding): readonly string[] {
  return [
    ...checkTemplate('resultTemplate', resultTemplate, false),
    ...Object.entries(parameters).flatMap(([name, text]) =>
      checkTemplate(`parameter ${name}`, text, true),
    ),
    ...checkRequest(request),
  ];
}

/** What is wrong with the templates of a request, as far as it can be seen without an answer. */
export function checkRequest(request: RequestTemplates): readonly string[] {
  return [
    ...(
      [
        'endpointUrl',
        'requestContent',
        'initialContextTemplate',
        'callbackContextTemplate',
        'callbackRequiredTemplate',
      ] as const
    ).flatMap((key) => checkTemplate(key, request[key], true)),
    ...request.headers.flatMap(({ name, value }) => checkTemplate(`header ${name}`, value, true)),
  ];
}

function checkTemplate(what: string, text: string, hasMacros: boolean): readonly string[] {
  try {
    parseTemplate(text, { hasMacros });
    return [];
  } catch (error) {
    if (error instanceof TemplateError) return [`${what}: ${error.message}`];
    throw error;
  }
}
