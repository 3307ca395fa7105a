import type { AzureCloud } from '../../databricks';

/** How a step signs in to its workspace. Secrets are registered with the agent before a Login is made. */
export type Login = TokenLogin | DatabricksSecretLogin | DatabricksFederationLogin | AzureLogin;

interface LoginSource {
  /** Where it comes from, in words: `variable DATABRICKS_TOKEN`, `the service connection`. */
  readonly source: string;
}

/** A ready token. */
export interface TokenLogin extends LoginSource {
  readonly kind: 'token';
  readonly token: string;
}

/** A service principal of Databricks with an OAuth secret. */
export interface DatabricksSecretLogin extends LoginSource {
  readonly kind: 'databricks-secret';
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A service principal of Databricks that trusts the ID tokens of Azure DevOps. */
export interface DatabricksFederationLogin extends LoginSource {
  readonly kind: 'databricks-federation';
  readonly clientId: string;
  /** The service connection that the ID token is for; undefined for one of the pipeline itself. */
  readonly connectionId: string | undefined;
}

/** An identity of Microsoft Entra, from a connection of Azure Resource Manager. */
export interface AzureLogin extends LoginSource {
  readonly kind: 'azure';
  readonly identity: AzureIdentity;
  readonly cloud: AzureCloud;
  /** Azure resource of the workspace; lets in an identity that the workspace does not know yet. */
  readonly resourceId: string | undefined;
}

/** Who an Azure Resource Manager connection stands for. */
export type AzureIdentity =
  | { readonly kind: 'managed-identity'; readonly clientId: string | undefined }
  | (AzurePrincipal & { readonly kind: 'secret'; readonly secret: string })
  | (AzurePrincipal & { readonly kind: 'certificate'; readonly pem: string })
  | (AzurePrincipal & { readonly kind: 'federation'; readonly connectionId: string });

interface AzurePrincipal {
  readonly tenantId: string;
  readonly clientId: string;
}

/** A login in words, for logs and errors: `token from input 'token'`. */
export function describeLogin(login: Login): string {
  switch (login.kind) {
    case 'token':
      return `token from ${login.source}`;
    case 'databricks-secret':
      return `OAuth secret of service principal ${login.clientId} from ${login.source}`;
    case 'databricks-federation':
      return `workload identity federation as service principal ${login.clientId} from ${login.source}`;
    case 'azure':
      return `${describeIdentity(login.identity)} from ${login.source}`;
  }
}

function describeIdentity(identity: AzureIdentity): string {
  switch (identity.kind) {
    case 'managed-identity':
      return `managed identity${identity.clientId === undefined ? '' : ` ${identity.clientId}`}`;
    case 'secret':
      return `client secret of Entra service principal ${identity.clientId}`;
    case 'certificate':
      return `certificate of Entra service principal ${identity.clientId}`;
    case 'federation':
      return `workload identity federation as Entra service principal ${identity.clientId}`;
  }
}
