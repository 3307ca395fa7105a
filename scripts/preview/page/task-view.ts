import type { HTMLElement, HTMLInputElement } from 'happy-dom';
import { createCombo } from './combo';
import {
  createCheckbox,
  createControl,
  createField,
  createHelp,
  createTextBox,
  type Field,
  requiredHint,
} from './controls';
import type { Dom } from './dom';
import {
  conditions,
  defaultDisplayName,
  missingInputs,
  type StepState,
  visibleInputs,
} from './form-state';
import type { FormInput, TaskForm } from './model';
import { describeStep } from './yaml-view';

export interface TaskViewOptions {
  readonly task: TaskForm;
  readonly step: StepState;
  /** Called after each change of `step`. */
  readonly onChange: () => void;
  /** Opens the dialog of a type of connection; undefined where this extension does not define the type. */
  readonly newConnection: (type: string) => (() => void) | undefined;
  /** Whether the YAML is shown beside the form; the view keeps it up to date. */
  readonly panel: { isOpen: boolean };
}

/** The form of a step, and its YAML beside it. */
export function createTaskView(dom: Dom, options: TaskViewOptions): HTMLElement {
  const { element } = dom;
  const { task, step } = options;
  const displayName = createDisplayName(dom, step, changed);
  const inputs = new Map<FormInput, Field>(
    task.inputs.map((input) => [input, createInputField(dom, input, options, changed)]),
  );
  const groups = task.groups.map((group) => {
    const members = [...inputs].filter(([{ groupName }]) => groupName === group.name);
    const fields = members.map(([, field]) => field.element);
    const section = createSection(dom, group.name, group.label, group.isExpanded, fields);
    return { section, members: new Set(members.map(([input]) => input)) };
  });
  const outputs = createOutputs(dom, task, step, changed);
  const yaml = createYamlPanel(dom, options.panel);

  function changed(): void {
    update();
    options.onChange();
  }

  function update(): void {
    const shown = new Set(visibleInputs(task, step.values));
    const missing = new Set(missingInputs(task, step.values));
    for (const [input, field] of inputs) {
      field.element.toggleAttribute('hidden', !shown.has(input));
      field.setHint(missing.has(input) ? requiredHint : undefined);
    }
    for (const { section, members } of groups) {
      section.toggleAttribute('hidden', ![...members].some((input) => shown.has(input)));
    }
    displayName.update(defaultDisplayName(task, step.values));
    outputs.update();
    yaml.update(describeStep(task, step));
  }

  const isInGroup = ({ groupName }: FormInput) =>
    task.groups.some(({ name }) => name === groupName);
  const form = element('div.form', {}, [
    createHeader(dom, task, yaml.toggle),
    createVersionField(dom, task),
    displayName.field.element,
    ...[...inputs].filter(([input]) => !isInGroup(input)).map(([, field]) => field.element),
    ...groups.map(({ section }) => section),
    createSection(dom, 'control', 'Control Options', false, controlFields(dom, step, changed)),
    createSection(dom, 'outputs', 'Output Variables', false, outputs.elements),
  ]);
  update();
  return element('div.task-view', {}, [form, yaml.element]);
}

function createHeader(dom: Dom, task: TaskForm, viewYaml: HTMLElement): HTMLElement {
  const { element } = dom;
  return element('div.task-header', {}, [
    element('h2', {}, [task.friendlyName]),
    createHelp(
      dom,
      task.friendlyName,
      `<p>${escapeText(dom, task.description)}</p>${task.helpHtml}`,
    ),
    element('span.spring'),
    viewYaml,
  ]);
}

function escapeText(dom: Dom, text: string): string {
  return dom.element('div', {}, [text]).innerHTML;
}

function createVersionField(dom: Dom, { majorVersion }: TaskForm): HTMLElement {
  const version = `${majorVersion}.*`;
  const combo = createCombo(dom, {
    id: 'version',
    value: version,
    options: () => [{ value: version, label: version }],
    isEditable: false,
    onChange: () => undefined,
  });
  const label = { name: 'version', id: 'version', label: 'Task version', isRequired: false };
  const { element } = createField(dom, { ...label, helpHtml: '' }, combo);
  element.classList.add('version');
  return element;
}

function createDisplayName(dom: Dom, step: StepState, changed: () => void) {
  const box = createTextBox(dom, {
    id: 'display-name',
    value: step.displayName ?? '',
    onChange(value) {
      step.displayName = value;
      changed();
    },
  });
  const label = { name: 'displayName', id: box.id, label: 'Display name', isRequired: true };
  const field = createField(dom, { ...label, helpHtml: '' }, box);
  return {
    field,
    update(madeUp: string): void {
      if (step.displayName === undefined) box.value = madeUp;
      field.setHint(box.value.trim() === '' ? requiredHint : undefined);
    },
  };
}

function createInputField(
  dom: Dom,
  input: FormInput,
  { step, newConnection }: TaskViewOptions,
  changed: () => void,
): Field {
  const id = `input-${input.name}`;
  const [, connectionType] = /^connectedService:([^:]+)/.exec(input.type) ?? [];
  const binding = {
    id,
    value: step.values.get(input.name) ?? '',
    onChange(value: string): void {
      step.values.set(input.name, value);
      changed();
    },
  };
  const control = createControl(dom, input, binding, {
    options: () => (isSourceReady(input, step) ? input.options : []),
    onNewConnection: connectionType === undefined ? undefined : newConnection(connectionType),
  });
  const { name, label, isRequired, helpHtml } = input;
  const field = { name, id, label, isRequired, helpHtml };
  return createField(
    dom,
    connectionType === undefined ? field : { ...field, extra: manageLink(dom) },
    control,
  );
}

function isSourceReady({ source }: FormInput, { values }: StepState): boolean {
  return source === undefined || (values.get(source.connectionInput) ?? '') !== '';
}

function manageLink(dom: Dom): HTMLElement {
  return dom.element(
    'button.link',
    { type: 'button', title: 'Opens the service connections of the project (not in the preview)' },
    ['Manage', dom.icon('external')],
  );
}

function createSection(
  dom: Dom,
  name: string,
  label: string,
  isExpanded: boolean,
  content: readonly HTMLElement[],
): HTMLElement {
  const { element } = dom;
  const body = element('div.section-body', {}, content);
  const button = element('button.section-header', { type: 'button' }, [label, dom.icon('down')]);
  const section = element('section.section', { 'data-group': name }, [
    element('h3', {}, [button]),
    body,
  ]);
  const show = (isOpen: boolean) => {
    button.setAttribute('aria-expanded', String(isOpen));
    body.toggleAttribute('hidden', !isOpen);
  };
  button.addEventListener('click', () => show(body.hasAttribute('hidden')));
  show(isExpanded);
  return section;
}

function controlFields(dom: Dom, { control }: StepState, changed: () => void): HTMLElement[] {
  const check = (key: 'isEnabled' | 'continueOnError', label: string) => {
    const onChange = (value: string) => {
      control[key] = value === 'true';
      changed();
    };
    const box = createCheckbox(dom, { id: key, value: String(control[key]), onChange });
    return createField(dom, { name: key, id: key, label, isRequired: false, helpHtml: '' }, box);
  };
  const count = (key: 'retryCount' | 'timeoutMinutes', label: string, isRequired: boolean) => {
    const onChange = (value: string) => {
      control[key] = value;
      changed();
    };
    const box = createTextBox(dom, { id: key, value: control[key], onChange });
    return createField(dom, { name: key, id: key, label, isRequired, helpHtml: '' }, box);
  };
  const condition = createCombo(dom, {
    id: 'condition',
    value: control.condition,
    options: () => conditions,
    isEditable: false,
    onChange(value) {
      control.condition = value;
      changed();
    },
  });
  const label = { id: 'condition', label: 'Run this task', isRequired: false, helpHtml: '' };
  return [
    check('isEnabled', 'Enabled'),
    check('continueOnError', 'Continue on error'),
    count('retryCount', 'Number of retries if task failed', false),
    count('timeoutMinutes', 'Timeout', true),
    createField(dom, { ...label, name: 'condition' }, condition),
  ].map((field) => field.element);
}

function createOutputs(dom: Dom, task: TaskForm, step: StepState, changed: () => void) {
  const { element } = dom;
  const onChange = (value: string) => {
    step.referenceName = value;
    changed();
  };
  const box = createTextBox(dom, { id: 'reference-name', value: step.referenceName, onChange });
  const helpHtml = '<p>Later steps read the output variables by this name.</p>';
  const label = { id: box.id, label: 'Reference name', isRequired: false, helpHtml };
  const field = createField(dom, { ...label, name: 'referenceName' }, box);
  const list = element('dl.outputs');
  const none = 'There are no output variables associated with this task.';
  return {
    elements: [field.element, element('div.label', {}, ['Variables list']), list],
    update(): void {
      const prefix = step.referenceName.trim() === '' ? '' : `${step.referenceName.trim()}.`;
      const rows = task.outputs.flatMap(({ name, description }) => [
        element('dt', {}, [`${prefix}${name}`]),
        element('dd', {}, [description]),
      ]);
      list.replaceChildren(...(rows.length > 0 ? rows : [element('dd', {}, [none])]));
    },
  };
}

function createYamlPanel(dom: Dom, panel: { isOpen: boolean }) {
  const { element } = dom;
  const code = element('pre.yaml', { tabindex: '0' });
  const copied = element('span.copied', { role: 'status' });
  const copy = element('button.link.copy', { type: 'button' }, [dom.icon('copy'), 'Copy']);
  copy.addEventListener('click', () => {
    copied.textContent = copyText(dom, code.textContent) ? 'Copied' : 'Select the text to copy it';
  });
  const toggle = element('button.link.view-yaml', { type: 'button' }, [
    dom.icon('yaml'),
    'View YAML',
  ]);
  const box = element('aside.yaml-panel', { 'aria-label': 'YAML' }, [
    element('div.yaml-header', {}, [element('h3', {}, ['YAML']), copied, copy]),
    code,
  ]);
  const show = (isOpen: boolean) => {
    panel.isOpen = isOpen;
    box.toggleAttribute('hidden', !isOpen);
    toggle.setAttribute('aria-expanded', String(isOpen));
  };
  toggle.addEventListener('click', () => show(!panel.isOpen));
  show(panel.isOpen);
  return {
    element: box,
    toggle,
    update(text: string): void {
      code.textContent = text;
      copied.textContent = '';
    },
  };
}

/** The old way: the clipboard of a page without https is closed to everything else. */
function copyText({ document, element }: Dom, text: string): boolean {
  const area = element('textarea') as unknown as HTMLInputElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = (
    document as unknown as { execCommand?: (command: string) => boolean }
  ).execCommand?.('copy');
  area.remove();
  return isCopied === true;
}
