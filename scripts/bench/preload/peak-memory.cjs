// Preloaded into a measured process (NODE_OPTIONS=--require): at its end it writes the most memory that it had, in bytes,
// to PEAK_MEMORY_FILE. On Linux resourceUsage() would count the memory of the process that started it, too.
const { readFileSync, writeFileSync } = require('node:fs');

function peakBytes() {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

process.on('exit', () => writeFileSync(process.env.PEAK_MEMORY_FILE, String(peakBytes())));
