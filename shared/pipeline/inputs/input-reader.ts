import { InputError } from '../errors';
import { defaultOf, type ManifestInput, type TaskManifest } from '../task-manifest';
import { findHidingInputs } from './visible-rule';

/** What a task asks of one input; a test compares it with task.json. */
export interface InputRead {
  readonly name: string;
  readonly kind: 'text' | 'secret' | 'choice' | 'boolean' | 'number';
  readonly defaultValue: string;
  readonly options?: readonly string[];
}

export interface InputReaderOptions {
  readonly manifest: TaskManifest;
  /** The input as the agent hands it over. */
  getInput(name: string): string;
  warning(message: string): void;
  /** What to do about variables that are not defined, where that is known better. */
  readonly undefinedRemedy?: string | undefined;
  onRead?(read: InputRead): void;
}

/**
 * Reads the inputs of a task. A reader never throws: it notes the problem and returns the default, so that `finish`
 * can report all problems at once. Inputs that their visibleRule hides are ignored.
 */
export class InputReader {
  readonly #options: InputReaderOptions;
  readonly #problems = new Set<string>();
  readonly #warnings = new Set<string>();
  readonly #values = new Map<string, string>();
  readonly #inputs: ReadonlyMap<string, ManifestInput>;

  constructor(options: InputReaderOptions) {
    this.#options = options;
    this.#inputs = new Map(options.manifest.inputs.map((input) => [input.name, input]));
  }

  /** Text as given, without surrounding white space; the default when it is empty. */
  text(name: string, options: { required?: string; defaultValue?: string } = {}): string {
    const { required, defaultValue = '' } = options;
    const value = this.#read({ name, kind: 'text', defaultValue });
    if (required !== undefined && this.#raw(name) === '' && !this.isHidden(name)) {
      this.problem(`Input '${name}' is empty. ${required}`);
    }
    return value || defaultValue;
  }

  /** Like `text`, for values that must not appear in messages. */
  secret(name: string): string {
    return this.#read({ name, kind: 'secret', defaultValue: '' });
  }

  /** One of a fixed set of words, in any case. */
  choice<T extends string>(name: string, options: readonly [T, ...T[]]): T {
    const [defaultValue] = options;
    const value = this.#read({ name, kind: 'choice', defaultValue, options });
    const chosen = options.find((option) => option.toLowerCase() === value.toLowerCase());
    if (chosen === undefined && value !== '') {
      this.problem(`Input '${name}' is "${value}", expected ${orList(options)}.`);
    }
    return chosen ?? defaultValue;
  }

  /** `true` or `false`, in any case. */
  boolean(name: string, defaultValue: boolean): boolean {
    const value = this.#read({ name, kind: 'boolean', defaultValue: String(defaultValue) });
    if (value === '') return defaultValue;
    const lower = value.toLowerCase();
    if (lower !== 'true' && lower !== 'false') {
      this.problem(`Input '${name}' is "${value}", expected true or false.`);
      return defaultValue;
    }
    return lower === 'true';
  }

  /** A number of minutes, 0 or more, fractions allowed; resolves to milliseconds. */
  minutesAsMs(name: string, defaultMinutes: number): number {
    const value = this.#read({ name, kind: 'number', defaultValue: String(defaultMinutes) });
    if (value === '') return defaultMinutes * 60_000;
    if (!/^\d{1,7}(\.\d{1,6})?$/.test(value)) {
      this.problem(`Input '${name}' is "${value}", expected a number of minutes, 0 or more.`);
      return defaultMinutes * 60_000;
    }
    const ms = Number(value) * 60_000;
    // A limit however short is not the 0 that means none.
    return Math.round(ms) || Math.ceil(ms);
  }

  /** A whole number between two limits, both included. */
  wholeNumber(name: string, defaultValue: number, limits: { min: number; max: number }): number {
    const value = this.#read({ name, kind: 'number', defaultValue: String(defaultValue) });
    if (value === '') return defaultValue;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= limits.min && number <= limits.max) return number;
    this.problem(
      `Input '${name}' is "${value}", expected a whole number from ${limits.min} to ${limits.max}.`,
    );
    return defaultValue;
  }

  /** Runs a parser; its InputError becomes a problem of this input. */
  parse<T>(name: string, parser: () => T, fallback: T): T {
    try {
      return parser();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.problem(`Input '${name}': ${error.message}`);
      return fallback;
    }
  }

  /** Notes a problem, once; a full sentence. */
  problem(sentence: string): void {
    this.#problems.add(sentence);
  }

  /** True for an input that the editor shows and that holds something, be it not usable. */
  isGiven(name: string): boolean {
    return this.#raw(name) !== '' && !this.isHidden(name);
  }

  /** True when the classic editor does not show the input for the values of the others. */
  isHidden(name: string): boolean {
    return this.#hidingInputs(name).length > 0;
  }

  /** Throws one InputError with all problems, if there are any. */
  finish(): void {
    const problems = [...this.#problems];
    const [first] = problems;
    if (first === undefined) return;
    if (problems.length === 1) throw new InputError(first);
    const list = problems.map((problem, index) => `(${index + 1}) ${problem}`).join(' ');
    throw new InputError(`${problems.length} problems with the inputs of this step: ${list}`);
  }

  #read(read: InputRead): string {
    this.#options.onRead?.(read);
    const value = this.#raw(read.name);
    if (this.isHidden(read.name)) {
      if (value !== '' && value.toLowerCase() !== this.#defaultOf(read.name).toLowerCase()) {
        this.#warnOnce(this.#describeIgnored(read.name));
      }
      return read.defaultValue;
    }
    // Windows can hand over half a character, which nothing that is sent can hold.
    if (/\p{Surrogate}/u.test(value)) {
      this.problem(`Input '${read.name}' contains a broken character. Write it anew.`);
      return read.defaultValue;
    }
    return this.#withoutMacros(read.name, value) ?? read.defaultValue;
  }

  /** The value with `$$(` as `$(`; undefined, with a problem noted, when a variable in it is not defined. */
  #withoutMacros(name: string, value: string): string | undefined {
    const undefinedNames = findMacros(value);
    for (const variable of undefinedNames) {
      const remedy =
        this.#options.undefinedRemedy ??
        `Define it, link the variable group that has it, or write $$(${variable}) if that text is meant.`;
      this.problem(
        `Input '${name}' contains $(${variable}), but no variable "${variable}" is defined. ${remedy}`,
      );
    }
    return undefinedNames.length > 0 ? undefined : value.replaceAll('$$(', '$(');
  }

  #hidingInputs(name: string): readonly string[] {
    const input = this.#inputs.get(name);
    const group = this.#options.manifest.groups?.find((item) => item.name === input?.groupName);
    const names = [input?.visibleRule, group?.visibleRule].flatMap((rule) =>
      findHidingInputs(rule, (other) => this.#effective(other)),
    );
    return [...new Set(names)];
  }

  #describeIgnored(name: string): string {
    const [decisive, another] = this.#hidingInputs(name);
    return decisive === undefined || another !== undefined
      ? `Input '${name}' is ignored, because it does not belong to the other choices of this step. Remove it.`
      : `Input '${name}' is ignored, because '${decisive}' is "${this.#effective(decisive)}". Remove it, or change '${decisive}'.`;
  }

  #warnOnce(sentence: string): void {
    if (this.#warnings.has(sentence)) return;
    this.#warnings.add(sentence);
    this.#options.warning(sentence);
  }

  /** The value as rules see it: what is none of the options counts as the default, and is a problem of its own. */
  #effective(name: string): string {
    const value = this.#raw(name);
    const options = this.#inputs.get(name)?.options;
    const isOption =
      !options || Object.keys(options).some((key) => key.toLowerCase() === value.toLowerCase());
    return value !== '' && isOption ? value : this.#defaultOf(name);
  }

  #raw(name: string): string {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const value = this.#options.getInput(name).trim();
    this.#values.set(name, value);
    return value;
  }

  #defaultOf(name: string): string {
    const input = this.#inputs.get(name);
    return input ? defaultOf(input) : '';
  }
}

/** Names of variables that the agent left unreplaced: `$(NAME)`, but not `$$(NAME)`. */
function findMacros(value: string): string[] {
  const matches = value.matchAll(/(\$?)\$\(([A-Za-z0-9._]+)\)/g);
  return [
    ...new Set([...matches].filter(([, dollar]) => dollar === '').map(([, , name]) => name ?? '')),
  ];
}

/** `a, b or c`. */
function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
