import { STATUS_CODES } from 'node:http';
import type { ApiErrorKind, Refusal } from '../errors';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../json';
import type { HttpAnswer } from './attempt';
import { computeKind, isTransientFault } from './error-kinds';
import { findRefusal, isOfNetwork, refusalHints } from './refusals';

/** What was wrong with an answer. */
export interface AnswerFault {
  readonly errorCode: string | undefined;
  readonly serverMessage: string;
  readonly kind: ApiErrorKind;
  readonly isTransient: boolean;
  /** True when the answer has the form of the Databricks service. */
  readonly isFromService: boolean;
  readonly refusal?: Refusal;
  readonly hint: string;
}

/** An answer is the documented JSON object, or it is at fault. */
export type ReadAnswer = { readonly json: JsonObject } | { readonly fault: AnswerFault };

/** Decides what an answer means. Success is a 2xx status with a JSON object without error code, and nothing else. */
export function readAnswer(method: string, path: string, answer: HttpAnswer): ReadAnswer {
  const { status, text } = answer;
  if (status >= 300 && status < 400) return { fault: redirectFault(answer.header('location')) };
  const body = tryParseObject(text);
  if (status >= 200 && status < 300) {
    if (body && !hasErrorCode(body)) return { json: body };
    if (!body) return { fault: notJsonFault(text) };
  }
  return { fault: serviceFault(method, path, status, body, text) };
}

function tryParseObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `error_code` in a 2xx body marks a failure, except the historical 0 and the empty string. */
function hasErrorCode(body: JsonObject): boolean {
  const code = body['error_code'];
  return code !== undefined && code !== null && code !== 0 && code !== '';
}

function redirectFault(location: string | undefined): AnswerFault {
  const target = location ?? 'an unnamed place';
  const isPrivateLink = target.includes('private-link-validation-error');
  return {
    errorCode: isPrivateLink ? 'PRIVATE_LINK_VALIDATION_ERROR' : undefined,
    serverMessage: isPrivateLink
      ? 'the workspace refuses this network: it requires private link'
      : `the request was redirected to ${shorten(target.split('?')[0] ?? '')} instead of being answered`,
    kind: isPrivateLink ? 'permission-denied' : 'unauthenticated',
    isTransient: false,
    isFromService: isPrivateLink,
    ...(isPrivateLink && { refusal: 'private-link' }),
    hint: isPrivateLink
      ? refusalHints['private-link']
      : 'A redirect means a sign-in page or a proxy. Check the workspace URL and the token.',
  };
}

function notJsonFault(text: string): AnswerFault {
  const isPage = text.trimStart().startsWith('<');
  return {
    errorCode: undefined,
    serverMessage: isPage
      ? `a web page came back instead of JSON${describePage(text)}`
      : text.trim() === ''
        ? 'the answer was empty'
        : 'the answer was not the documented JSON',
    kind: isPage ? 'unauthenticated' : 'other',
    // An empty or cut body with a good status is a broken transfer; a page will come back the same.
    isTransient: !isPage,
    isFromService: false,
    hint: isPage
      ? 'A sign-in page or a proxy answered. Check the workspace URL, the token and the proxy of the agent.'
      : 'Something between the agent and the workspace changes answers. Check the proxy of the agent.',
  };
}

/** The title stands at the start; searching all of a page that is made to be slow to search would block the step. */
const searchedLength = 10_000;

function describePage(text: string): string {
  const head = text.slice(0, searchedLength);
  const words = [
    /<title[^>]*>([^<]*)<\/title>/i.exec(head)?.[1] ?? '',
    /<pre[^>]*>([^<]*)<\/pre>/i.exec(head)?.[1] ?? '',
    withoutMarkup(head),
  ]
    .map((part) => part.replace(/\s+/g, ' ').trim().slice(0, 200))
    .find((part) => part !== '');
  return words === undefined ? '' : `: "${words}"`;
}

/** What people would read of a page, as far as it can be told without a browser. */
function withoutMarkup(page: string): string {
  return page
    .replace(/<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^<>]*(>|$)/g, ' ');
}

function serviceFault(
  method: string,
  path: string,
  status: number,
  body: JsonObject | undefined,
  text: string,
): AnswerFault {
  const { errorCode, serverMessage } = body ? readErrorBody(body) : readErrorText(status, text);
  const kind = computeKind(method, path, status, errorCode, serverMessage);
  const refusal = findRefusal(status, serverMessage);
  return {
    errorCode,
    serverMessage,
    kind,
    isTransient: isTransientFault(status, errorCode, serverMessage, kind),
    isFromService: body !== undefined || errorCode !== undefined || isOfNetwork(refusal),
    ...(refusal !== undefined && { refusal }),
    hint: refusal === undefined ? hints[kind] : refusalHints[refusal],
  };
}

interface ErrorTexts {
  readonly errorCode: string | undefined;
  readonly serverMessage: string;
}

/** The bodies that services send: standard, API 1.2 (`error`), OAuth, SCIM. Integer codes are treated as absent. */
function readErrorBody(body: JsonObject): ErrorTexts {
  const code = body['error_code'];
  const detail = scimDetail(body);
  const message = firstText(body['message'], detail, body['error_description'], body['error']);
  const scimStatus = Array.isArray(body['schemas']) ? firstText(body['status']) : undefined;
  const errorCode =
    typeof code === 'string' && code !== '' ? code : scimStatus ? `SCIM_${scimStatus}` : undefined;
  return { errorCode, serverMessage: shorten(message ?? 'no message') };
}

function scimDetail(body: JsonObject): string | undefined {
  const detail = firstText(body['detail']);
  if (!detail) return undefined;
  const text = detail === 'null' ? 'SCIM API Internal Error' : detail;
  return [firstText(body['scimType']), text].filter(Boolean).join(' ');
}

function firstText(...values: (Json | undefined)[]): string | undefined {
  for (const value of values) {
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/** What an error says whose body is no JSON: a text as it is, of a page its title or first words. */
export function describeErrorText(status: number, text: string): string {
  return readErrorText(status, text).serverMessage;
}

function readErrorText(status: number, text: string): ErrorTexts {
  const trimmed = text.trim();
  if (trimmed === '') {
    return { errorCode: undefined, serverMessage: STATUS_CODES[status] ?? 'no message' };
  }
  if (trimmed.startsWith('<')) {
    return { errorCode: undefined, serverMessage: `a web page came back${describePage(trimmed)}` };
  }
  const coded = /^([A-Z_]+): ([\s\S]*)$/.exec(trimmed);
  return { errorCode: coded?.[1], serverMessage: shorten(coded?.[2] ?? trimmed) };
}

function shorten(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 1000)}…` : text;
}

const hints: Readonly<Record<ApiErrorKind, string>> = {
  unauthenticated:
    'The token is missing, malformed or expired: renew it and update where it comes from.',
  'permission-denied':
    'Give the identity the permission named by the server, or use another identity.',
  'not-found': 'Check the name, and that the identity may see it.',
  'already-exists': '',
  'type-mismatch': '',
  'too-large': 'The workspace, or a proxy before it, takes nothing of this size.',
  conflict: 'Somebody else changes the same object now. Try again when that is done.',
  'rate-limited':
    'The workspace limits the rate of requests. Run fewer jobs at once against this workspace, or try again later.',
  unavailable:
    'The workspace is not available now. Look at the status page of Azure Databricks and try again later.',
  invalid: '',
  other: '',
};
