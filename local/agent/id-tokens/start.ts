import type { IdentitySettings } from '../index';
import type { RunContext } from '../run-context';
import type { ServiceConnection } from '../settings-file';
import { addressVariables } from '../system-variables';

type Context = Pick<
  RunContext,
  'connections' | 'systemConnection' | 'systemVariables' | 'hostType'
>;

/** Whether a task can need an ID token for a connection: one without a secret. */
function needsIdTokens({ scheme, parameters, data }: ServiceConnection): boolean {
  if (scheme.toLowerCase() === 'workloadidentityfederation') return true;
  return Object.entries({ ...data, ...parameters }).some(
    ([name, value]) => name.toLowerCase() === 'useoidc' && value.toLowerCase() === 'true',
  );
}

/**
 * Starts the ID token endpoint of a run, when its options or a connection want one, and returns what changes in the run. Throws
 * when the port is taken.
 */
export async function startIdTokens(
  { connections, systemConnection, systemVariables, hostType }: Context,
  settings: IdentitySettings | undefined,
): Promise<{ readonly changes: Partial<RunContext>; close(): Promise<void> } | undefined> {
  if (settings === undefined && !connections.some(needsIdTokens)) return undefined;
  const { createIdTokenIssuer } = await import('./issuer');
  const { startIdTokenServer } = await import('./server');
  const issuer = settings?.issuer ?? (await createIdTokenIssuer());
  const token = systemConnection.parameters['AccessToken'] ?? '';
  const server = await startIdTokenServer(issuer, token, settings?.port);
  const ownUrl = systemVariables['System.CollectionUri'];
  const { url } = systemConnection;
  return {
    changes: {
      idTokens: server,
      systemVariables: { ...systemVariables, ...addressVariables(hostType, server.collectionUri) },
      systemConnection: { ...systemConnection, url: url === ownUrl ? server.collectionUri : url },
    },
    close: () => server.close(),
  };
}
