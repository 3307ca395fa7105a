// Preloaded into a task's process (NODE_OPTIONS=--require): it gets SIGTERM as soon as it listens to signals, which is before
// it does anything else.
process.on('newListener', function signal(name) {
  if (name !== 'SIGBREAK') return;
  process.removeListener('newListener', signal);
  process.kill(process.pid, 'SIGTERM');
});
