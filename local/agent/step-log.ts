import type { SecretMasker } from './secret-masker';
import type { Attachment, CommandRecord, Issue, SetVariable } from './timeline';

const ISSUE_LIMIT = 10;

/** Collects what a step reports; every line is masked before it is kept or shown. */
export class StepLog {
  readonly issues: Issue[] = [];
  readonly attachments: Attachment[] = [];
  readonly variables: SetVariable[] = [];
  readonly commands: CommandRecord[] = [];
  readonly progress: { percent: number; operation: string }[] = [];
  readonly lines: string[] = [];
  readonly outputs: Record<string, string> = {};
  private readonly masker: SecretMasker;
  private readonly showsDebug: () => boolean;
  private readonly show: (line: string) => void;

  constructor(masker: SecretMasker, showsDebug: () => boolean, show: (line: string) => void) {
    this.masker = masker;
    this.showsDebug = showsDebug;
    this.show = show;
  }

  /** A line of the log; line ends inside of it make several. */
  line(text: string): void {
    for (const line of this.masker.mask(text).split(/\r\n|\n|\r/)) {
      this.lines.push(line);
      this.show(line);
    }
  }

  /** A debug line, kept only in debug runs. */
  debug(text: string): void {
    if (this.showsDebug()) this.prefixed('##[debug]', text);
  }

  error(message: string, details: Partial<Issue> = {}): void {
    this.issue({ ...details, type: 'error', message });
  }

  warning(message: string, details: Partial<Issue> = {}): void {
    this.issue({ ...details, type: 'warning', message });
  }

  /** Keeps the first ten errors and the first ten warnings as issues; the log shows all. */
  private issue(issue: Issue): void {
    const ofType = this.issues.filter(({ type }) => type === issue.type);
    const message = this.masker.mask(issue.message);
    if (ofType.length < ISSUE_LIMIT) this.issues.push({ ...issue, message });
    this.prefixed(`##[${issue.type}]`, message);
  }

  record(command: CommandRecord): void {
    this.commands.push({ ...command, data: this.masker.mask(command.data) });
  }

  private prefixed(prefix: string, text: string): void {
    for (const line of text.split(/\r\n|\n|\r/)) this.line(prefix + line);
  }
}
