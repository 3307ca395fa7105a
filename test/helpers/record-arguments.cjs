// Loaded into processes by NODE_OPTIONS: appends the arguments that each was started with to a file.
require('node:fs').appendFileSync(process.env.ARGUMENTS_FILE, `${process.argv.join(' ')}\n`);
