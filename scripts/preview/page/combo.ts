import type { HTMLElement, HTMLInputElement, KeyboardEvent } from 'happy-dom';
import type { Dom } from './dom';
import type { FormOption } from './model';

export interface ComboOptions {
  /** Id of the input element, for its label. */
  readonly id: string;
  readonly value: string;
  /** Asked each time the list opens. */
  readonly options: () => readonly FormOption[];
  /** Whether text may be typed that is no option. */
  readonly isEditable: boolean;
  readonly placeholder?: string;
  /** Gets the value of the option, or the text that was typed. */
  readonly onChange: (value: string) => void;
}

/** A box with a list below it. The list is in the page only while it is open. */
export function createCombo(dom: Dom, combo: ComboOptions): HTMLElement {
  const { element } = dom;
  const input = element('input.text', {
    id: combo.id,
    type: 'text',
    role: 'combobox',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-expanded': 'false',
    placeholder: combo.placeholder,
    readonly: combo.isEditable ? undefined : '',
  }) as HTMLInputElement;
  input.value = labelFor(combo.options(), combo.value);
  const arrow = element('button.arrow', { type: 'button', tabindex: '-1', 'aria-label': 'Open' }, [
    dom.icon('down'),
  ]);
  const box = element('div.combo', {}, [input, arrow]);
  const list = createList(dom, box, input, combo);

  arrow.addEventListener('mousedown', (event) => event.preventDefault());
  arrow.addEventListener('click', () => {
    input.focus();
    list.toggle();
  });
  if (!combo.isEditable) input.addEventListener('click', () => list.toggle());
  input.addEventListener('input', () => {
    list.close();
    combo.onChange(valueFor(combo.options(), input.value));
  });
  input.addEventListener('blur', () => list.close());
  input.addEventListener('keydown', (event) => list.onKey(event as KeyboardEvent));
  return box;
}

function createList(dom: Dom, box: HTMLElement, input: HTMLInputElement, combo: ComboOptions) {
  const { element } = dom;
  let list: HTMLElement | undefined;
  let current = -1;

  function close(): void {
    list?.remove();
    list = undefined;
    input.setAttribute('aria-expanded', 'false');
  }

  function choose({ value, label }: FormOption): void {
    input.value = label;
    close();
    combo.onChange(value);
  }

  function open(): void {
    const options = combo.options();
    const value = valueFor(options, input.value);
    current = options.findIndex((option) => option.value === value);
    list = element(
      'div.options',
      { role: 'listbox' },
      options.map((option) => createRow(dom, option, choose)),
    );
    if (options.length === 0) list.append(element('div.none', {}, ['No results found.']));
    box.append(list);
    input.setAttribute('aria-expanded', 'true');
    mark();
  }

  function mark(): void {
    for (const [index, row] of [...(list?.children ?? [])].entries()) {
      row.setAttribute('aria-selected', String(index === current));
    }
  }

  function move(step: number): void {
    if (!list) open();
    else {
      const { length } = combo.options();
      current = Math.min(Math.max(current + step, 0), length - 1);
      mark();
    }
  }

  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: close,
    Enter: () => {
      const option = list && combo.options()[current];
      if (option) choose(option);
      else close();
    },
  };

  return {
    close,
    toggle: () => (list ? close() : open()),
    onKey(event: KeyboardEvent): void {
      const action = keys[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    },
  };
}

function createRow(
  { element }: Dom,
  option: FormOption,
  choose: (option: FormOption) => void,
): HTMLElement {
  const row = element('div.option', { role: 'option', 'data-value': option.value }, [option.label]);
  // Before the box loses the focus, which closes the list.
  row.addEventListener('mousedown', (event) => {
    event.preventDefault();
    choose(option);
  });
  return row;
}

function labelFor(options: readonly FormOption[], value: string): string {
  return options.find((option) => option.value === value)?.label ?? value;
}

function valueFor(options: readonly FormOption[], text: string): string {
  return options.find(({ label }) => label === text)?.value ?? text;
}
