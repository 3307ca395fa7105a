import { type AzureCloud, azureClouds, isLoopback } from '../../databricks';
import { ConnectionError } from '../errors';
import type { ServiceConnection, TaskHost } from '../task-host';
import type { AzureIdentity } from './login';
import { isOfFork, withheldFromForks } from './withheld';

/** What a connection of Azure Resource Manager says. */
export interface AzureConnection {
  readonly identity: AzureIdentity;
  readonly cloud: AzureCloud;
}

/**
 * Reads a service connection of Azure Resource Manager, of any of its schemes; its secrets are registered. Throws
 * ConnectionError. Names: azure-pipelines-tasks-azure-arm-rest.
 */
export function readAzureConnection(
  id: string,
  host: Pick<TaskHost, 'getVariable' | 'getServiceConnection' | 'setSecret'>,
): AzureConnection {
  const connection = host.getServiceConnection(id);
  if (connection?.scheme === undefined) {
    throw new ConnectionError(`The service connection "${id}" was not handed to this step`, {
      hint: isOfFork(host)
        ? withheldFromForks
        : "Choose an existing connection of type Azure Resource Manager in 'azureSubscription' and authorise the pipeline to use it; a variable cannot name it.",
    });
  }
  return {
    identity: readIdentity(id, connection, host),
    cloud: readCloud(id, connection),
  };
}

function readIdentity(
  id: string,
  connection: ServiceConnection,
  host: Pick<TaskHost, 'setSecret'>,
): AzureIdentity {
  const scheme = connection.scheme?.toLowerCase();
  if (scheme === 'managedserviceidentity')
    return { kind: 'managed-identity', clientId: connection.data('msiclientId') };
  if (scheme !== 'serviceprincipal' && scheme !== 'workloadidentityfederation') {
    throw new ConnectionError(
      `The service connection "${id}" uses the scheme "${connection.scheme}", which this task does not know`,
      {
        hint: 'Choose a connection with workload identity federation, a service principal or a managed identity.',
      },
    );
  }
  const principal = {
    tenantId: required(id, connection, 'tenantid'),
    clientId: required(id, connection, 'serviceprincipalid'),
  };
  if (scheme === 'workloadidentityfederation')
    return { kind: 'federation', connectionId: id, ...principal };
  if (connection.parameter('authenticationType')?.toLowerCase() === 'spncertificate') {
    const pem = required(id, connection, 'servicePrincipalCertificate');
    host.setSecret(pem);
    return { kind: 'certificate', pem, ...principal };
  }
  const secret = required(id, connection, 'serviceprincipalkey');
  host.setSecret(secret);
  return { kind: 'secret', secret, ...principal };
}

function required(id: string, connection: ServiceConnection, key: string): string {
  const value = connection.parameter(key);
  if (value !== undefined && value.trim() !== '') return value;
  throw new ConnectionError(`The service connection "${id}" has no ${key}`, {
    hint: 'Open the connection in the project settings and save it anew.',
  });
}

function readCloud(id: string, connection: ServiceConnection): AzureCloud {
  const name = connection.data('environment') ?? 'AzureCloud';
  const cloud = Object.values(azureClouds).find(
    (known) => known.name.toLowerCase() === name.toLowerCase(),
  );
  if (cloud === undefined) {
    throw new ConnectionError(
      `The service connection "${id}" is for the cloud "${name}", where Azure Databricks is not known to be`,
      { hint: `Known are ${Object.keys(azureClouds).join(', ')}.` },
    );
  }
  return { ...cloud, ...localAuthority(connection) };
}

/** An authority on this machine is one that a test has put there; any other is that of the cloud. */
function localAuthority(connection: ServiceConnection): Partial<AzureCloud> {
  const url = connection.data('environmentAuthorityUrl') ?? '';
  if (!URL.canParse(url)) return {};
  const { hostname, origin } = new URL(url);
  return isLoopback(hostname) ? { authority: origin } : {};
}
