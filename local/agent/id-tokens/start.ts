import type { IdentitySettings } from '../index';
import { PipelineRefusedError } from '../pipeline-file/problems';
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

function refuse(file: string, error: NodeJS.ErrnoException & { readonly port?: number }): never {
  const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
  const message = `Cannot issue ID tokens on port ${error.port} of 127.0.0.1: ${why}. Choose another one`;
  throw new PipelineRefusedError([{ file, line: 1, column: 1, message }]);
}

/**
 * Starts the ID token endpoint of a run, when its options or a connection want one, and returns what changes in the run. Throws
 * PipelineRefusedError when the port is taken.
 */
export async function startIdTokens(
  { connections, systemConnection, systemVariables, hostType }: Context,
  settings: IdentitySettings | undefined,
  file: string,
): Promise<{ readonly changes: Partial<RunContext>; close(): Promise<void> } | undefined> {
  if (settings === undefined && !connections.some(needsIdTokens)) return undefined;
  const { createIdTokenIssuer } = await import('./issuer');
  const { startIdTokenServer } = await import('./server');
  const issuer = settings?.issuer ?? (await createIdTokenIssuer());
  const token = systemConnection.parameters['AccessToken'] ?? '';
  const server = await startIdTokenServer(issuer, token, settings?.port).catch((error) =>
    refuse(file, error),
  );
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
