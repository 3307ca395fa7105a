import type { ApiErrorKind } from '../errors';

interface Override {
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  readonly message: RegExp;
  readonly kind: ApiErrorKind;
}

const importEndpoints = /\/workspace\/import$|\/workspace-files\/import-file\//;

/**
 * Where status and code do not tell: 400 INVALID_PARAMETER_VALUE for "does not exist" (databricks-sdk-go,
 * apierr/overrides.go), and collisions of imports (databricks/cli, libs/filer/workspace_files_client.go).
 */
const overrides: readonly Override[] = [
  {
    method: 'GET',
    path: /\/clusters\/get$/,
    status: 400,
    message: /Cluster .* does not exist/,
    kind: 'not-found',
  },
  {
    method: 'GET',
    path: /\/jobs\/get$/,
    status: 400,
    message: /Job .* does not exist/,
    kind: 'not-found',
  },
  {
    method: 'GET',
    path: /\/jobs\/runs\/get(-output)?$/,
    status: 400,
    message: /Run .* does not exist|Run: .* in job: .* doesn't exist/,
    kind: 'not-found',
  },
  {
    method: 'POST',
    path: /\/jobs\/runs\/cancel$/,
    status: 400,
    message: /Run .* does not exist/,
    kind: 'not-found',
  },
  {
    method: 'POST',
    path: importEndpoints,
    status: 400,
    message: /type mismatch|is different from the existing node type/,
    kind: 'type-mismatch',
  },
  {
    method: 'POST',
    path: importEndpoints,
    status: 400,
    message: /already exists/,
    kind: 'already-exists',
  },
  {
    method: 'POST',
    path: /\/workspace-files\/import-file\//,
    status: 409,
    message: /^/,
    kind: 'already-exists',
  },
];

const kindByCode: Readonly<Record<string, ApiErrorKind>> = {
  UNAUTHENTICATED: 'unauthenticated',
  CUSTOMER_UNAUTHORIZED: 'unauthenticated',
  PERMISSION_DENIED: 'permission-denied',
  RESOURCE_DOES_NOT_EXIST: 'not-found',
  NOT_FOUND: 'not-found',
  ENDPOINT_NOT_FOUND: 'not-found',
  FEATURE_DISABLED: 'not-found',
  RESOURCE_ALREADY_EXISTS: 'already-exists',
  ALREADY_EXISTS: 'already-exists',
  MAX_NOTEBOOK_SIZE_EXCEEDED: 'too-large',
  RESOURCE_CONFLICT: 'conflict',
  ABORTED: 'conflict',
  COULD_NOT_ACQUIRE_LOCK: 'conflict',
  RESOURCE_EXHAUSTED: 'rate-limited',
  REQUEST_LIMIT_EXCEEDED: 'rate-limited',
  TEMPORARILY_UNAVAILABLE: 'unavailable',
  UNAVAILABLE: 'unavailable',
  SERVICE_UNDER_MAINTENANCE: 'unavailable',
  WORKSPACE_TEMPORARILY_UNAVAILABLE: 'unavailable',
  DEADLINE_EXCEEDED: 'unavailable',
  BAD_REQUEST: 'invalid',
  INVALID_PARAMETER_VALUE: 'invalid',
  INVALID_ARGUMENT: 'invalid',
  MALFORMED_REQUEST: 'invalid',
  INVALID_STATE: 'invalid',
  INVALID_STATE_TRANSITION: 'invalid',
  FAILED_PRECONDITION: 'invalid',
  QUOTA_EXCEEDED: 'other',
  RESOURCE_LIMIT_EXCEEDED: 'other',
};

const kindByStatus: Readonly<Record<number, ApiErrorKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'permission-denied',
  404: 'not-found',
  409: 'conflict',
  413: 'too-large',
  429: 'rate-limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** The kind of a failure: overrides first, then the error code, then the status. */
export function computeKind(
  method: string,
  path: string,
  status: number,
  errorCode: string | undefined,
  message: string,
): ApiErrorKind {
  const override = overrides.find(
    (row) =>
      row.method === method &&
      row.status === status &&
      row.path.test(path) &&
      row.message.test(message),
  );
  const byCode = Object.hasOwn(kindByCode, errorCode ?? '')
    ? kindByCode[errorCode ?? '']
    : undefined;
  return override?.kind ?? byCode ?? kindByStatus[status] ?? 'other';
}

/** Failures that pass by themselves although status and code do not say so (Databricks SDKs, retriable messages). */
const transientMessages =
  /UnknownWorkerEnvironmentException|does not have any associated worker environments|There is no worker environment with id|Unknown worker environment|ClusterNotReadyException|worker env .* not found|Timed out after |deadline exceeded|Please try again later or try a faster operation|RPC token bucket limit has been exceeded|REQUEST_LIMIT_EXCEEDED/i;

/** True when the same request may succeed later. Hard quotas never pass, whatever the status. */
export function isTransientFault(
  status: number,
  errorCode: string | undefined,
  message: string,
  kind: ApiErrorKind,
): boolean {
  if (errorCode === 'QUOTA_EXCEEDED' || errorCode === 'RESOURCE_LIMIT_EXCEEDED') return false;
  if (kind === 'rate-limited' || kind === 'unavailable') return true;
  if (status === 429 || status === 502 || status === 503 || status === 504) return true;
  return transientMessages.test(message);
}
