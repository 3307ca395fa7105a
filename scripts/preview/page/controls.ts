import type {
  Document,
  Element,
  HTMLElement,
  HTMLInputElement,
  HTMLTextAreaElement,
} from 'happy-dom';
import { createCombo } from './combo';
import type { Dom } from './dom';
import type { FormInput, FormOption } from './model';

export const requiredHint = 'This setting is required.';

/** What a control is bound to. */
export interface Binding {
  readonly id: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A label with help above a control, and room for a hint below. */
export interface Field {
  readonly element: HTMLElement;
  setHint(hint: string | undefined): void;
}

export interface FieldOptions {
  /** data-input of the element: what tests and screenshots find it by. */
  readonly name: string;
  readonly id: string;
  readonly label: string;
  readonly isRequired: boolean;
  /** Safe HTML; empty = no help. */
  readonly helpHtml: string;
  /** After the label, as the link Manage. */
  readonly extra?: HTMLElement;
}

export function createField(dom: Dom, options: FieldOptions, control: HTMLElement): Field {
  const { element } = dom;
  const { name, id, label, isRequired, helpHtml, extra } = options;
  const isCheckbox = control.getAttribute('type') === 'checkbox';
  const text = element('label', { for: id }, [label]);
  if (isRequired) text.append(element('span.star', {}, [' *']));
  const line = element('div.label', {}, [isCheckbox ? control : undefined, text]);
  if (helpHtml !== '') line.append(createHelp(dom, label, helpHtml));
  if (extra) line.append(element('span.bar', {}, ['|']), extra);
  const hint = element('div.hint', { role: 'alert' });
  const field = element('div.field', { 'data-input': name }, [
    line,
    isCheckbox ? undefined : control,
    hint,
  ]);
  return {
    element: field,
    setHint(message) {
      field.classList.toggle('invalid', message !== undefined);
      hint.replaceChildren(...(message === undefined ? [] : [dom.icon('error'), message]));
    },
  };
}

/** The (i) that opens a help text. */
export function createHelp(dom: Dom, label: string, helpHtml: string): HTMLElement {
  const { element } = dom;
  const button = element(
    'button.info',
    { type: 'button', 'aria-label': `Help: ${label}`, 'aria-expanded': 'false' },
    [dom.icon('info')],
  );
  const callout = element('div.callout.help', { hidden: '' });
  callout.innerHTML = helpHtml;
  const anchor = element('span.help-anchor', {}, [button, callout]);
  button.addEventListener('click', () => showHelp(anchor, callout.hasAttribute('hidden')));
  return anchor;
}

/** Closes open help texts when Escape is pressed or something else is clicked. */
export function closeHelpByItself(document: Document): void {
  const closeAll = (target?: Element) => {
    for (const anchor of document.querySelectorAll('.help-anchor')) {
      if (!target || !anchor.contains(target)) showHelp(anchor, false);
    }
  };
  document.addEventListener('click', ({ target }) => closeAll(target as Element | undefined));
  document.addEventListener('keydown', (event) => {
    if ('key' in event && event.key === 'Escape') closeAll();
  });
}

function showHelp(anchor: Element, isOpen: boolean): void {
  anchor.querySelector('.callout')?.toggleAttribute('hidden', !isOpen);
  anchor.querySelector('.info')?.setAttribute('aria-expanded', String(isOpen));
}

/** A box for one line of text. */
export function createTextBox(dom: Dom, { id, value, onChange }: Binding, type = 'text') {
  const input = dom.element('input.text', {
    id,
    type,
    autocomplete: 'off',
    spellcheck: 'false',
  }) as HTMLInputElement;
  input.value = value;
  input.addEventListener('input', () => onChange(input.value));
  return input;
}

export function createTextArea(dom: Dom, { id, value, onChange }: Binding, rows: number) {
  const area = dom.element('textarea.text', {
    id,
    rows: String(rows),
    spellcheck: 'false',
  }) as HTMLTextAreaElement;
  area.value = value;
  area.addEventListener('input', () => onChange(area.value));
  return area;
}

/** A check box; its value is `true` or `false`. */
export function createCheckbox(dom: Dom, { id, value, onChange }: Binding) {
  const box = dom.element('input.check', { id, type: 'checkbox' }) as HTMLInputElement;
  box.checked = value.toLowerCase() === 'true';
  box.addEventListener('change', () => onChange(String(box.checked)));
  return box;
}

export interface ControlContext {
  /** Options at this moment: none while the connection they come from is not chosen. */
  readonly options: () => readonly FormOption[];
  /** What the button New beside a service connection does; undefined = no such button. */
  readonly onNewConnection: (() => void) | undefined;
}

/** The control that the editor has for the type of an input. Reference 4.2. */
export function createControl(
  dom: Dom,
  input: FormInput,
  binding: Binding,
  context: ControlContext,
): HTMLElement {
  const { type, rows, isEditable } = input;
  if (type === 'boolean') return createCheckbox(dom, binding);
  if (type === 'multiLine') return createTextArea(dom, binding, rows);
  if (type === 'radio') return createRadios(dom, input, binding);
  if (type.startsWith('connectedService:')) return createConnectionBox(dom, binding, context);
  if (input.source) {
    return besides(dom, createOptionBox(dom, isEditable, binding, context), [refreshButton(dom)]);
  }
  if (type === 'pickList') return createOptionBox(dom, isEditable, binding, context);
  const box = createTextBox(dom, binding);
  if (type !== 'filePath' && type !== 'secureFile') return box;
  return besides(dom, box, [iconButton(dom, 'browse', 'Browse')]);
}

function createOptionBox(
  dom: Dom,
  isEditable: boolean,
  binding: Binding,
  { options }: ControlContext,
): HTMLElement {
  return createCombo(dom, { ...binding, isEditable, options });
}

function createConnectionBox(
  dom: Dom,
  binding: Binding,
  { options, onNewConnection }: ControlContext,
): HTMLElement {
  const combo = createCombo(dom, { ...binding, options, isEditable: true });
  if (!onNewConnection) return besides(dom, combo, [refreshButton(dom)]);
  const button = dom.element('button.new', { type: 'button' }, [dom.icon('plus'), 'New']);
  button.addEventListener('click', onNewConnection);
  return besides(dom, combo, [refreshButton(dom), button]);
}

function createRadios(dom: Dom, { options }: FormInput, { id, value, onChange }: Binding) {
  const rows = options.map((option) => {
    const radio = dom.element('input', { type: 'radio', name: id }) as HTMLInputElement;
    radio.checked = option.value === value;
    radio.addEventListener('change', () => onChange(option.value));
    return dom.element('label.radio', {}, [radio, option.label]);
  });
  return dom.element('div.radios', { id, role: 'radiogroup' }, rows);
}

function besides(dom: Dom, control: HTMLElement, buttons: readonly HTMLElement[]): HTMLElement {
  return dom.element('div.row', {}, [control, ...buttons]);
}

function refreshButton(dom: Dom): HTMLElement {
  return iconButton(dom, 'refresh', 'Refresh the list');
}

function iconButton(dom: Dom, icon: 'refresh' | 'browse', label: string): HTMLElement {
  return dom.element(
    'button.icon-button',
    { type: 'button', title: `${label} (not in the preview)`, 'aria-label': label },
    [dom.icon(icon)],
  );
}
