// Preloaded into a task's process (NODE_OPTIONS=--require): an hour of waiting in seconds, and the same requests each time.
// Its time stands still while it works or waits for an answer. When it does neither, time jumps to the next timer.
// After JUMP_END_MS on this clock, counted from the first answer, it posts to JUMP_END_URL before time goes on; at its end it
// writes to JUMP_FILE how long after that it ended, in milliseconds on this clock.
const { subscribe } = require('node:diagnostics_channel');
const { writeFileSync } = require('node:fs');
const { request } = require('node:http');

const { JUMP_END_MS = '0', JUMP_END_URL = '', JUMP_FILE = '' } = process.env;
/** Real time without anything to do until time jumps: this many looks, this many milliseconds apart. */
const quietLooks = 3;
const lookEveryMs = 1;
const longestTimer = 2 ** 31 - 1;

const realSetTimeout = globalThis.setTimeout;
const realClearTimeout = globalThis.clearTimeout;
const wallStart = Date.now();
const timeStart = performance.now();
const timers = new Map();
let passed = 0;
let answers = 0;
let underWay = 0;
let quiet = 0;
let endedAt;

Date.now = () => wallStart + passed;
performance.now = () => timeStart + passed;

/** The handle is a real timer that keeps the process alive and never fires. */
function setTimer(callback, ms = 1, ...args) {
  quiet = 0;
  const handle = realSetTimeout(() => {}, longestTimer);
  timers.set(handle, { at: passed + Math.max(1, ms), run: () => callback(...args) });
  return handle;
}
globalThis.setTimeout = Object.assign(setTimer, realSetTimeout);
globalThis.clearTimeout = (handle) => {
  timers.delete(handle);
  realClearTimeout(handle);
};

subscribe('http.client.request.start', ({ request: sent }) => {
  underWay += 1;
  quiet = 0;
  sent.once('close', () => {
    underWay -= 1;
    quiet = 0;
    answers += 1;
    if (answers === 1) setTimer(endRun, Number(JUMP_END_MS)).unref();
  });
});

function endRun() {
  endedAt = passed;
  request(JUMP_END_URL, { method: 'POST' }, (answer) => answer.resume()).end();
}

function look() {
  quiet += 1;
  if (underWay > 0 || answers === 0 || quiet < quietLooks || timers.size === 0) return;
  quiet = 0;
  const [[handle, timer]] = [...timers].sort(([, a], [, b]) => a.at - b.at);
  timers.delete(handle);
  realClearTimeout(handle);
  passed = Math.max(passed, timer.at);
  timer.run();
}
setInterval(look, lookEveryMs).unref();

process.on('exit', () => writeFileSync(JUMP_FILE, String(passed - endedAt)));
