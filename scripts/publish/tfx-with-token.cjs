// Runs tfx with the token of its environment: arguments of a process can be seen by others on the machine.
process.argv.push('--token', process.env.AZURE_DEVOPS_EXT_PAT ?? '');
delete process.env.AZURE_DEVOPS_EXT_PAT;
require('tfx-cli/_build/tfx-cli.js');
