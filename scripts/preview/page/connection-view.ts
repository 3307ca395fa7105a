import type { HTMLElement } from 'happy-dom';
import { createCombo } from './combo';
import {
  createCheckbox,
  createField,
  createTextArea,
  createTextBox,
  type Field,
  requiredHint,
} from './controls';
import type { Dom } from './dom';
import type { ConnectionField, ConnectionForm } from './model';

/** The dialog that makes a service connection, in front of the list of those that are there. */
export function createConnectionView(dom: Dom, connection: ConnectionForm): HTMLElement {
  const { element } = dom;
  const values = new Map<string, string>();
  const shared = [connection.url, ...connection.fields]
    .filter((field) => field !== undefined)
    .map((field) => createDialogField(dom, field, values));
  const schemes = connection.schemes.map(({ label, fields }) => ({
    label,
    fields: fields.map((field) => createDialogField(dom, field, values)),
  }));
  let scheme = schemes[0];
  const schemeFields = element('div.scheme-fields');
  const choose = (label: string) => {
    scheme = schemes.find((item) => item.label === label) ?? scheme;
    schemeFields.replaceChildren(...(scheme?.fields ?? []).map((field) => field.element));
  };
  choose('');
  const name = createDialogField(dom, nameField, values);
  const description = createDialogField(dom, descriptionField, values);
  const verified = element('div.verified', { role: 'status' });
  const check = (fields: readonly CheckedField[]) => {
    const results = fields.map((field) => field.check());
    return results.every((isFilled) => isFilled);
  };
  const verify = () => {
    const isFilled = check([...shared, ...(scheme?.fields ?? [])]);
    verified.replaceChildren(...(isFilled ? [dom.icon('check'), 'Verification Succeeded'] : []));
    return isFilled;
  };

  const body = element('div.dialog-body', {}, [
    helpOf(dom, connection),
    schemes.length > 0
      ? createSchemeBox(
          dom,
          schemes.map(({ label }) => label),
          choose,
        )
      : undefined,
    ...shared.map((field) => field.element),
    element('h3', {}, ['Authentication']),
    schemeFields,
    connection.canVerify
      ? element('div.verify-row', {}, [button(dom, 'Verify', '', verify), verified])
      : undefined,
    element('h3', {}, ['Details']),
    name.element,
    description.element,
    element('h3', {}, ['Security']),
    grantBox(dom),
  ]);
  const save = () => {
    const isVerified = verify();
    if (check([name]) && isVerified) verified.append('. The preview saves nothing.');
  };
  const saveLabel = connection.canVerify ? 'Verify and save' : 'Save';
  return element('div.connection-view', {}, [
    createList(dom, connection),
    element('div.shade'),
    element('div.dialog', { role: 'dialog', 'aria-label': titleOf(connection) }, [
      element('div.dialog-header', {}, [element('h2', {}, [titleOf(connection)])]),
      body,
      element('div.dialog-footer', {}, [button(dom, saveLabel, 'primary', save)]),
    ]),
  ]);
}

interface CheckedField extends Field {
  /** Whether the field may be left as it is; says so if not. */
  check(): boolean;
}

/** The dialog marks what is optional instead of what is required. */
const unmarked = { isRequired: false, helpHtml: '' };

const plain = {
  description: '',
  isSecret: false,
  isRequired: false,
  isMultiLine: false,
  defaultValue: '',
  options: [],
};
const nameField = {
  ...plain,
  id: 'connectionName',
  label: 'Service connection name',
  isRequired: true,
};
const descriptionField = {
  ...plain,
  id: 'description',
  label: 'Description (optional)',
  isMultiLine: true,
};

function titleOf({ displayName }: ConnectionForm): string {
  return `New ${displayName} service connection`;
}

function createDialogField(
  dom: Dom,
  { id: name, label, description, ...kind }: ConnectionField,
  values: Map<string, string>,
): CheckedField {
  const id = `connection-${name}`;
  values.set(name, kind.defaultValue);
  const onChange = (value: string) => {
    values.set(name, value);
    field.setHint(undefined);
  };
  const control = createDialogControl(dom, kind, { id, value: kind.defaultValue, onChange });
  const field = createField(dom, { ...unmarked, name, id, label }, control);
  if (description !== '') field.element.append(dom.element('div.below', {}, [description]));
  return {
    ...field,
    check() {
      const isMissing = kind.isRequired && (values.get(name) ?? '').trim() === '';
      field.setHint(isMissing ? requiredHint : undefined);
      return !isMissing;
    },
  };
}

function createDialogControl(
  dom: Dom,
  { options, isMultiLine, isSecret }: Pick<ConnectionField, 'options' | 'isMultiLine' | 'isSecret'>,
  binding: { id: string; value: string; onChange: (value: string) => void },
): HTMLElement {
  if (options.length > 0) {
    return createCombo(dom, { ...binding, isEditable: false, options: () => options });
  }
  if (isMultiLine) return createTextArea(dom, binding, 2);
  return createTextBox(dom, binding, isSecret ? 'password' : 'text');
}

function createSchemeBox(
  dom: Dom,
  labels: readonly string[],
  onChange: (label: string) => void,
): HTMLElement {
  const id = 'connection-scheme';
  const options = labels.map((label) => ({ value: label, label }));
  const combo = { id, value: labels[0] ?? '', isEditable: false, options: () => options, onChange };
  const label = { name: 'scheme', id, label: 'Authentication method' };
  return createField(dom, { ...unmarked, ...label }, createCombo(dom, combo)).element;
}

function grantBox(dom: Dom): HTMLElement {
  const id = 'connection-grant';
  const box = createCheckbox(dom, { id, value: 'false', onChange: () => undefined });
  const label = { name: 'grant', id, label: 'Grant access permission to all pipelines' };
  return createField(dom, { ...unmarked, ...label }, box).element;
}

function helpOf(dom: Dom, { helpHtml }: ConnectionForm): HTMLElement | undefined {
  if (helpHtml === '') return undefined;
  const help = dom.element('div.help');
  help.innerHTML = helpHtml;
  return help;
}

function createList(dom: Dom, { displayName, icon }: ConnectionForm): HTMLElement {
  const { element } = dom;
  const rows = ['databricks-dev', 'databricks-staging', 'databricks-prod'].map((name) =>
    element('div.connection-row', {}, [
      icon === undefined ? element('span.tile', {}, ['D']) : element('img', { src: icon, alt: '' }),
      element('div', {}, [name, element('div.sub', {}, [displayName])]),
    ]),
  );
  return element('div.connection-list', { 'aria-hidden': 'true' }, [
    element('h2', {}, ['Service connections']),
    ...rows,
  ]);
}

function button(dom: Dom, label: string, kind: string, onClick: () => void): HTMLElement {
  const made = dom.element('button.action', { type: 'button' }, [label]);
  if (kind !== '') made.classList.add(kind);
  made.addEventListener('click', onClick);
  return made;
}
