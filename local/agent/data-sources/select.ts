import { JSONPath } from 'jsonpath-plus';
import { parseAnswer } from './json';

/** A selector that cannot be applied to an answer. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/**
 * The entries that a resultSelector finds in the body of an answer. `body` is the answer as JSON, where it is read as
 * such. Throws SelectorError.
 */
export function selectItems(selector: string, text: string): readonly unknown[] {
  const [, kind = '', path = ''] =
    /^\s*(jsonpath|xpath|plaintext|none)?\s*:?(.*)$/is.exec(selector) ?? [];
  switch (kind.toLowerCase()) {
    case 'jsonpath':
      return selectByPath(path.trim(), readJson(text));
    case 'plaintext':
      return [text];
    case 'none':
      return [];
    case 'xpath':
      throw new SelectorError(
        `the selector "${selector}" is an XPath, which is not supported here`,
      );
    default:
      if (selector.trim() === '') return [];
      throw new SelectorError(
        `the selector "${selector}" begins with none of jsonpath:, xpath:, plaintext and none`,
      );
  }
}

function readJson(text: string): unknown {
  try {
    return parseAnswer(text);
  } catch (error) {
    throw new SelectorError(`the answer is no JSON: ${clip(text)}`, { cause: error });
  }
}

/** The service evaluates no scripts; what only this library knows is refused. */
function selectByPath(path: string, json: unknown): readonly unknown[] {
  if (!path.startsWith('$'))
    throw new SelectorError(`the JSON path "${path}" does not begin with $`);
  const outside = path.replace(/'[^']*'|"[^"]*"/g, '');
  if (/[~^`@()]/.test(outside)) {
    throw new SelectorError(
      `the JSON path "${path}" has a filter, a script or an operator, which is not supported here`,
    );
  }
  if (typeof json !== 'object' || json === null) return path === '$' ? [json] : [];
  const found: unknown = JSONPath({ path, json, eval: false });
  return Array.isArray(found) ? (found as unknown[]) : [];
}

/** The beginning of a text, in one line. */
export function clip(text: string, length = 200): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
