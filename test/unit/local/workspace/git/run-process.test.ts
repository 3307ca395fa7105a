import assert from 'node:assert/strict';
import { KeyQueue } from '../../../../../local/workspace/git/key-queue';
import { runProcess } from '../../../../../local/workspace/git/run-process';

const OPTIONS = { env: {}, timeoutMs: 10_000 };

describe('runProcess', function () {
  this.timeout(10_000);

  it('gives exit code and output, and passes arguments and input as they are', async () => {
    const script =
      'process.stdin.pipe(process.stdout); console.error(process.argv[1]); process.exitCode = 3';
    const result = await runProcess(process.execPath, ['-e', script, '$(x) "y"'], {
      ...OPTIONS,
      input: 'in',
    });

    assert.deepEqual(result, { code: 3, stdout: 'in', stderr: '$(x) "y"\n', hasTimedOut: false });
  });

  it('tells that a program does not exist', async () => {
    const { code, stderr } = await runProcess('/none/git', [], OPTIONS);

    assert.deepEqual([code, stderr], [undefined, 'spawn /none/git ENOENT']);
  });

  it('stops a program after its time', async () => {
    const script = 'setInterval(() => {}, 1000)';
    const result = await runProcess(process.execPath, ['-e', script], {
      ...OPTIONS,
      timeoutMs: 50,
    });

    assert.deepEqual([result.code, result.hasTimedOut], [undefined, true]);
  });

  it('stops a program when it is told to', async () => {
    const script = 'setInterval(() => {}, 1000)';
    const signal = AbortSignal.abort();
    const result = await runProcess(process.execPath, ['-e', script], { ...OPTIONS, signal });

    assert.deepEqual([result.code, result.hasTimedOut], [undefined, false]);
  });
});

describe('KeyQueue', () => {
  it('runs actions of one key in order, also after one that failed, and others beside them', async () => {
    const queue = new KeyQueue();
    const seen: string[] = [];
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });

    const first = queue.run('a', async () => {
      await gate;
      throw new Error('first');
    });
    const second = queue.run('a', async () => void seen.push('second'));
    await queue.run('b', async () => void seen.push('other'));
    open();

    await assert.rejects(first, { message: 'first' });
    await queue.settle();
    await second;
    assert.deepEqual(seen, ['other', 'second']);
  });
});
