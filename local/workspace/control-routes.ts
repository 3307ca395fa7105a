import type { FastifyInstance, FastifyReply } from 'fastify';
import { type FaultList, parseFault } from './faults';
import { type GitOptions, type GitSettings, parseGitOptions } from './git/git-options';
import { parseJson, toJson } from './http/json';
import type { IdentityOptions } from './identity/identity-options';
import type { RequestLog } from './request-log';

export interface ControlOptions {
  readonly faults: FaultList;
  readonly requests: RequestLog;
  /** Changes who may sign in; throws Error for options that are wrong. Returns what holds then. */
  readonly configureIdentity: (options: IdentityOptions) => object;
  readonly state: {
    readonly git: { readonly settings: GitSettings; configure(options: GitOptions): void };
  };
}

function send(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json').send(toJson(value));
}

/** Routes that steer the workspace from outside: /__test/fault, git, identity and requests. They need no token. */
export function registerControlRoutes(
  server: FastifyInstance,
  { faults, requests, state, configureIdentity }: ControlOptions,
): void {
  server.post('/__test/fault', (request, reply) => {
    try {
      const value = parseJson(String(request.body));
      const parsed = (Array.isArray(value) ? value : [value]).map(parseFault);
      for (const fault of parsed) faults.add(fault);
    } catch (error: unknown) {
      const message = error instanceof Error ? error.message : String(error);
      return send(reply.code(400), { error: message });
    }
    return send(reply, { faults: faults.list() });
  });
  server.get('/__test/fault', (_request, reply) => send(reply, { faults: faults.list() }));
  server.delete('/__test/fault', (_request, reply) => {
    faults.clear();
    return send(reply, {});
  });
  server.post('/__test/git', (request, reply) => {
    try {
      state.git.configure(parseGitOptions(parseJson(String(request.body))));
    } catch (error: unknown) {
      const message = error instanceof Error ? error.message : String(error);
      return send(reply.code(400), { error: message });
    }
    return send(reply, state.git.settings);
  });
  server.get('/__test/git', (_request, reply) => send(reply, state.git.settings));
  server.post('/__test/identity', (request, reply) => {
    try {
      return send(reply, configureIdentity(parseJson(String(request.body)) as IdentityOptions));
    } catch (error: unknown) {
      const message = error instanceof Error ? error.message : String(error);
      return send(reply.code(400), { error: message });
    }
  });
  server.get('/__test/identity', (_request, reply) => send(reply, configureIdentity({})));
  server.get('/__test/requests', (_request, reply) => {
    return send(reply, { requests: requests.list() });
  });
  server.delete('/__test/requests', (_request, reply) => {
    requests.clear();
    return send(reply, {});
  });
}
