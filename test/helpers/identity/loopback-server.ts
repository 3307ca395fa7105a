import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that a stand-in got. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a stand-in answers; an object goes out as JSON. */
export interface Reply {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request and the status of its answer. */
export interface RecordedCall extends Call {
  readonly status: number;
}

/** A server on loopback that plays a part. */
export interface LoopbackServer {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  readonly port: number;
  /** All requests, as they came, oldest first. */
  readonly requests: RecordedCall[];
  /** Answers to the next requests instead of the server's own, one each. */
  readonly faults: Reply[];
  close(): Promise<void>;
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  const isText = typeof body === 'string';
  const type = `${isText ? 'text/html' : 'application/json'}; charset=utf-8`;
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/** Starts a server that records its requests; what `answer` throws becomes a 500. */
export async function startLoopbackServer(
  answer: (call: Call) => Reply | Promise<Reply>,
): Promise<LoopbackServer> {
  const requests: RecordedCall[] = [];
  const faults: Reply[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const { method = '', headers } = request;
    const call = {
      method,
      path: pathname,
      query: searchParams,
      headers,
      body: await text(request),
    };
    let reply: Reply;
    try {
      reply = faults.shift() ?? (await answer(call));
    } catch (error) {
      reply = { status: 500, body: { message: String(error) } };
    }
    requests.push({ ...call, status: reply.status });
    send(response, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
