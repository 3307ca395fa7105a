// Preloaded into a task's process (NODE_OPTIONS=--require): ends it with SIGKILL, once per KILL_MARKER, when the answer
// number KILL_COUNT to the request KILL_AT ("METHOD /path") arrives, or when KILL_AT is the signal SIGINT and it arrives.
const { existsSync, writeFileSync } = require('node:fs');
const { subscribe } = require('node:diagnostics_channel');

const { KILL_AT = '', KILL_COUNT = '1', KILL_MARKER = '' } = process.env;
let seen = 0;

function kill() {
  if (existsSync(KILL_MARKER)) return;
  writeFileSync(KILL_MARKER, '');
  process.kill(process.pid, 'SIGKILL');
}

if (KILL_AT === 'SIGINT') process.on('SIGINT', kill);
subscribe('http.client.response.finish', ({ request }) => {
  if (`${request.method} ${request.path.split('?')[0]}` !== KILL_AT) return;
  seen += 1;
  if (seen >= Number(KILL_COUNT)) kill();
});
