/** A logging command; area, event and property names are lower case. */
export interface LoggingCommand {
  readonly area: string;
  readonly event: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

const MARKER = '##vso[';

/** How a line relates to logging commands. */
export type ParsedLine =
  | { readonly kind: 'text' }
  | { readonly kind: 'illegal' }
  | { readonly kind: 'command'; readonly command: LoggingCommand };

/** Parses a line by the agent's grammar: the first marker anywhere in the line counts. Reference 3.1. */
export function parseLoggingCommand(line: string, decodesPercents = true): ParsedLine {
  const start = line.indexOf(MARKER);
  if (start < 0) return { kind: line.includes('##vso') ? 'illegal' : 'text' };
  const end = line.indexOf(']', start);
  if (end < 0) return { kind: 'illegal' };
  const header = line.slice(start + MARKER.length, end);
  const space = header.indexOf(' ');
  const name = space < 0 ? header : header.slice(0, space);
  const names = name.split('.').filter((part) => part !== '');
  const [area, event] = names;
  if (names.length !== 2 || area === undefined || event === undefined) return { kind: 'illegal' };
  return {
    kind: 'command',
    command: {
      area: area.toLowerCase(),
      event: event.toLowerCase(),
      properties: readProperties(space < 0 ? '' : header.slice(space + 1), decodesPercents),
      data: decode(line.slice(end + 1), decodesPercents),
    },
  };
}

function readProperties(text: string, decodesPercents: boolean): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const pair of text.split(';')) {
    const at = pair.indexOf('=');
    const value = at < 0 ? '' : pair.slice(at + 1);
    if (at > 0 && value !== '') {
      properties.set(pair.slice(0, at).toLowerCase(), decode(value, decodesPercents));
    }
  }
  return properties;
}

/** Undoes the escapes in the order of the agent; `%25` is not one of them. */
function decode(text: string, decodesPercents: boolean): string {
  const plain = text
    .replaceAll('%3B', ';')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%5D', ']');
  return decodesPercents ? plain.replaceAll('%AZP25', '%') : plain;
}
