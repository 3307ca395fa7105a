import { readFileSync } from 'node:fs';
import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';

/** How the agent of the pipeline reaches the network. */
export interface AgentNetwork {
  /** Proxy URL with its credentials; undefined when the workspace is reached directly. */
  readonly proxyUrl: string | undefined;
  /** PEM files, added to Node's own roots. */
  readonly caFiles: readonly string[];
  readonly clientCertificate:
    | {
        readonly certFile: string;
        readonly keyFile: string;
        readonly passphrase: string | undefined;
      }
    | undefined;
}

/** The agent that all requests of a task use: connections are kept alive, the proxy and the certificates are honoured. */
export async function createHttpAgent(host: string, network: AgentNetwork): Promise<Agent> {
  const options = { keepAlive: true, ...tlsOptions(network) };
  const isSecure = host.startsWith('https:');
  if (network.proxyUrl === undefined) {
    return isSecure ? new HttpsAgent(options) : new HttpAgent({ keepAlive: true });
  }
  if (isSecure) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(network.proxyUrl, options);
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(network.proxyUrl, { keepAlive: true });
}

function tlsOptions({ caFiles, clientCertificate }: AgentNetwork) {
  return {
    ...(caFiles.length > 0 && {
      ca: [...rootCertificates, ...caFiles.map((file) => readFileSync(file, 'utf8'))],
    }),
    ...(clientCertificate && {
      cert: readFileSync(clientCertificate.certFile),
      key: readFileSync(clientCertificate.keyFile),
      ...(clientCertificate.passphrase && { passphrase: clientCertificate.passphrase }),
    }),
  };
}
