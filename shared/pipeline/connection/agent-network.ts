import { readFileSync } from 'node:fs';
import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { ConnectionError } from '../errors';

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

/**
 * The agent that all requests of a task use: connections are kept alive, the proxy and the certificates are honoured.
 * Throws ConnectionError when a certificate of the agent cannot be read.
 */
export async function createHttpAgent(host: string, network: AgentNetwork): Promise<Agent> {
  const certificates = readCertificates(network);
  const options = { keepAlive: true, ...certificates };
  const isSecure = host.startsWith('https:');
  if (network.proxyUrl === undefined) {
    return isSecure ? new HttpsAgent(options) : new HttpAgent({ keepAlive: true });
  }
  if (isSecure) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    const agent = new HttpsProxyAgent(network.proxyUrl, options);
    // Its constructor takes them for the connection to the proxy alone, not for the workspace behind it.
    Object.assign(agent.options, certificates);
    return agent;
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(network.proxyUrl, { keepAlive: true });
}

/** Roots and client certificate of the agent, for connections of one's own. Throws ConnectionError. */
export function readCertificates({ caFiles, clientCertificate }: AgentNetwork) {
  return {
    ...(caFiles.length > 0 && {
      ca: [...rootCertificates, ...caFiles.map(readPem)],
    }),
    ...(clientCertificate && {
      cert: readPem(clientCertificate.certFile),
      key: readPem(clientCertificate.keyFile),
      ...(clientCertificate.passphrase && { passphrase: clientCertificate.passphrase }),
    }),
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConnectionError(
      `The file "${file}" with certificates of the agent cannot be read (${code})`,
      {
        hint: 'Correct the certificates with which the agent is configured (--sslcacert, --sslclientcert, --sslclientcertkey).',
        cause: error,
      },
    );
  }
}
