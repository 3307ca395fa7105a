import { StringDecoder } from 'node:string_decoder';

/** Cuts a byte stream into lines; `\n`, `\r\n` and a lone `\r` end a line. Reference 3.1. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private readonly onLine: (line: string) => void;
  private rest = '';
  private endedWithReturn = false;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.accept(this.decoder.write(chunk));
  }

  /** Hands over what is left without a line end. */
  end(): void {
    this.accept(this.decoder.end());
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }

  private accept(text: string): void {
    const fresh = this.endedWithReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.endedWithReturn = text.endsWith('\r');
    const pieces = (this.rest + fresh).split(/\r\n|\n|\r/);
    this.rest = pieces.pop() ?? '';
    for (const line of pieces) this.onLine(line);
  }
}
