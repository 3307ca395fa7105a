import type { JsonObject } from './http/json';

/** An error answer of the REST API: HTTP status, error_code (string, or a number on the gateway's paths) and message. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly errorCode: string | number;
  readonly details: readonly JsonObject[] | undefined;

  constructor(
    status: number,
    errorCode: string | number,
    message: string,
    details?: readonly JsonObject[],
  ) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.details = details;
  }

  toBody(): JsonObject {
    return { error_code: this.errorCode, message: this.message, details: this.details };
  }
}

export function invalidParameter(message: string): ApiError {
  return new ApiError(400, 'INVALID_PARAMETER_VALUE', message);
}

export function missingField(name: string): ApiError {
  return invalidParameter(`Missing required field: ${name}`);
}

export function malformedRequest(message: string): ApiError {
  return new ApiError(400, 'MALFORMED_REQUEST', message);
}

/** The answer for a workspace path that does not exist; the path is echoed as it was asked for. */
export function pathNotFound(requestedPath: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Path (${requestedPath}) doesn't exist.`);
}

/** No credential, or one that is not a bearer token: the gateway answers with a numeric error_code. */
export function credentialNotSent(): ApiError {
  return new ApiError(
    401,
    401,
    'Credential was not sent or was of an unsupported type for this API.',
  );
}

/** A personal access token that is not known: 403, not 401. */
export function invalidAccessToken(): ApiError {
  return new ApiError(403, 'PERMISSION_DENIED', 'Invalid access token.');
}

/** The answer for a path the service does not know; the path is given without /api/<version>. */
export function endpointNotFound(method: string, path: string): ApiError {
  const shortPath = path.replace(/^\/api\/\d+\.\d+(?=\/)/, '');
  return new ApiError(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${shortPath}'`);
}
