import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskDefinition } from '../task-definitions';
import { type RequestTemplates, readRequest } from './extension-manifest';
import { isJson, type Json, objectIn, objectsIn, textIn, textsIn } from './json';

/** A choice of a list: what is stored, and what the editor shows. */
export interface Choice {
  readonly value: string;
  readonly text: string;
}

/** What the editor shows of an input, beyond what a run needs to know of it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly groupName: string;
  readonly options: readonly Choice[];
  /** Whether anything else than the choices may be typed. */
  readonly isEditable: boolean;
}

/** A group of the form; inputs of no group come first. */
export interface FormGroup {
  readonly name: string;
  readonly label: string;
  readonly isExpanded: boolean;
  readonly visibleRule: string;
}

/** A list that the service fetches through a service connection. */
export interface Binding {
  readonly target: string;
  readonly endpointId: string;
  /** Empty when the binding has a request of its own. */
  readonly dataSourceName: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly resultTemplate: string;
  readonly request: RequestTemplates;
}

/** The form of a task, as its task.json declares it. */
export interface TaskForm {
  readonly fields: readonly FormField[];
  readonly groups: readonly FormGroup[];
  readonly bindings: readonly Binding[];
}

/** Reads the form of a task. */
export function loadForm({ folder }: TaskDefinition): TaskForm {
  const text = readFileSync(join(folder, 'task.json'), 'utf8').replace(/^\uFEFF/, '');
  const parsed: unknown = JSON.parse(text);
  const json = isJson(parsed) ? parsed : {};
  return {
    fields: objectsIn(json, 'inputs').map(toField),
    groups: objectsIn(json, 'groups').map(toGroup),
    bindings: objectsIn(json, 'dataSourceBindings').map(toBinding),
  };
}

function toField(input: Json): FormField {
  const options = textsIn(input, 'options');
  return {
    name: textIn(input, 'name'),
    label: textIn(input, 'label') || textIn(input, 'name'),
    groupName: textIn(input, 'groupName'),
    options: Object.entries(options).map(([value, text]) => ({ value, text })),
    isEditable: isTrue(objectIn(input, 'properties')['EditableOptions']),
  };
}

function toGroup(group: Json): FormGroup {
  return {
    name: textIn(group, 'name'),
    label: textIn(group, 'displayName') || textIn(group, 'name'),
    isExpanded: isTrue(group['isExpanded']),
    visibleRule: textIn(group, 'visibleRule'),
  };
}

function isTrue(value: unknown): boolean {
  return String(value).toLowerCase() === 'true';
}

function toBinding(binding: Json): Binding {
  return {
    target: textIn(binding, 'target'),
    endpointId: textIn(binding, 'endpointId'),
    dataSourceName: textIn(binding, 'dataSourceName'),
    parameters: textsIn(binding, 'parameters'),
    resultTemplate: textIn(binding, 'resultTemplate'),
    request: readRequest(binding),
  };
}
