/** Offset of the end of the value that begins at `at`. */
type ReadValue = (at: number) => number;

/** A part of the content, from `start` up to `end`, and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The content does not go on as JSON does. */
class UnexpectedByteError extends Error {}

const byte = (sign: string): number => sign.charCodeAt(0);
const quote = byte('"');
const backslash = byte('\\');
const comma = byte(',');
const [openBrace, closeBrace] = [byte('{'), byte('}')];
const [openBracket, closeBracket] = [byte('['), byte(']')];

/**
 * Removes what a Jupyter notebook holds of earlier runs: outputs, execution counts and times of code cells, and the saved
 * state of widgets (docs: nbformat). All else stays, byte for byte. Returns the same array if there is nothing to remove,
 * or if the content is no such JSON; the result of a broken notebook may be broken as well.
 */
export function stripOutputs(notebook: Uint8Array): Uint8Array {
  const content = Buffer.from(notebook.buffer, notebook.byteOffset, notebook.byteLength);
  try {
    const edits = new OutputFinder(content).find();
    return edits.length === 0 ? notebook : applyEdits(content, edits);
  } catch (error) {
    if (error instanceof UnexpectedByteError) return notebook;
    throw error;
  }
}

function applyEdits(content: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let kept = 0;
  for (const { start, end, text } of edits) {
    parts.push(content.subarray(kept, start), Buffer.from(text));
    kept = end;
  }
  return Buffer.concat([...parts, content.subarray(kept)]);
}

/**
 * Reads a notebook once from its first to its last byte. Parsed, one with large outputs would need many times its size,
 * and numbers and spaces would not come back as they were.
 */
class OutputFinder {
  readonly #content: Buffer;
  readonly #edits: Edit[] = [];

  constructor(content: Buffer) {
    this.#content = content;
  }

  /** Edits in the order of the content. Throws UnexpectedByteError. */
  find(): readonly Edit[] {
    this.#readObject(this.#skipBlanks(0), (name) => {
      if (name === 'cells') return (at) => this.#readArray(at, this.#readCell);
      if (name === 'metadata') return this.#members({ widgets: this.#emptyObject });
      return this.#skipValue;
    });
    return this.#edits;
  }

  /** The type of a cell may stand behind its outputs. */
  readonly #readCell: ReadValue = (at) => {
    const before = this.#edits.length;
    let type: unknown;
    const end = this.#readObject(at, (name) => {
      if (name === 'outputs') return this.#emptyArray;
      if (name === 'execution_count') return this.#clearCount;
      if (name === 'metadata') {
        return this.#members({ execution: this.#emptyObject, ExecuteTime: this.#emptyObject });
      }
      if (name !== 'cell_type') return this.#skipValue;
      return (start) => {
        const typeEnd = this.#skipValue(start);
        type = this.#content.toString('latin1', start, typeEnd);
        return typeEnd;
      };
    });
    if (type !== '"code"') this.#edits.length = before;
    return end;
  };

  readonly #emptyArray: ReadValue = (at) => this.#empty(at, openBracket, '[]');
  readonly #emptyObject: ReadValue = (at) => this.#empty(at, openBrace, '{}');

  #empty(at: number, opening: number, text: string): number {
    const end = this.#skipValue(at);
    const isFilled = this.#content[at] === opening && this.#skipBlanks(at + 1) < end - 1;
    if (isFilled) this.#edits.push({ start: at, end, text });
    return end;
  }

  readonly #clearCount: ReadValue = (at) => {
    const end = this.#skipValue(at);
    const isNull = this.#content.toString('latin1', at, end) === 'null';
    if (!isNull) this.#edits.push({ start: at, end, text: 'null' });
    return end;
  };

  /** Reads an object some members of which are wanted; any other value is passed over. */
  #members(wanted: Readonly<Record<string, ReadValue>>): ReadValue {
    return (at) => {
      if (this.#content[at] !== openBrace) return this.#skipValue(at);
      return this.#readObject(at, (name) => {
        return (Object.hasOwn(wanted, name) ? wanted[name] : undefined) ?? this.#skipValue;
      });
    };
  }

  #readObject(start: number, choose: (name: string) => ReadValue): number {
    return this.#readList(start, [openBrace, closeBrace], (at) => {
      if (this.#content[at] !== quote) throw new UnexpectedByteError();
      const nameEnd = this.#skipString(at);
      const colon = this.#skipBlanks(nameEnd);
      return choose(this.#toName(at, nameEnd))(this.#skipBlanks(colon + 1));
    });
  }

  #readArray(start: number, readElement: ReadValue): number {
    return this.#readList(start, [openBracket, closeBracket], readElement);
  }

  #readList(
    start: number,
    [opening, closing]: readonly [number, number],
    readEntry: ReadValue,
  ): number {
    if (this.#content[start] !== opening) throw new UnexpectedByteError();
    let at = this.#skipBlanks(start + 1);
    if (this.#content[at] === closing) return at + 1;
    for (;;) {
      at = this.#skipBlanks(readEntry(at));
      if (this.#content[at] === closing) return at + 1;
      if (this.#content[at] !== comma) throw new UnexpectedByteError();
      at = this.#skipBlanks(at + 1);
    }
  }

  /** Escapes in a name are rare, but allowed. */
  #toName(start: number, end: number): string {
    const name = this.#content.toString('utf8', start + 1, end - 1);
    return name.includes('\\') ? String(tryParse(`"${name}"`)) : name;
  }

  readonly #skipValue: ReadValue = (at) => {
    const first = this.#content[at];
    if (first === quote) return this.#skipString(at);
    if (first === openBrace || first === openBracket) return this.#skipNested(at);
    let end = at;
    while (!isEndOfScalar(this.#content[end])) end += 1;
    return end;
  };

  #skipNested(start: number): number {
    let depth = 0;
    let at = start;
    do {
      const current = this.#content[at];
      if (current === undefined) throw new UnexpectedByteError();
      if (current === openBrace || current === openBracket) depth += 1;
      if (current === closeBrace || current === closeBracket) depth -= 1;
      at = current === quote ? this.#skipString(at) : at + 1;
    } while (depth > 0);
    return at;
  }

  #skipString(start: number): number {
    let end = start;
    do {
      end = this.#content.indexOf(quote, end + 1);
      if (end < 0) throw new UnexpectedByteError();
    } while (this.#isEscaped(end));
    return end + 1;
  }

  /** A quote behind an odd number of backslashes is text. The quote that opens the string ends the count. */
  #isEscaped(at: number): boolean {
    let first = at;
    while (this.#content[first - 1] === backslash) first -= 1;
    return (at - first) % 2 === 1;
  }

  #skipBlanks(start: number): number {
    let at = start;
    while (isBlank(this.#content[at])) at += 1;
    return at;
  }
}

function isBlank(value: number | undefined): boolean {
  return value === 0x20 || value === 0x0a || value === 0x0d || value === 0x09;
}

function isEndOfScalar(value: number | undefined): boolean {
  return (
    value === undefined ||
    value === comma ||
    value === closeBrace ||
    value === closeBracket ||
    isBlank(value)
  );
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
