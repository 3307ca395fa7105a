import type { Document, Element, HTMLElement } from 'happy-dom';

type Child = Element | string | undefined;

/** Shorthand for what the page makes its elements with. The types of happy-dom stand in for those of the browser. */
export interface Dom {
  readonly document: Document;
  /** An element of a class (`div.field` or `div`) with attributes; undefined children and attributes are left out. */
  element(
    tagAndClass: string,
    attributes?: Readonly<Record<string, string | undefined>>,
    children?: readonly Child[],
  ): HTMLElement;
  icon(name: IconName, className?: string): Element;
}

const svg = 'http://www.w3.org/2000/svg';

/** Strokes on a grid of 16 x 16. */
const icons = {
  info: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 7.2v4.1M8 4.7v.2',
  error: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 4.4v4.4M8 11v.2',
  down: 'M3.5 6l4.5 4.5L12.5 6',
  refresh: 'M13.2 6.2A5.5 5.5 0 1 0 13.5 8M13.6 2.6v3.8h-3.8',
  external: 'M9.5 2.5h4v4M13.5 2.5L7.5 8.5M11.5 9.5v4h-9v-9h4',
  plus: 'M8 2.5v11M2.5 8h11',
  remove: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  check: 'M2.5 8.5l3.5 3.5l7.5-8',
  yaml: 'M6 4L2.5 8L6 12M10 4l3.5 4L10 12',
  browse: 'M4 8v.1M8 8v.1M12 8v.1',
} as const;

export type IconName = keyof typeof icons;

export function createDom(document: Document): Dom {
  function element(
    tagAndClass: string,
    attributes: Readonly<Record<string, string | undefined>> = {},
    children: readonly Child[] = [],
  ): HTMLElement {
    const [tag = 'div', ...classes] = tagAndClass.split('.');
    const made = document.createElement(tag) as HTMLElement;
    if (classes.length > 0) made.className = classes.join(' ');
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== undefined));
    return made;
  }

  function icon(name: IconName, className = ''): Element {
    const picture = document.createElementNS(svg, 'svg');
    picture.setAttribute('viewBox', '0 0 16 16');
    picture.setAttribute('class', `icon ${className}`.trim());
    picture.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(svg, 'path');
    path.setAttribute('d', icons[name]);
    picture.append(path);
    return picture;
  }

  return { document, element, icon };
}
