import type { PreviewData, TaskForm } from '../../../../scripts/preview/page/model';
import {
  type TaskManifest,
  toConnectionForm,
  toTaskForm,
} from '../../../../scripts/preview/preview-data';

/** A task with one input of each kind that the tests of the page look at. */
export function aManifest(overrides: Partial<TaskManifest> = {}): TaskManifest {
  return {
    name: 'DatabricksBake',
    friendlyName: 'Bake a cake',
    description: 'Bake a cake & eat it.',
    helpMarkDown: 'Needs an **oven**.',
    version: { Major: 3 },
    instanceNameFormat: 'Bake $(cake) on $(Agent.Name)',
    groups: [
      { name: 'oven', displayName: 'Oven', isExpanded: true },
      { name: 'icing', displayName: 'Icing', visibleRule: 'iced = true' },
    ],
    inputs: [
      { name: 'cake', aliases: ['kind'], type: 'string', label: 'Cake', required: true },
      { name: 'iced', type: 'boolean', label: 'Iced', defaultValue: false },
      { name: 'recipe', type: 'multiLine', label: 'Recipe', properties: { rows: '6' } },
      {
        name: 'heat',
        type: 'pickList',
        label: 'Heat',
        groupName: 'oven',
        defaultValue: 'top',
        options: { top: 'From above', fan: 'Fan' },
        properties: { EditableOptions: 'True' },
      },
      {
        name: 'degrees',
        type: 'string',
        label: 'Degrees',
        groupName: 'oven',
        required: true,
        defaultValue: '180',
        visibleRule: 'heat != fan',
      },
      { name: 'colour', type: 'string', label: 'Colour', groupName: 'icing', required: true },
      {
        name: 'kitchen',
        type: 'connectedService:databricksworkspace',
        label: 'Kitchen',
        groupName: 'oven',
      },
      {
        name: 'cluster',
        type: 'pickList',
        label: 'Cluster',
        groupName: 'oven',
        properties: { EditableOptions: 'True' },
      },
    ],
    dataSourceBindings: [
      {
        target: 'cluster',
        endpointId: '$(kitchen)',
        dataSourceName: 'Clusters',
        resultTemplate:
          '{"Value":"{{{cluster_id}}}","DisplayValue":"{{{cluster_name}}} ({{{cluster_id}}})"}',
      },
    ],
    outputVariables: [{ name: 'weight', description: 'Grams.' }],
    ...overrides,
  };
}

export function aTask(overrides: Partial<TaskManifest> = {}): TaskForm {
  return toTaskForm('Bake', aManifest(overrides), undefined);
}

export function previewData(tasks: readonly TaskForm[] = [aTask()]): PreviewData {
  return {
    extensionName: 'Bakery',
    extensionVersion: '1.2.3',
    tasks,
    connections: [
      toConnectionForm(
        {
          name: 'databricksworkspace',
          displayName: 'Kitchen',
          helpMarkDown: 'Use a <b>clean</b> one.',
          url: { displayName: 'Address', helpText: 'With a slash.' },
          dataSources: [{ name: 'TestConnection' }],
          authenticationSchemes: [
            {
              type: 'ms.vss-endpoint.endpoint-auth-scheme-token',
              displayName: 'Key',
              inputDescriptors: [
                {
                  id: 'apitoken',
                  name: 'Key of the door',
                  inputMode: 'passwordbox',
                  isConfidential: true,
                  validation: { isRequired: true },
                },
              ],
            },
            { type: 'ms.vss-endpoint.endpoint-auth-scheme-none' },
          ],
        },
        undefined,
      ),
    ],
  };
}
