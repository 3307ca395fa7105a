import type { Document, HTMLElement } from 'happy-dom';
import { createConnectionView } from './connection-view';
import { closeHelpByItself } from './controls';
import { createDom, type Dom } from './dom';
import { defaultDisplayName, missingInputs, newStep, type StepState } from './form-state';
import type { PreviewData, TaskForm } from './model';
import { createTaskView } from './task-view';

/** What the page shows: a task by its folder, or `connection:` and the name of a type of service connection. */
export type Place = string;

/** Fills the body of the page and shows the place; unknown places show the first task. Returns how to go elsewhere. */
export function mountPreview(
  document: Document,
  data: PreviewData,
  onGo: (place: Place) => void,
): (place: Place) => void {
  const dom = createDom(document);
  const { element } = dom;
  const steps = new Map(data.tasks.map((task) => [task, newStep(task)]));
  const panel = { isOpen: false };
  const main = element('main');
  const rows = new Map<Place, HTMLElement>();

  function go(wanted: Place): void {
    const place = rows.has(wanted) ? wanted : ([...rows.keys()][0] ?? '');
    for (const [key, row] of rows) row.setAttribute('aria-current', String(key === place));
    main.replaceChildren(createView(place));
    main.scrollTop = 0;
    onGo(place);
  }

  function createView(place: Place): HTMLElement {
    const connection = data.connections.find(({ name }) => place === `connection:${name}`);
    if (connection) return createConnectionView(dom, connection);
    const [task, step] = [...steps].find(([{ folder }]) => folder === place) ?? [];
    if (!task || !step) return element('p', {}, ['There are no tasks.']);
    const newConnection = (type: string) =>
      data.connections.some(({ name }) => name === type)
        ? () => go(`connection:${type}`)
        : undefined;
    const onChange = () => describeRow(dom, rows.get(place), task, step);
    return createTaskView(dom, { task, step, panel, newConnection, onChange });
  }

  function addRow(place: Place, picture: HTMLElement): HTMLElement {
    const row = element('button.step', { type: 'button', 'data-place': place }, [
      picture,
      element('span.step-text'),
    ]);
    row.addEventListener('click', () => go(place));
    rows.set(place, row);
    return row;
  }

  const taskRows = [...steps].map(([task, step]) => {
    const row = addRow(task.folder, tile(dom, task.icon, task.friendlyName));
    describeRow(dom, row, task, step);
    return row;
  });
  const connectionRows = data.connections.map(({ name, displayName, icon }) => {
    const row = addRow(`connection:${name}`, tile(dom, icon, displayName));
    row.lastElementChild?.append(displayName, element('span.sub', {}, ['New service connection']));
    return row;
  });
  const list = element('nav', { 'aria-label': 'Tasks' }, [
    element('div.job', {}, ['Agent job', element('span.sub', {}, ['Run on agent'])]),
    ...taskRows,
    element('div.job', {}, ['Project settings', element('span.sub', {}, ['Service connections'])]),
    ...connectionRows,
  ]);
  closeHelpByItself(document);
  document.body.append(createTopBar(dom, data), element('div.columns', {}, [list, main]));
  return go;
}

function createTopBar({ element }: Dom, { extensionName, extensionVersion }: PreviewData) {
  return element('header.top', {}, [
    element('strong', {}, [extensionName]),
    element('span', {}, [extensionVersion]),
    element('span.spring'),
    element('span', {}, ['The forms of the classic editor. Nothing is sent or saved.']),
  ]);
}

function tile({ element }: Dom, icon: string | undefined, label: string): HTMLElement {
  if (icon !== undefined) return element('img', { src: icon, alt: '' });
  return element('span.tile', { 'aria-hidden': 'true' }, [label.slice(0, 1)]);
}

function describeRow(
  { element, icon }: Dom,
  row: HTMLElement | undefined,
  task: TaskForm,
  { values, displayName }: StepState,
): void {
  const title = displayName ?? defaultDisplayName(task, values);
  const isMissing = missingInputs(task, values).length > 0 || title.trim() === '';
  row?.lastElementChild?.replaceChildren(
    title,
    isMissing
      ? element('span.sub.attention', {}, [icon('error'), 'Some settings need attention'])
      : element('span.sub', {}, [task.friendlyName]),
  );
}
