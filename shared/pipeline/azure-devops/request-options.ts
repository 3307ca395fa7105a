import type { AgentNetwork } from '../connection/agent-network';

const requestTimeoutMs = 30_000;

/**
 * Options of azure-devops-node-api for the agent's network. Redirects lead to sign-in pages and are not followed; the token
 * stays with its origin.
 */
export function toRequestOptions({ proxyUrl, caFiles, clientCertificate }: AgentNetwork) {
  const [caFile] = caFiles;
  return {
    socketTimeout: requestTimeoutMs,
    allowRedirects: false,
    ...(proxyUrl !== undefined && { proxy: toProxy(new URL(proxyUrl)) }),
    ...((caFile !== undefined || clientCertificate) && {
      cert: {
        ...(caFile !== undefined && { caFile }),
        ...(clientCertificate && {
          certFile: clientCertificate.certFile,
          keyFile: clientCertificate.keyFile,
          ...(clientCertificate.passphrase !== undefined && {
            passphrase: clientCertificate.passphrase,
          }),
        }),
      },
    }),
  };
}

function toProxy({ origin, username, password }: URL) {
  return {
    proxyUrl: origin,
    ...(username !== '' && {
      proxyUsername: decodeURIComponent(username),
      proxyPassword: decodeURIComponent(password),
    }),
  };
}
