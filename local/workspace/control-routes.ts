import type { FastifyInstance, FastifyReply } from 'fastify';
import { type FaultList, parseFault } from './faults';
import { type GitOptions, type GitSettings, parseGitOptions } from './git/git-options';
import { parseJson, toJson } from './http/json';
import type { RequestLog } from './request-log';

export interface ControlOptions {
  readonly faults: FaultList;
  readonly requests: RequestLog;
  readonly state: {
    readonly git: { readonly settings: GitSettings; configure(options: GitOptions): void };
  };
}

function send(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json').send(toJson(value));
}

/** Routes that steer the workspace from outside: /__test/fault, /__test/git and /__test/requests. They need no token. */
export function registerControlRoutes(
  server: FastifyInstance,
  { faults, requests, state }: ControlOptions,
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
  server.get('/__test/requests', (_request, reply) => {
    return send(reply, { requests: requests.list() });
  });
  server.delete('/__test/requests', (_request, reply) => {
    requests.clear();
    return send(reply, {});
  });
}
