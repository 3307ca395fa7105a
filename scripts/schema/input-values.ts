import type { FullInput } from '../manifests/load-manifests';
import { anyCase, expressionInside, type JsonSchema } from './json-schema';

/** Which values a task takes for an input, whatever its name says about the form of a text. */
export type InputKind = 'text' | 'choice' | 'boolean' | 'number';

/** task.json has no numbers that a variable may give: an input of type string whose default is a number is one. */
export function inputKind({ type, options, defaultValue }: FullInput): InputKind {
  if (type === 'boolean') return 'boolean';
  if (Object.keys(options ?? {}).length > 0) return 'choice';
  return /^\d+(\.\d+)?$/.test(String(defaultValue ?? '')) ? 'number' : 'text';
}

/** Schema of the values of an input, with what an editor shows about it. */
export function inputSchema(input: FullInput): JsonSchema {
  const kind = inputKind(input);
  return {
    title: input.label,
    description: plainText(input.helpMarkDown ?? ''),
    markdownDescription: [input.helpMarkDown ?? '', describeDefault(input)]
      .filter(Boolean)
      .join('\n\n'),
    ...defaultOf(input, kind),
    anyOf: [...valueSchemas[kind](input), ...(input.required ? [] : [nothing])],
  };
}

/** Help without the marks of Markdown, for editors that show it as it is. */
export function plainText(markdown: string): string {
  return markdown.replaceAll('**', '').replaceAll('`', '');
}

/** No value after the colon. Not `type: null`: editors would then suggest the word. */
const nothing: JsonSchema = { not: { type: ['string', 'number', 'boolean', 'object', 'array'] } };

const anExpression = 'an expression such as $(NAME)';

const valueSchemas: Readonly<Record<InputKind, (input: FullInput) => JsonSchema[]>> = {
  text: textSchemas,
  choice: choiceSchemas,
  boolean: ({ name }) => [
    textOf(
      `${anyCase('true')}|${anyCase('false')}`,
      `${name} takes true, false, or ${anExpression}.`,
    ),
    { type: 'boolean' },
  ],
  number: ({ name }) => [
    {
      ...textOf('\\d+(?:\\.\\d+)?', `${name} takes a number, 0 or more, or ${anExpression}.`),
      type: ['number', 'string'],
      minimum: 0,
    },
  ],
};

function textSchemas({ name, required }: FullInput): JsonSchema[] {
  if (required) {
    const errorMessage = `${name} takes text, and must not be empty.`;
    return [{ type: ['string', 'number'], pattern: '\\S', errorMessage }];
  }
  const errorMessage = `${name} takes text. Put | after the colon for text of several lines.`;
  // A lone true is text, too; as a type of its own it would be suggested for every text.
  return [{ type: ['string', 'number'], errorMessage }, { not: { type: ['object', 'array'] } }];
}

function choiceSchemas({ name, options = {} }: FullInput): JsonSchema[] {
  const values = Object.keys(options);
  return [
    { enum: values, enumDescriptions: Object.values(options) },
    textOf(
      values.map(anyCase).join('|'),
      `${name} takes ${values.join(', ')}, or ${anExpression}.`,
    ),
  ];
}

/** Text that is empty, matches the pattern in full, or holds an expression, whose value nobody knows yet. */
function textOf(pattern: string, errorMessage: string): JsonSchema {
  return {
    type: 'string',
    pattern: `^\\s*(?:${pattern})?\\s*$|${expressionInside}`,
    errorMessage,
  };
}

function defaultOf({ defaultValue }: FullInput, kind: InputKind): JsonSchema {
  const text = String(defaultValue ?? '');
  if (text === '') return {};
  if (kind === 'number') return { default: Number(text) };
  return { default: kind === 'boolean' ? text.toLowerCase() === 'true' : text };
}

function describeDefault({ defaultValue, required }: FullInput): string {
  if (required) return 'Required.';
  const text = String(defaultValue ?? '');
  return text === '' ? '' : `Default: \`${text}\`.`;
}
