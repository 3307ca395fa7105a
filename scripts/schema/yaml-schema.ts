import type { LoadedManifest } from '../manifests/load-manifests';
import { type JsonSchema, printSchema, ref } from './json-schema';
import { pipelineDefinitions } from './pipeline-parts';
import { taskDefinitions, taskRule, yamlName } from './task-steps';

/**
 * The JSON Schema of pipeline files with the tasks of this extension, as text. It is for editors: the Azure Pipelines
 * extension (microsoft/azure-pipelines-language-server) and yaml-language-server, so it uses only what both understand.
 */
export function buildYamlSchema(manifests: readonly LoadedManifest[]): string {
  const tasks = manifests.map(({ manifest }) => manifest);
  const suggested = tasks.map((task) => ({ name: yamlName(task), description: task.description }));
  const schema: JsonSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Written by "npm run generate" from the task.json files.',
    allOf: [ref('pipeline')],
    definitions: {
      ...pipelineDefinitions(suggested, tasks.map(taskRule)),
      ...Object.assign({}, ...tasks.map(taskDefinitions)),
    },
  };
  return printSchema(schema);
}
