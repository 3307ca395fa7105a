// Preloaded into a task's process (NODE_OPTIONS=--require): its clock runs FAST_CLOCK times as fast, 20 by default.
const factor = Number(process.env.FAST_CLOCK ?? 20);
const realNow = Date.now;
const start = realNow();
const realTime = performance.now.bind(performance);
const timeStart = realTime();
const realSetTimeout = globalThis.setTimeout;

Date.now = () => Math.round(start + (realNow() - start) * factor);
performance.now = () => timeStart + (realTime() - timeStart) * factor;
globalThis.setTimeout = Object.assign(
  (callback, ms, ...args) => realSetTimeout(callback, (ms ?? 0) / factor, ...args),
  realSetTimeout,
);
