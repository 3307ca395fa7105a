import type { HttpAnswer } from '../http/attempt';
import { type AnswerFault, readAnswer } from '../http/error-mapping';
import { isOfNetwork } from '../http/refusals';
import { LoginError } from './identity-request';

export interface UnexpectedAnswer {
  /** The purpose of the request. */
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly answer: HttpAnswer;
  /** What to say, and what to do, when nothing is wrong with the answer but that it is another one. */
  readonly otherwise: { readonly said: string; readonly hint: string };
}

/**
 * The failure of a login that was answered, but not as OAuth defines it. The answer is read as every answer of a workspace is:
 * the network may be refused, or a proxy may stand between.
 */
export function unexpectedAnswer({
  what,
  method,
  url,
  answer,
  otherwise,
}: UnexpectedAnswer): LoginError {
  const { host, pathname } = new URL(url);
  const read = readAnswer(method, pathname, answer);
  const fault = 'fault' in read ? read.fault : undefined;
  const said = (fault?.serverMessage ?? otherwise.said).replace(/[.\s]+$/, '');
  const code = fault?.errorCode === undefined ? '' : ` ${fault.errorCode}`;
  return new LoginError(
    `${what} failed: ${said} (HTTP ${answer.status}${code}, ${method} ${url})`,
    { hint: hintFor(fault, answer.status, host) ?? otherwise.hint },
  );
}

function hintFor(fault: AnswerFault | undefined, status: number, host: string): string | undefined {
  if (fault === undefined || status === 404) return undefined;
  if (isOfNetwork(fault.refusal)) return fault.hint;
  if (!fault.isFromService)
    return `A sign-in page, a proxy or a firewall answered instead of ${host}: check the address, and the proxy of the agent.`;
  return status === 401 || status === 403
    ? `${host} refuses the request before it looks at the login: ask those who administer it.`
    : undefined;
}
