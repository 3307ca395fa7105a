import type { FullInput, FullManifest } from '../manifests/load-manifests';
import { inputSchema, plainText } from './input-values';
import { anyCase, expressionInside, expressionKey, type JsonSchema, ref } from './json-schema';
import { commonStepKeys } from './pipeline-parts';

/** Name of a task as steps refer to it: `DatabricksRunNotebook@1`. */
export function yamlName({ name, version }: FullManifest): string {
  return `${name}@${version.Major}`;
}

/** The named parts that describe the steps of one task. */
export function taskDefinitions(manifest: FullManifest): Record<string, JsonSchema> {
  const inputs = manifest.inputs.map(
    (input) => [inputName(manifest, input), inputSchema(input)] as const,
  );
  return {
    [stepName(manifest)]: stepSchema(manifest),
    [inputsName(manifest)]: inputsSchema(manifest),
    [someInputsName(manifest)]: someInputsSchema(manifest),
    ...Object.fromEntries(inputs),
  };
}

/**
 * Holds a step to the schema of this task, if it is one of this task. As "of this task, or not": if, then and else are
 * not understood by the language server of Azure Pipelines.
 */
export function taskRule(manifest: FullManifest): JsonSchema {
  const otherTask = { not: { type: 'string', pattern: `^(?:${taskPattern(manifest)})(?:@|$)` } };
  return { anyOf: [ref(stepName(manifest)), { properties: { task: otherTask } }] };
}

function stepName({ name }: FullManifest): string {
  return `${name}.step`;
}

function inputsName({ name }: FullManifest): string {
  return `${name}.inputs`;
}

function someInputsName({ name }: FullManifest): string {
  return `${name}.someInputs`;
}

function inputName({ name }: FullManifest, input: FullInput): string {
  return `${name}.input.${input.name}`;
}

/** The three forms of a reference: the name, the full name with publisher, extension and contribution, the id. */
function taskPattern({ name, id }: FullManifest): string {
  return `(?:[^.@\\s]+\\.[^.@\\s]+\\.[^.@\\s]+\\.)?${anyCase(name)}|${anyCase(id)}`;
}

function stepSchema(manifest: FullManifest): JsonSchema {
  const name = yamlName(manifest);
  return {
    description: manifest.description,
    properties: {
      task: {
        title: manifest.friendlyName,
        type: 'string',
        pattern: `^(?:${taskPattern(manifest)})@${manifest.version.Major}(?:\\.\\d+){0,2}$`,
        errorMessage: `This task has no such version. Write ${name}.`,
      },
      inputs: ref(inputsName(manifest)),
      ...commonStepKeys,
    },
    patternProperties: { [expressionKey]: {} },
    additionalProperties: false,
    errorMessage: `A step of ${name} has no such key.`,
    firstProperty: ['task'],
    ...(requiredInputs(manifest).length > 0 ? hasKey('inputs') : {}),
  };
}

function requiredInputs({ inputs }: FullManifest): readonly FullInput[] {
  return inputs.filter((input) => input.required);
}

function inputsSchema(manifest: FullManifest): JsonSchema {
  const required = requiredInputs(manifest).map((input) => hasKey(...namesOf(input)));
  return {
    description: `Inputs of ${yamlName(manifest)}. ${plainText(manifest.helpMarkDown)}`,
    type: required.length > 0 ? ['object', 'string'] : ['object', 'string', 'null'],
    pattern: expressionInside,
    errorMessage: 'Give the inputs on lines of their own, indented: "name: value".',
    allOf: [ref(someInputsName(manifest)), ...required],
  };
}

/** What may stand below `inputs:`, and below `${{ if … }}:` there. Names are known in any case, as by the service. */
function someInputsSchema(manifest: FullManifest): JsonSchema {
  const named = manifest.inputs.flatMap((input) => {
    const schema = ref(inputName(manifest, input));
    const aliases = (input.aliases ?? []).map((alias) => [alias, notSuggested(schema)] as const);
    return [[input.name, schema] as const, ...aliases];
  });
  return {
    properties: Object.fromEntries(named),
    patternProperties: {
      [expressionKey]: ref(someInputsName(manifest)),
      ...Object.fromEntries(
        named.map(([name, schema]) => [`^(?!${name}$)${anyCase(name)}$`, schema]),
      ),
    },
    additionalProperties: false,
    errorMessage: `${yamlName(manifest)} has no such input.`,
    dependencies: Object.fromEntries(manifest.inputs.flatMap(aliasConflicts)),
  };
}

function namesOf({ name, aliases = [] }: FullInput): [string, ...string[]] {
  return [name, ...aliases];
}

/** An alias is another name of the input, so one of the two is enough. */
function aliasConflicts({ name, aliases = [] }: FullInput): [string, JsonSchema][] {
  return aliases.map((alias) => [
    alias,
    {
      properties: {
        [name]: never(`${alias} is another name of ${name}. Keep one of the two.`),
      },
    },
  ]);
}

function notSuggested(schema: JsonSchema): JsonSchema {
  return { doNotSuggest: true, allOf: [schema] };
}

/** Refuses every value, and says why in editors that show error messages of a schema. */
function never(errorMessage: string): JsonSchema {
  return { type: 'string', pattern: '^(?!)', errorMessage };
}

/**
 * One of the keys is there, in any case; or a template expression, which may give it. Editors say that the first is
 * missing.
 */
function hasKey(...names: readonly [string, ...string[]]): JsonSchema {
  const [first] = names;
  const pattern = `^(?:\\$\\{\\{.*|${names.map(anyCase).join('|')})$`;
  return {
    anyOf: [{ required: [first] }, { not: { patternProperties: { [pattern]: { not: {} } } } }],
  };
}
