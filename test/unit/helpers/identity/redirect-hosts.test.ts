import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  type LoopbackServer,
  startLoopbackServer,
} from '../../../helpers/identity/loopback-server';

const PRELOAD = resolve('test/helpers/identity/redirect-hosts.cjs');

describe('redirect-hosts', () => {
  let server: LoopbackServer;
  before(async () => {
    server = await startLoopbackServer(({ method, path, query, headers, body }) => ({
      status: 200,
      body: [method, path, query.toString(), headers.host, headers['x-a'] ?? '', body].join(' '),
    }));
  });
  after(() => server.close());

  /** What a process prints whose requests are redirected; `print` prints the answer of a request. */
  async function run(code: string, hosts: string): Promise<readonly string[]> {
    const script = `
const http = require('node:http'), https = require('node:https');
const print = (request, body) => new Promise((resolve) => {
  request.on('error', (error) => { console.log(error.code); resolve(); });
  request.on('response', (response) => {
    response.setEncoding('utf8').on('data', (text) => console.log(text)).on('end', resolve);
  });
  request.end(body);
});
(async () => {${code}})();`;
    const env = { ...process.env, REDIRECT_HOSTS: hosts, NODE_OPTIONS: `--require=${PRELOAD}` };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env });
    return stdout.trim().split('\n');
  }

  it('sends http and https requests to loopback, whole and with their host', async () => {
    const lines = await run(
      `
await print(https.request('https://login.test/t/token?a=1', { method: 'POST', headers: { 'X-A': 'x' } }), 'body');
await print(https.request(new URL('https://LOGIN.test/u'), { agent: new https.Agent({ keepAlive: true }) }));
await print(http.get({ host: '169.254.169.254', path: '/v' }));
await print(https.request({ hostname: 'login.test', port: 8443, path: '/w' }));
await new Promise((resolve) => https.get('https://login.test/cb', (response) => { console.log(response.statusCode); response.resume().on('end', resolve); }));`,
      `login.test=${server.port},169.254.169.254=${server.port}`,
    );

    assert.deepEqual(
      lines.map((line) => line.trim()),
      [
        'POST /t/token a=1 login.test x body',
        'GET /u  login.test',
        'GET /v  169.254.169.254',
        'GET /w  login.test:8443',
        '200',
      ],
    );
  });

  it('tells ports apart, and leaves other hosts and proxies alone', async () => {
    const lines = await run(
      `
await print(https.request('https://127.0.0.1:9/x'));
await print(https.request('https://127.0.0.1:8443/y'));
await print(http.request('http://127.0.0.1:${server.port}/z'));
const agent = new http.Agent();
agent.proxy = new URL('http://127.0.0.1:9');
await print(http.request('http://127.0.0.1:8443/p', { agent }));`,
      `127.0.0.1:8443=${server.port}`,
    );

    assert.deepEqual(
      lines.map((line) => line.trim()),
      [
        'ECONNREFUSED',
        'GET /y  127.0.0.1:8443',
        `GET /z  127.0.0.1:${server.port}`,
        'ECONNREFUSED',
      ],
    );
  });
});
