import type { ServiceConnection } from './settings-file';

/** Authorisation parameters that a scheme has, in lower case. Reference 6.5. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  serviceprincipal: ['tenantid', 'serviceprincipalid'],
  managedserviceidentity: ['tenantid'],
  workloadidentityfederation: ['tenantid', 'serviceprincipalid'],
  publishprofile: ['publishprofile'],
};

const SECRETS: Readonly<Record<string, string>> = {
  spnkey: 'serviceprincipalkey',
  spncertificate: 'serviceprincipalcertificate',
};

/** What an Azure Resource Manager connection lacks; undefined when it is complete, or of another type. */
export function describeIncomplete(connection: ServiceConnection): string | undefined {
  if (connection.type.toLowerCase() !== 'azurerm') return undefined;
  const { name, scheme } = connection;
  const wanted = PARAMETERS[scheme.toLowerCase()];
  if (wanted === undefined) {
    return `"scheme" of connection "${name}" is "${scheme}", an AzureRM connection has ServicePrincipal, ManagedServiceIdentity, WorkloadIdentityFederation or PublishProfile`;
  }
  const parameters = new Map(
    Object.entries(connection.parameters).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const type = (parameters.get('authenticationtype') ?? 'spnKey').toLowerCase();
  const secret = SECRETS[type];
  if (scheme.toLowerCase() === 'serviceprincipal' && secret === undefined) {
    return `"authenticationType" of connection "${name}" is "${parameters.get('authenticationtype')}", it is spnKey or spnCertificate`;
  }
  const needed = scheme.toLowerCase() === 'serviceprincipal' ? [...wanted, secret ?? ''] : wanted;
  const missing = needed.find((key) => (parameters.get(key) ?? '') === '');
  if (missing === undefined) return undefined;
  return `Connection "${name}" with the scheme ${scheme} needs the parameter "${missing}"`;
}
