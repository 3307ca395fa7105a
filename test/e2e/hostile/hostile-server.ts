import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a workspace means no good. */
export type Mood =
  | 'refuses'
  | 'shows a page'
  | 'redirects'
  | 'tells'
  | 'refuses in broken characters'
  | 'tells in broken characters'
  | 'refuses in UTF-16'
  | 'tells in UTF-16';

export interface HostileServer {
  readonly url: string;
  /** Requests as `METHOD /path`. */
  readonly requests: string[];
  /** The same at the place that redirects lead to. */
  readonly redirected: string[];
  close(): Promise<void>;
}

/** A workspace that puts `text` wherever an answer has room for text. */
export async function startHostileServer(mood: Mood, text: string): Promise<HostileServer> {
  const requests: string[] = [];
  const redirected: string[] = [];
  const other = createServer((request, response) => {
    redirected.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  const elsewhere = await listen(other);
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answers[mood](request, response, text, elsewhere);
  });
  const url = await listen(server);
  return {
    url,
    requests,
    redirected,
    close: async () => {
      for (const one of [server, other]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  elsewhere: string,
) => void;

const answers: Readonly<Record<Mood, Answer>> = {
  refuses: (_, response, text) => {
    response.writeHead(400, {
      'content-type': 'application/json',
      'x-request-id': '##vso[task.x]y',
    });
    response.end(JSON.stringify({ error_code: text, message: text, details: [{ reason: text }] }));
  },
  'shows a page': (_, response, text) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<html><title>${text}</title>${text}`);
  },
  redirects: (_, response, text, elsewhere) => {
    response.writeHead(307, {
      location: `${elsewhere}/login.html?next=${encodeURIComponent('##vso[task.x]')}`,
    });
    response.end(text);
  },
  tells: (request, response, text) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(toldTo(request, text)));
  },
  'refuses in broken characters': (_, response, text) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(withBrokenCharacters({ error_code: text, message: text }));
  },
  'tells in broken characters': (request, response, text) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(withBrokenCharacters(toldTo(request, text)));
  },
  'refuses in UTF-16': (_, response, text) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(inUtf16({ error_code: text, message: text }));
  },
  'tells in UTF-16': (request, response, text) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(inUtf16(toldTo(request, text)));
  },
};

/** Stands in a text for bytes that no UTF-8 has: alone, overlong, half of a pair, and cut off. */
export const brokenCharacter = '\ue000';
const brokenBytes = Buffer.from([0xff, 0xfe, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0xc3]);

function withBrokenCharacters(body: object): Buffer {
  const parts = JSON.stringify(body).split(brokenCharacter);
  return Buffer.concat(
    parts.flatMap((part, index) => [...(index > 0 ? [brokenBytes] : []), Buffer.from(part)]),
  );
}

function inUtf16(body: object): Buffer {
  return Buffer.from(`\ufeff${JSON.stringify(body)}`, 'utf16le');
}

function toldTo({ method, url }: IncomingMessage, text: string): object {
  const { pathname, searchParams } = new URL(url ?? '', 'http://x');
  const path = searchParams.get('path') ?? '';
  const [, root = ''] = path.split('/');
  const objectType = { Repos: 'REPO', Shared: 'NOTEBOOK', Folder: 'DIRECTORY' }[root] ?? '';
  return told(`${method} ${pathname}`, text, objectType);
}

/** What the service would say, with foreign text in all that others may choose. */
function told(call: string, text: string, objectType: string): object {
  const state = { life_cycle_state: 'TERMINATED', result_state: 'FAILED', state_message: text };
  const repo = {
    id: 5,
    path: `/Repos/ci/${text}`,
    url: `https://github.com/${text}`,
    provider: text,
    branch: text,
    head_commit_id: text,
  };
  const told: Readonly<Record<string, object>> = {
    'GET /api/2.0/preview/scim/v2/Me': { userName: text },
    'GET /api/2.0/workspace/get-status': {
      path: text,
      object_type: objectType,
      object_id: 5,
      language: text,
    },
    'GET /api/2.0/workspace/list': {
      objects: [
        { path: `/Folder/app/${text}`, object_type: text, object_id: 1 },
        { path: `/Folder/app/a${text}`, object_type: 'FILE', object_id: 2 },
      ],
    },
    'GET /api/2.1/clusters/get': { cluster_id: 'c', cluster_name: text, state: text },
    'POST /api/2.2/jobs/runs/submit': { run_id: 7 },
    'GET /api/2.2/jobs/runs/get': {
      run_id: 7,
      run_name: text,
      run_page_url: `https://adb-1.test/${text}`,
      state,
      status: { termination_details: { code: text, message: text } },
      tasks: [
        {
          run_id: 8,
          task_key: text,
          notebook_task: { notebook_path: text, base_parameters: { [text]: text } },
          run_page_url: `javascript:${text}`,
          state,
        },
      ],
    },
    'GET /api/2.2/jobs/runs/get-output': {
      notebook_output: { result: JSON.stringify({ a: text, [text]: text }) },
      error: text,
      error_trace: `${text}\n${'x'.repeat(80)}`.repeat(20_000 / 4),
    },
    'GET /api/2.0/repos': { repos: [repo] },
    'GET /api/2.0/repos/5': repo,
    'PATCH /api/2.0/repos/5': repo,
  };
  return told[call] ?? {};
}
