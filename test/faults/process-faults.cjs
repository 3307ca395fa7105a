// Preloaded into a task's process (NODE_OPTIONS=--require). Its time runs FAULT_CLOCK times as fast once the first answer
// has arrived, and START_CLOCK times before: the patience until then is short. "METHOD /glob#n" names a request:
// JUMP_AT moves the wall clock by JUMP_MS when it is sent; KILL_AT ends the process with SIGKILL when its answer is there.
const { subscribe } = require('node:diagnostics_channel');

const { FAULT_CLOCK = '40', START_CLOCK = '5', JUMP_AT, JUMP_MS = '0', KILL_AT } = process.env;
const realTime = performance.now.bind(performance);
const realSetTimeout = globalThis.setTimeout;
const wallStart = Date.now();
const timeStart = realTime();
let factor = Number(START_CLOCK);
let hasAnswer = false;
let base = { real: timeStart, fast: 0 };
let jumped = 0;

const fastTime = () => base.fast + (realTime() - base.real) * factor;

Date.now = () => Math.round(wallStart + fastTime() + jumped);
performance.now = () => timeStart + fastTime();
globalThis.setTimeout = Object.assign(
  (callback, ms, ...args) => realSetTimeout(callback, (ms ?? 0) / factor, ...args),
  realSetTimeout,
);

/** Counts requests like the spec, and tells when it is the one. */
function matcher(spec) {
  if (spec === undefined) return () => false;
  const [, method, glob, number] = /^(\S+) (\S+)#(\d+)$/.exec(spec);
  const parts = glob.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const path = new RegExp(`^${parts.join('.*')}$`);
  let seen = 0;
  return (request) => {
    if (request.method !== method || !path.test(request.path.split('?')[0])) return false;
    seen += 1;
    return seen === Number(number);
  };
}

const isJump = matcher(JUMP_AT);
const isKill = matcher(KILL_AT);

subscribe('http.client.request.start', ({ request }) => {
  if (isJump(request)) jumped += Number(JUMP_MS);
});
subscribe('http.client.response.finish', ({ request }) => {
  if (isKill(request)) process.kill(process.pid, 'SIGKILL');
  if (hasAnswer) return;
  hasAnswer = true;
  base = { real: realTime(), fast: fastTime() };
  factor = Number(FAULT_CLOCK);
});
