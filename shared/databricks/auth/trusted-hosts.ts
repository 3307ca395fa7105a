import { isLoopback } from '../http/host';

/** How the names of workspaces end, in every cloud that Databricks runs in. */
const workspaceDomains = [
  '.azuredatabricks.net',
  '.databricks.azure.us',
  '.databricks.azure.cn',
  '.cloud.databricks.com',
  '.gcp.databricks.com',
  '.cloud.databricks.us',
  '.cloud.databricks.mil',
];

/**
 * Whether a token that was obtained for Databricks may be sent to an origin: only names that Databricks gives, of one cloud if
 * `domain` says which, and this machine itself. Anything else could be a server that collects tokens.
 */
export function isDatabricksHost(origin: string, domain?: string): boolean {
  const { hostname } = new URL(origin);
  const domains = domain === undefined ? workspaceDomains : [domain];
  return isLoopback(hostname) || domains.some((end) => hostname.endsWith(end));
}
