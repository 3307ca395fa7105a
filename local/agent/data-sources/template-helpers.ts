import { TemplateError } from './template-error';
import { isTruthy, textOf } from './template-values';

/** What a helper gives: text, or the outcome of a test, which a block may ask for. */
export interface Helper {
  readonly least: number;
  readonly most: number;
  /** Whether `{{name …}}` encodes the text for HTML; `{{{name …}}}` never does. */
  readonly isEncoded?: boolean;
  readonly run: (args: readonly unknown[]) => string | boolean;
}

/** Whether two texts are equal; refuses the one case in which documentation and known behaviour differ. */
function isSame(a: string, b: string): boolean {
  if (a !== b && a.toLowerCase() === b.toLowerCase()) {
    throw new TemplateError(
      `"${a}" and "${b}" differ in upper and lower case only; whether the service takes them for equal is not established`,
    );
  }
  return a === b;
}

function contains([text, part]: readonly unknown[]): boolean {
  const [whole, wanted] = [textOf(text), textOf(part)];
  const isIn = whole.includes(wanted);
  if (!isIn && whole.toLowerCase().includes(wanted.toLowerCase())) {
    throw new TemplateError(
      `"${whole}" contains "${wanted}" only if upper and lower case are the same; whether they are is not established`,
    );
  }
  return isIn;
}

function toNumber(value: unknown): number {
  const number = Number(textOf(value));
  if (textOf(value).trim() === '' || Number.isNaN(number)) {
    throw new TemplateError(`"${textOf(value)}" is not a number`);
  }
  return number;
}

const HELPERS: Readonly<Record<string, Helper>> = {
  equals: { least: 2, most: 3, run: ([a, b]) => isSame(textOf(a), textOf(b)) },
  notequals: { least: 2, most: 3, run: ([a, b]) => !isSame(textOf(a), textOf(b)) },
  contains: { least: 2, most: 3, run: contains },
  and: { least: 1, most: 99, run: (args) => args.every(isTruthy) },
  or: { least: 1, most: 99, run: (args) => args.some(isTruthy) },
  isequalnumber: { least: 2, most: 2, run: ([a, b]) => toNumber(a) === toNumber(b) },
  add: { least: 2, most: 2, run: ([a, b]) => String(toNumber(a) + toNumber(b)) },
  arraylength: {
    least: 1,
    most: 1,
    run: ([list]) => String(Array.isArray(list) ? list.length : 0),
  },
  stringleft: {
    least: 2,
    most: 3,
    isEncoded: true,
    run: ([text, length, mark]) => {
      const whole = textOf(text);
      const size = toNumber(length);
      return whole.length > size ? whole.slice(0, size) + textOf(mark) : whole;
    },
  },
  stringright: {
    least: 2,
    most: 2,
    isEncoded: true,
    run: ([text, length]) => {
      const size = toNumber(length);
      return size > 0 ? textOf(text).slice(-size) : '';
    },
  },
  stringreplace: {
    least: 3,
    most: 3,
    run: ([text, from, to]) => textOf(text).replaceAll(textOf(from), () => textOf(to)),
  },
  '#base64': {
    least: 1,
    most: 99,
    run: (args) => Buffer.from(args.map(textOf).join(''), 'utf8').toString('base64'),
  },
  '#jsonescape': {
    least: 1,
    most: 1,
    run: ([text]) => JSON.stringify(textOf(text)).slice(1, -1),
  },
};

/** Documented by name alone, or dependent on the culture of the service. */
const ONLY_NAMED = new Set(
  'lookup,date,stringFormat,stringPadLeft,stringPadRight,#regex,#stringReplace,#subString,#extractResource,selectMaxOfLong,splitAndIterate,recursiveFormat,addField,recursiveSelect,splitAndPrefix,extractNumbersAndSort,joinPaths,removePrefixFromPath,copyFieldFromParent,selectTokens,sortBy'
    .toLowerCase()
    .split(','),
);

/** The helper of this name, in any case. Throws TemplateError when there is none, or none that is known well enough. */
export function findHelper(name: string): Helper {
  const helper = Object.hasOwn(HELPERS, name.toLowerCase())
    ? HELPERS[name.toLowerCase()]
    : undefined;
  if (helper !== undefined) return helper;
  if (ONLY_NAMED.has(name.toLowerCase())) {
    throw new TemplateError(
      `the helper "${name}" exists, but what it does is not documented well enough to do it here`,
    );
  }
  throw new TemplateError(`there is no helper "${name}"`);
}

/** True for a name that findHelper takes for a helper, known here or not. */
export function isHelperName(name: string): boolean {
  return Object.hasOwn(HELPERS, name.toLowerCase()) || ONLY_NAMED.has(name.toLowerCase());
}
