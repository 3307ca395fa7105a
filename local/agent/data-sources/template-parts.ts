import Handlebars from 'handlebars';
import { TemplateError } from './template-error';
import { findHelper, type Helper, isHelperName } from './template-helpers';

/** How a template is read. */
export interface TemplateOptions {
  /** Whether `$(name)` is a variable too, as in requests. */
  readonly hasMacros?: boolean;
}

/** A variable: names below the value that is `up` scopes further out, or below its `@` data. */
export interface Path {
  readonly text: string;
  readonly up: number;
  readonly isData: boolean;
  readonly names: readonly string[];
}

/** An argument of a helper. */
export type Argument = { readonly path: Path } | { readonly literal: unknown };

/** What a block asks. */
export type Test =
  | { readonly kind: 'section' | 'if' | 'unless' | 'with' | 'each'; readonly path: Path }
  | { readonly kind: 'helper'; readonly helper: Helper; readonly args: readonly Argument[] };

/** A piece of a template. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly path: Path; readonly isEncoded: boolean }
  | {
      readonly kind: 'helper';
      readonly helper: Helper;
      readonly args: readonly Argument[];
      readonly isEncoded: boolean;
    }
  | {
      readonly kind: 'block';
      readonly test: Test;
      readonly body: readonly Part[];
      readonly otherwise: readonly Part[];
    };

/** Reads a template. Throws TemplateError when it is not valid or uses a helper that does not exist. */
export function readParts(
  text: string,
  { hasMacros = false }: TemplateOptions = {},
): readonly Part[] {
  return toParts(parseText(text).body, hasMacros);
}

/**
 * Handlebars reads the templates; two forms of the service are none of its own: blocks in three braces, and helpers
 * whose name begins with `#`, written after a space.
 */
function parseText(text: string): hbs.AST.Program {
  if (/\{\{\{?[~&]|~\}\}/.test(text)) {
    throw new TemplateError('"~" and "&" within braces are not supported');
  }
  const known = text
    .replace(/(\{\{\{?)\s+(#\w+)/g, '$1[$2]')
    .replace(/\{\{\{([#^/][^{}]*)\}\}\}/g, '{{$1}}')
    .replace(/(\{\{\{[^{}]*\}\}\})(?=\})/g, '$1{{!}}');
  try {
    return Handlebars.parse(known);
  } catch (error) {
    const [, near = text] = (error as Error).message.split('\n');
    throw new TemplateError(`it is not a valid template, near: ${near}`, { cause: error });
  }
}

function toParts(statements: readonly hbs.AST.Statement[], hasMacros: boolean): readonly Part[] {
  return statements.flatMap((statement): readonly Part[] => {
    switch (statement.type) {
      case 'ContentStatement':
        return toText((statement as hbs.AST.ContentStatement).value, hasMacros);
      case 'CommentStatement':
        return [];
      case 'MustacheStatement':
        return [toValue(statement as hbs.AST.MustacheStatement)];
      case 'BlockStatement':
        return [toBlock(statement as hbs.AST.BlockStatement, hasMacros)];
      default:
        throw new TemplateError(`a ${statement.type} is not supported`);
    }
  });
}

function toText(text: string, hasMacros: boolean): readonly Part[] {
  if (!hasMacros) return [{ kind: 'text', text }];
  return text.split(/(\$\([\w.-]+\))/).map((piece): Part => {
    const [, name] = /^\$\(([\w.-]+)\)$/.exec(piece) ?? [];
    if (name === undefined) return { kind: 'text', text: piece };
    const path = { text: piece, up: 0, isData: false, names: name.split('.') };
    return { kind: 'value', path, isEncoded: false };
  });
}

function toValue({ path, params, hash, escaped }: hbs.AST.MustacheStatement): Part {
  const name = toPath(path);
  if (params.length === 0 && !isHelperName(name.text)) {
    refuseHash(hash);
    return { kind: 'value', path: name, isEncoded: escaped };
  }
  return { kind: 'helper', ...toHelper(name, params, hash), isEncoded: escaped };
}

function toBlock(block: hbs.AST.BlockStatement, hasMacros: boolean): Part {
  const { program, inverse } = block as Partial<hbs.AST.BlockStatement>;
  if (program?.blockParams !== undefined) throw new TemplateError('"as |name|" is not supported');
  return {
    kind: 'block',
    test: toTest(toPath(block.path), block.params, block.hash),
    body: toParts(program?.body ?? [], hasMacros),
    otherwise: toParts(inverse?.body ?? [], hasMacros),
  };
}

function toTest(name: Path, params: readonly hbs.AST.Expression[], hash: hbs.AST.Hash): Test {
  const word = name.text.toLowerCase();
  if (word === 'if' || word === 'unless' || word === 'with' || word === 'each') {
    const [first] = params;
    if (first === undefined || params.length > 1) {
      throw new TemplateError(`"#${name.text}" takes one variable`);
    }
    refuseHash(hash);
    return { kind: word, path: toPath(first) };
  }
  if (params.length === 0 && !isHelperName(name.text)) return { kind: 'section', path: name };
  return { kind: 'helper', ...toHelper(name, params, hash) };
}

function toHelper(
  { text }: Path,
  params: readonly hbs.AST.Expression[],
  hash: hbs.AST.Hash | undefined,
): { readonly helper: Helper; readonly args: readonly Argument[] } {
  refuseHash(hash);
  const helper = findHelper(text);
  if (params.length < helper.least || params.length > helper.most) {
    throw new TemplateError(`the helper "${text}" does not take ${params.length} arguments`);
  }
  return { helper, args: params.map(toArgument) };
}

function refuseHash(hash: hbs.AST.Hash | undefined): void {
  const [pair] = hash?.pairs ?? [];
  if (pair !== undefined) throw new TemplateError(`"${pair.key}=" is not supported`);
}

function toArgument(expression: hbs.AST.Expression): Argument {
  if (expression.type === 'PathExpression') return { path: toPath(expression) };
  if (/^(String|Number|Boolean)Literal$/.test(expression.type)) {
    return { literal: (expression as hbs.AST.StringLiteral).value };
  }
  if (expression.type === 'NullLiteral') return { literal: null };
  throw new TemplateError(`a ${expression.type} as an argument is not supported`);
}

function toPath(expression: hbs.AST.Expression): Path {
  if (expression.type !== 'PathExpression') {
    throw new TemplateError(`a ${expression.type} in place of a variable is not supported`);
  }
  const { original, depth, data, parts } = expression as hbs.AST.PathExpression;
  return { text: original, up: depth, isData: data, names: parts.map(String) };
}
