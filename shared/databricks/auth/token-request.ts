import type { AuthorizationServer, ClientAuth } from 'oauth4webapi';
import type { HttpAnswer } from '../http/attempt';
import { isLoopback } from '../http/host';
import { findRefusal, isOfNetwork, refusalHints } from '../http/refusals';
import { type IdentityTransport, LoginError, sendIdentityRequest } from './identity-request';
import type { AccessToken } from './renewing-credentials';
import { unexpectedAnswer } from './unexpected-answer';

/** The library that knows OAuth; loaded with the first token that is asked for. */
export type OAuthLibrary = typeof import('oauth4webapi');

export interface TokenRequest {
  /** The purpose, for errors and logs. */
  readonly what: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  authenticate(oauth: OAuthLibrary): ClientAuth | Promise<ClientAuth>;
  readonly grantType: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What to do about a refusal, by the error code of OAuth and the provider's description of it. */
  hint(error: string, description: string): string;
}

/** Asks a token endpoint (RFC 6749, section 5) for an access token. Throws LoginError when it refuses, TransportError. */
export async function requestToken(
  transport: IdentityTransport,
  request: TokenRequest,
): Promise<AccessToken> {
  const server: AuthorizationServer = {
    issuer: new URL(request.tokenEndpoint).origin,
    token_endpoint: request.tokenEndpoint,
  };
  const client = { client_id: request.clientId };
  let answer: HttpAnswer | undefined;
  const oauth = await import('oauth4webapi');
  const requestedAtMs = transport.clock.now();
  try {
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      await request.authenticate(oauth),
      request.grantType,
      { ...request.parameters },
      {
        [oauth.customFetch]: async (url, { headers, body }) => {
          const sent = { what: request.what, method: 'POST', url, headers } as const;
          answer = await sendIdentityRequest(transport, { ...sent, body: body.toString() });
          return toResponse(answer);
        },
        [oauth.allowInsecureRequests]: isLoopback(new URL(request.tokenEndpoint).hostname),
      },
    );
    const token = await oauth.processGenericTokenEndpointResponse(server, client, response);
    return {
      value: token.access_token,
      expiresAtMs:
        token.expires_in === undefined ? undefined : requestedAtMs + token.expires_in * 1000,
    };
  } catch (error) {
    throw toLoginError(error, request, answer, oauth);
  }
}

function toResponse(answer: HttpAnswer): Response {
  const hasBody = answer.status !== 204 && answer.status !== 304;
  return new Response(hasBody ? answer.text : null, {
    status: answer.status,
    headers: { 'Content-Type': answer.header('content-type') ?? '' },
  });
}

function toLoginError(
  error: unknown,
  request: TokenRequest,
  answer: HttpAnswer | undefined,
  oauth: OAuthLibrary,
): unknown {
  const { what, tokenEndpoint: url } = request;
  if (error instanceof oauth.ResponseBodyError) {
    const description = firstSentences(error.error_description ?? '');
    const refusal = findRefusal(error.status, description || error.error);
    return new LoginError(
      `${what} failed: ${description || error.error} (HTTP ${error.status} ${error.error}, POST ${url})`,
      {
        cause: error,
        hint:
          refusal !== undefined && isOfNetwork(refusal)
            ? refusalHints[refusal]
            : request.hint(error.error, description),
      },
    );
  }
  if (error instanceof oauth.OperationProcessingError && answer !== undefined) {
    const said = `the answer is not that of a token endpoint: ${error.message}`;
    const otherwise = { said, hint: request.hint('', '') };
    return unexpectedAnswer({ what, method: 'POST', url, answer, otherwise });
  }
  return error;
}

/** Entra adds trace id, correlation id and time, which change with each try. */
function firstSentences(description: string): string {
  return description.split(/\.?\s+Trace ID:/)[0]?.trim() ?? '';
}
