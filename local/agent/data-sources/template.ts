import { TemplateError } from './template-error';
import type { Helper } from './template-helpers';
import {
  type Argument,
  type Part,
  type Path,
  readParts,
  type TemplateOptions,
  type Test,
} from './template-parts';
import { encodeHtml, isTruthy, textOf } from './template-values';

/** How variables that are not there are treated. */
export interface RenderOptions {
  /** First names of variables whose members may be missing, because they come from an answer; `*` is all. */
  readonly optional: readonly string[];
  /** Called with each variable that was missing and rendered as nothing. */
  readonly onMissing?: (variable: string) => void;
}

/**
 * A template as the service knows them: mustache, with helpers. Renders the members of an object. Throws
 * TemplateError for a variable that is not there, unless it may be missing.
 */
export type Template = (variables: unknown, options?: RenderOptions) => string;

interface Scope {
  readonly value: unknown;
  readonly parent?: Scope;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads a template. Throws TemplateError when it is not valid or uses a helper that does not exist. */
export function parseTemplate(text: string, how?: TemplateOptions): Template {
  const parts = readParts(text, how);
  return (variables, options = { optional: [] }) =>
    renderParts(parts, { value: variables, data: {} }, options);
}

function renderParts(parts: readonly Part[], scope: Scope, options: RenderOptions): string {
  return parts.map((part) => renderPart(part, scope, options)).join('');
}

function renderPart(part: Part, scope: Scope, options: RenderOptions): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'value': {
      const text = textOf(lookUp(part.path, scope, options));
      return part.isEncoded ? encodeHtml(text) : text;
    }
    case 'helper': {
      const result = run(part, scope, options);
      if (typeof result === 'boolean') return String(result);
      return part.isEncoded && part.helper.isEncoded === true ? encodeHtml(result) : result;
    }
    default:
      return renderBlock(part, scope, options);
  }
}

function renderBlock(
  { test, body, otherwise }: Extract<Part, { kind: 'block' }>,
  scope: Scope,
  options: RenderOptions,
): string {
  const scopes = scopesOf(test, scope, options);
  return scopes.length === 0
    ? renderParts(otherwise, scope, options)
    : scopes.map((inner) => renderParts(body, inner, options)).join('');
}

/** The scopes in which the body of a block is rendered, one after another; none when its test fails. */
function scopesOf(test: Test, scope: Scope, options: RenderOptions): readonly Scope[] {
  if (test.kind === 'helper') {
    const result = run(test, scope, options);
    if (typeof result === 'boolean') return result ? [scope] : [];
    throw new TemplateError('a helper that gives text cannot be a block');
  }
  const value = lookUp(test.path, scope, options);
  if (isTruthy(value) === (test.kind === 'unless')) return [];
  return test.kind === 'if' || test.kind === 'unless'
    ? [scope]
    : innerScopes(test.kind, value, scope);
}

function innerScopes(
  kind: 'section' | 'with' | 'each',
  value: unknown,
  parent: Scope,
): readonly Scope[] {
  if (kind !== 'with' && Array.isArray(value)) {
    return value.map((item: unknown, index) => ({
      value: item,
      parent,
      data: { index, first: index === 0, last: index === value.length - 1 },
    }));
  }
  if (typeof value !== 'object' || value === null) return kind === 'each' ? [] : [parent];
  if (kind !== 'each') return [{ value, parent, data: {} }];
  return Object.entries(value).map(([key, item]) => ({ value: item, parent, data: { key } }));
}

function run(
  { helper, args }: { readonly helper: Helper; readonly args: readonly Argument[] },
  scope: Scope,
  options: RenderOptions,
): string | boolean {
  return helper.run(
    args.map((arg) => ('path' in arg ? lookUp(arg.path, scope, options) : arg.literal)),
  );
}

function lookUp(path: Path, scope: Scope, options: RenderOptions): unknown {
  let from = scope;
  for (let step = 0; step < path.up && from.parent !== undefined; step += 1) from = from.parent;
  let value: unknown = path.isData ? from.data : from.value;
  for (const name of path.names) value = memberOf(value, name);
  if (value !== undefined) return value;
  const { optional, onMissing } = options;
  const [first = ''] = path.names;
  if (!optional.includes('*') && !optional.includes(first)) {
    throw new TemplateError(`there is no variable "${path.text}"${listKnown(from.value)}`);
  }
  onMissing?.(path.text);
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function listKnown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const names = Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'object' && inner !== null
      ? Object.keys(inner).map((member) => `${name}.${member}`)
      : [name],
  );
  return names.length === 0 ? '' : ` (known: ${names.join(', ')})`;
}
