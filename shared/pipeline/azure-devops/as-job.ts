import type { Agent, RequestOptions } from 'node:http';
import { BearerCredentialHandler } from 'azure-devops-node-api/handlers/bearertoken';
import type {
  IRequestHandler,
  IRequestOptions,
} from 'azure-devops-node-api/interfaces/common/VsoBaseInterfaces';
import { type AgentNetwork, createHttpAgent } from '../connection/agent-network';

const requestTimeoutMs = 30_000;

/** Where Azure DevOps is, and the token of the job for it. */
export interface AzureDevOps {
  readonly collectionUri: string;
  readonly token: string;
}

/** How it is reached. */
export interface Reach {
  readonly network: AgentNetwork;
  readonly signal: AbortSignal;
}

/** What the constructors of the clients of azure-devops-node-api take. */
type ClientArguments = [string, IRequestHandler[], IRequestOptions];

/**
 * Asks Azure DevOps with a client of azure-devops-node-api, as the job and by the network of the agent; afterwards the connections
 * are closed. Rejects with what azure-devops-node-api throws, with a ConnectionError, or with the reason of the signal as soon as it
 * aborts.
 */
export async function askAsJob<T>(
  azure: AzureDevOps,
  { network, signal }: Reach,
  work: (...given: ClientArguments) => Promise<T>,
): Promise<T> {
  const agent = await createHttpAgent(new URL(azure.collectionUri).origin, network);
  try {
    return await untilAborted(work(...toArguments(azure, agent)), signal);
  } finally {
    agent.destroy();
  }
}

/** Redirects lead to sign-in pages and are not followed; the token stays with its origin. */
function toArguments({ collectionUri, token }: AzureDevOps, agent: Agent): ClientArguments {
  const handlers = [new BearerCredentialHandler(token, false), new AgentHandler(agent)];
  const options = {
    socketTimeout: requestTimeoutMs,
    allowRedirects: false,
    // Else it would take the proxy of the environment, which is not the agent's.
    proxy: { proxyUrl: '' },
  };
  return [collectionUri, handlers, options];
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
    if (signal.aborted) reject(signal.reason);
  });
}

/** The library's own way takes one CA file in place of Node's roots. */
class AgentHandler implements IRequestHandler {
  readonly #agent: Agent;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  prepareRequest(options: RequestOptions): void {
    options.agent = this.#agent;
  }

  canHandleAuthentication(): boolean {
    return false;
  }

  handleAuthentication(): never {
    throw new Error('there is nothing to handle');
  }
}
