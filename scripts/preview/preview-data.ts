import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ConnectionField,
  ConnectionForm,
  FormInput,
  FormOption,
  PreviewData,
  TaskForm,
} from './page/model';
import { renderHelp } from './render-help';
import { sampleConnections, sampleOptions } from './sample-options';

/** task.json as the editor reads it. Reference 4.1 to 4.4. */
export interface TaskManifest {
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly helpMarkDown?: string;
  readonly version: { readonly Major: number };
  readonly instanceNameFormat: string;
  readonly groups?: readonly {
    readonly name: string;
    readonly displayName: string;
    readonly isExpanded?: boolean;
    readonly visibleRule?: string;
  }[];
  readonly inputs?: readonly InputManifest[];
  readonly dataSourceBindings?: readonly Binding[];
  readonly outputVariables?: readonly { readonly name: string; readonly description?: string }[];
}

interface InputManifest {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: string;
  readonly label: string;
  readonly defaultValue?: string | boolean;
  readonly required?: boolean;
  readonly helpMarkDown?: string;
  readonly groupName?: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string | boolean>>;
}

interface Binding {
  readonly target: string;
  readonly endpointId: string;
  readonly dataSourceName?: string;
  readonly resultTemplate?: string;
}

/** vss-extension.json, as far as the page shows it. Reference 6.1. */
export interface ExtensionManifest {
  readonly name: string;
  readonly version: string;
  readonly contributions: readonly {
    readonly type: string;
    readonly properties: Partial<ConnectionManifest>;
  }[];
}

interface ConnectionManifest {
  readonly name: string;
  readonly displayName: string;
  readonly icon: string;
  readonly helpMarkDown: string;
  readonly url: {
    readonly displayName?: string;
    readonly helpText?: string;
    readonly description?: string;
    readonly value?: string;
    readonly isVisible?: string | boolean;
  };
  readonly inputDescriptors: readonly InputDescriptor[];
  readonly dataSources: readonly { readonly name: string }[];
  readonly authenticationSchemes: readonly {
    readonly type: string;
    readonly displayName?: string;
    readonly inputDescriptors?: readonly InputDescriptor[];
  }[];
}

interface InputDescriptor {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly inputMode?: string;
  readonly isConfidential?: boolean | string;
  readonly validation?: { readonly isRequired?: boolean };
  readonly values?: {
    readonly defaultValue?: string;
    readonly possibleValues?: readonly { readonly value: string; readonly displayValue: string }[];
  };
}

/** Reads what the page shows from vss-extension.json and tasks/<Folder>, in the order of the folders' names. */
export function loadPreviewData(root: string): PreviewData {
  const extension = readJson(join(root, 'vss-extension.json')) as ExtensionManifest;
  const tasks = readdirSync(join(root, 'tasks'))
    .filter((folder) => existsSync(join(root, 'tasks', folder, 'task.json')))
    .sort()
    .map((folder) =>
      toTaskForm(
        folder,
        readJson(join(root, 'tasks', folder, 'task.json')) as TaskManifest,
        readImage(join(root, 'tasks', folder, 'icon.png')),
      ),
    );
  return {
    extensionName: extension.name,
    extensionVersion: extension.version,
    tasks,
    connections: extension.contributions
      .filter(({ type }) => type === 'ms.vss-endpoint.service-endpoint-type')
      .map(({ properties }) =>
        toConnectionForm(properties, readImage(join(root, properties.icon ?? 'none'))),
      ),
  };
}

/** The form of a task; `icon` is a data: URL. */
export function toTaskForm(
  folder: string,
  manifest: TaskManifest,
  icon: string | undefined,
): TaskForm {
  const { name, friendlyName, description, instanceNameFormat } = manifest;
  return {
    folder,
    name,
    friendlyName,
    description,
    instanceNameFormat,
    icon,
    helpHtml: renderHelp(manifest.helpMarkDown),
    majorVersion: manifest.version.Major,
    groups: (manifest.groups ?? []).map((group) => ({
      name: group.name,
      label: group.displayName,
      isExpanded: group.isExpanded ?? false,
      visibleRule: group.visibleRule,
    })),
    inputs: (manifest.inputs ?? []).map((input) =>
      toFormInput(
        input,
        manifest.dataSourceBindings?.find(({ target }) => target === input.name),
      ),
    ),
    outputs: (manifest.outputVariables ?? []).map((output) => ({
      name: output.name,
      description: output.description ?? '',
    })),
  };
}

function toFormInput(input: InputManifest, binding: Binding | undefined): FormInput {
  const { name, type, label, properties = {} } = input;
  const connectionInput = /^\$\((\w+)\)$/.exec(binding?.endpointId ?? '')?.[1];
  return {
    name,
    type,
    label,
    yamlName: input.aliases?.[0] ?? name,
    helpHtml: renderHelp(input.helpMarkDown),
    defaultValue: String(input.defaultValue ?? (type === 'boolean' ? 'false' : '')),
    isRequired: input.required ?? false,
    groupName: input.groupName,
    visibleRule: input.visibleRule,
    rows: Number(properties['rows'] ?? 2),
    isEditable: !/^(pickList|radio)$/.test(type) || isTrue(properties['EditableOptions']),
    options: optionsOf(input, binding),
    source: connectionInput === undefined ? undefined : { connectionInput },
  };
}

function optionsOf({ type, options }: InputManifest, binding: Binding | undefined) {
  if (binding) return sampleOptions(binding.dataSourceName, binding.resultTemplate);
  const [, connectionType] = /^connectedService:([^:]+)/.exec(type) ?? [];
  if (connectionType !== undefined) return sampleConnections(connectionType);
  return Object.entries(options ?? {}).map(([value, label]): FormOption => ({ value, label }));
}

/** The dialog of a type of service connection; `icon` is a data: URL. */
export function toConnectionForm(
  manifest: Partial<ConnectionManifest>,
  icon: string | undefined,
): ConnectionForm {
  const { name = '', url, authenticationSchemes = [] } = manifest;
  return {
    name,
    icon,
    displayName: manifest.displayName ?? name,
    helpHtml: renderHelp(manifest.helpMarkDown),
    url: url && /^false$/i.test(String(url.isVisible)) ? undefined : toUrlField(url),
    fields: (manifest.inputDescriptors ?? []).map(toConnectionField),
    schemes: authenticationSchemes.map((scheme) => ({
      label: scheme.displayName ?? scheme.type.replace(/^.*-auth-scheme-/, ''),
      fields: (scheme.inputDescriptors ?? []).map(toConnectionField),
    })),
    canVerify: (manifest.dataSources ?? []).some((source) => source.name === 'TestConnection'),
  };
}

function toUrlField(url: ConnectionManifest['url'] | undefined): ConnectionField {
  return {
    id: 'url',
    label: url?.displayName ?? 'Server URL',
    description: url?.helpText ?? url?.description ?? '',
    isSecret: false,
    isRequired: true,
    isMultiLine: false,
    defaultValue: url?.value ?? '',
    options: [],
  };
}

function toConnectionField(descriptor: InputDescriptor): ConnectionField {
  const { id, name, description = '', inputMode = 'textbox', values } = descriptor;
  return {
    id,
    label: name,
    description,
    isSecret: isTrue(descriptor.isConfidential) || /^passwordbox$/i.test(inputMode),
    isRequired: descriptor.validation?.isRequired ?? false,
    isMultiLine: /^textarea$/i.test(inputMode),
    defaultValue: values?.defaultValue ?? '',
    options: (values?.possibleValues ?? []).map(({ value, displayValue }) => ({
      value,
      label: displayValue,
    })),
  };
}

function isTrue(value: string | boolean | undefined): boolean {
  return String(value).toLowerCase() === 'true';
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function readImage(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  return `data:image/png;base64,${readFileSync(file).toString('base64')}`;
}
