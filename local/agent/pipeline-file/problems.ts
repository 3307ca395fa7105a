/** A place in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something in a file that is wrong or not supported. */
export interface Problem extends Position {
  readonly message: string;
}

/** "file:line:column: message", which terminals and editors turn into a link. */
export function describeProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** The pipeline was refused before its first step. */
export class PipelineRefusedError extends Error {
  override readonly name = 'PipelineRefusedError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.problems = problems;
  }
}

/** Collects problems, so that all of a file are reported at once. */
export class ProblemList {
  private readonly problems: Problem[] = [];

  add(at: Position, message: string): void {
    const { file, line, column } = at;
    this.problems.push({ file, line, column, message });
  }

  get isEmpty(): boolean {
    return this.problems.length === 0;
  }

  /** Throws PipelineRefusedError with everything found, in the order of the lines. */
  throwIfAny(): void {
    if (this.isEmpty) return;
    const sorted = [...this.problems].sort(
      (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
    );
    throw new PipelineRefusedError(sorted);
  }
}
