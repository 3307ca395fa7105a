import { isJson, type Json, textIn } from './json';
import { clip } from './select';
import type { Choice } from './task-form';
import { parseTemplate } from './template';
import { textOf } from './template-values';

/** What a resultTemplate makes of the items that a data source found. */
export interface EntryList {
  readonly entries: readonly Choice[];
  /** Texts that the template gave and that are no entry, with the reason. */
  readonly invalid: readonly string[];
  /** How many texts hold HTML entities. */
  readonly encodedCount: number;
  /** Variables of the template that no item has. */
  readonly missing: readonly string[];
}

/** Turns items into entries. Without a template an item is its own value and text. Throws TemplateError. */
export function readEntries(items: readonly unknown[], resultTemplate: string): EntryList {
  if (resultTemplate === '') {
    const entries = items.map(textOf).map((text) => ({ value: text, text }));
    return { entries, invalid: [], encodedCount: 0, missing: [] };
  }
  const template = parseTemplate(resultTemplate);
  const missingCounts = new Map<string, number>();
  const results = items.map((item) => {
    const missing = new Set<string>();
    const onMissing = (name: string): void => void missing.add(name);
    const rendered = template(variablesOf(item), { optional: ['*'], onMissing });
    for (const name of missing) missingCounts.set(name, (missingCounts.get(name) ?? 0) + 1);
    return readEntry(rendered);
  });
  const entries = results.flatMap((result) => (typeof result === 'string' ? [] : [result]));
  return {
    entries,
    encodedCount: entries.filter(({ text }) => /&(#\d+|amp|lt|gt|quot);/.test(text)).length,
    invalid: results.filter((result) => typeof result === 'string'),
    missing: [...missingCounts].flatMap(([name, count]) => (count === items.length ? [name] : [])),
  };
}

/** An item that is no object is the variable `defaultResultKey`. */
function variablesOf(item: unknown): Json {
  return isJson(item) ? item : { defaultResultKey: item };
}

function readEntry(rendered: string): Choice | string {
  let json: unknown;
  try {
    json = JSON.parse(rendered);
  } catch {
    return `no JSON: ${clip(rendered)}`;
  }
  if (!isJson(json)) return `no JSON object: ${clip(rendered)}`;
  const members = Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const value = textIn(members, 'value');
  if (value === '') return `no Value: ${clip(rendered)}`;
  return { value, text: textIn(members, 'displayvalue') || value };
}
