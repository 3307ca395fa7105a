// Preloaded into the processes of steps (NODE_OPTIONS=--require): keeps what they print, unmasked, and copies of the
// files that they leave in Agent.TempDirectory, in a folder of its own per process below TAP_FOLDER.
const { appendFileSync, cpSync, existsSync, mkdtempSync } = require('node:fs');
const { join } = require('node:path');

const { TAP_FOLDER = '', AGENT_TEMPDIRECTORY = '' } = process.env;
const folder = mkdtempSync(join(TAP_FOLDER, 'process-'));

for (const name of ['stdout', 'stderr']) {
  const stream = process[name];
  const write = stream.write;
  stream.write = (chunk, ...rest) => {
    appendFileSync(join(folder, name), chunk);
    return write.call(stream, chunk, ...rest);
  };
}

process.on('exit', () => {
  if (!existsSync(AGENT_TEMPDIRECTORY)) return;
  cpSync(AGENT_TEMPDIRECTORY, join(folder, 'files'), { recursive: true });
});
