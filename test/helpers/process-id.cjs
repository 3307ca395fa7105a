// Preloaded into a task's process (NODE_OPTIONS=--require): writes its process id into the folder PROCESS_IDS, into a file
// with the name of its script, so that a test can signal it.
const { writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');

const { PROCESS_IDS = '' } = process.env;
const script = basename(process.argv[1] ?? '');
if (PROCESS_IDS !== '' && script !== '') writeFileSync(join(PROCESS_IDS, script), `${process.pid}`);
