import { type ApiCall, RawAnswer } from '../http/api-call';
import { type JsonObject, toJson } from '../http/json';
import { LOGIN_PAGE } from '../login-page';
import type { WorkspaceState } from '../state/workspace-state';

const TENANT_ID = '00000000-0000-4000-8000-000000000002';

/** GET /api/2.0/preview/scim/v2/Me: who the token belongs to; the header carries the workspace id. */
export function getMe({ identity }: ApiCall, { workspaceId }: WorkspaceState): RawAnswer {
  const isUser = identity.kind === 'user';
  const me = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: identity.id,
    userName: identity.userName,
    displayName: identity.displayName,
    active: true,
    emails: isUser ? [{ type: 'work', value: identity.userName, primary: true }] : undefined,
    groups: [{ display: 'users', type: 'direct', value: '3001', $ref: 'Groups/3001' }],
    entitlements: [{ value: 'workspace-access' }],
  };
  const headers = {
    'content-type': 'application/scim+json',
    'x-databricks-org-id': workspaceId,
  };
  return new RawAnswer(200, headers, toJson(me));
}

/** GET /.well-known/databricks-config */
export function getHostConfig(_call: ApiCall, state: WorkspaceState): JsonObject {
  return {
    oidc_endpoint: `${state.url()}/oidc`,
    workspace_id: state.workspaceId,
    cloud: 'Azure',
    host_type: 'workspace',
  };
}

/** GET /aad/auth: where users sign in; clients read the tenant from the address. */
export function redirectToEntra(_call: ApiCall, { identities }: WorkspaceState): RawAnswer {
  const tenantId = identities.settings.entra?.tenantId ?? TENANT_ID;
  const location = `https://login.microsoftonline.com/${tenantId}/oauth2/authorize?response_type=code`;
  return new RawAnswer(302, { location }, '');
}

/** GET /login.html */
export function showLoginPage(): RawAnswer {
  return new RawAnswer(200, { 'content-type': 'text/html; charset=utf-8' }, LOGIN_PAGE);
}

/** GET /?o=… : a page for people who follow a run page URL. */
export function showPage(_call: ApiCall, { workspaceId }: WorkspaceState): RawAnswer {
  const page = `<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Local Databricks workspace</title></head>
<body><h1>Local Databricks workspace ${workspaceId}</h1>
<p>There is no user interface here. Ask the REST API, for example
<code>GET /api/2.1/jobs/runs/get?run_id=…</code>.</p></body></html>
`;
  return new RawAnswer(200, { 'content-type': 'text/html; charset=utf-8' }, page);
}
