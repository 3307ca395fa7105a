import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotebookLab, plainTrace } from './notebook-lab';

describe('executeNotebook', function () {
  this.timeout(20_000);
  let lab: NotebookLab;

  beforeEach(() => {
    lab = new NotebookLab();
  });
  afterEach(() => lab.remove());

  it('returns the exit value and runs no cell after it', async () => {
    const result = await lab.runCells(
      'print("one")',
      'def leave():\n    try:\n        dbutils.notebook.exit(42)\n    except Exception:\n        print("caught")\nleave()',
      'print("three")',
    );

    assert.deepEqual(result, { status: 'success', exitValue: '42', output: 'one\n' });
  });

  it('returns no exit value when the notebook runs to its end', async () => {
    const result = await lab.runCells('1 + 1', 'x = 5\nx;', '"text"\n', 'None');

    assert.deepEqual(result, { status: 'success', output: "2\n'text'\n" });
  });

  it('returns large exit values and any character', async () => {
    const result = await lab.runCells(
      'dbutils.notebook.exit("x" * 1_000_000 + "é\\U0001f600\\ud800\\x00\\n")',
    );

    assert.equal(result.status, 'success');
    assert.equal(
      (result as { exitValue: string }).exitValue,
      `${'x'.repeat(1_000_000)}é😀\ud800\u0000\n`,
    );
  });

  it('returns one line of error and a trace that names notebook, cell and line', async () => {
    lab.file('/Shared/app/model.py', 'def fit(rows):\n    return 1 / rows\n');
    const result = await lab.runCells('import model', 'n = 0\nmodel.fit(n)', 'print("unreached")');

    assert.equal(result.status, 'failed');
    assert.equal((result as { error: string }).error, 'ZeroDivisionError: division by zero');
    assert.equal(
      plainTrace(result),
      [
        '-'.repeat(75),
        'ZeroDivisionError                         Traceback (most recent call last)',
        'File /Workspace/Shared/app/main (cell 2), line 2',
        '      1 n = 0',
        '----> 2 model.fit(n)',
        '',
        'File /Workspace/Shared/app/model.py:2, in fit',
        '      1 def fit(rows):',
        '----> 2     return 1 / rows',
        '',
        'ZeroDivisionError: division by zero',
      ].join('\n'),
    );
    assert.equal(result.output, '');
    assert.deepEqual(readdirSync(join(lab.treeDir, 'Shared/app')).sort(), ['main', 'model.py']);
  });

  it('runs in the folder of the notebook with a minimal environment', async () => {
    process.env['SECRET_LAB'] = 'leak';
    const result = await lab.runCells(
      'import json, os, sys\ndbutils.notebook.exit(json.dumps([os.getcwd(), sys.path[0], sorted(os.environ), __name__]))',
    );
    delete process.env['SECRET_LAB'];

    const [cwd, path, names, name] = JSON.parse((result as { exitValue: string }).exitValue);
    assert.equal(cwd, join(lab.treeDir, 'Shared/app'));
    assert.equal(path, cwd);
    assert.equal(name, '__main__');
    assert.ok(names.includes('DATABRICKS_RUNTIME_VERSION'));
    assert.ok(!names.includes('SECRET_LAB'));
  });

  it('leaves nothing of its own behind', async () => {
    const temporary = join(lab.dir, 'temporary');
    mkdirSync(temporary);
    const ours = process.env['TMPDIR'];
    process.env['TMPDIR'] = temporary;
    await lab.runCells('1').finally(() => {
      if (ours === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = ours;
    });

    assert.deepEqual(readdirSync(temporary), []);
  });

  it('reports an interpreter that does not exist', async () => {
    lab.notebook('/a', '1');

    assert.deepEqual(await lab.run('/a', { python: '/no/python' }), {
      status: 'failed',
      error:
        'The local workspace runs notebooks with Python 3.8 or newer, and there is none at "/no/python". Install it, then run the notebook again.',
      errorTrace:
        'The local workspace runs notebooks with Python 3.8 or newer, and there is none at "/no/python". Install it, then run the notebook again.',
      output: '',
    });
  });

  it('uses the Python of the machine', async () => {
    lab.notebook('/a', 'dbutils.notebook.exit("ran")');

    const result = await lab.runWithDefaultPython('/Workspace/a');

    assert.deepEqual(result, { status: 'success', exitValue: 'ran', output: '' });
  });

  it('reports a machine without Python', async () => {
    lab.notebook('/a', '1');
    const path = process.env['PATH'];
    process.env['PATH'] = lab.dir;
    const result = await lab.runWithDefaultPython('/a').finally(() => {
      process.env['PATH'] = path;
    });

    assert.equal(
      (result as { error: string }).error,
      'The local workspace runs notebooks with Python 3.8 or newer, and there is none on PATH (neither python3 nor python). Install it, then run the notebook again.',
    );
  });

  it('reports an interpreter that is too old, and one that is broken', async () => {
    lab.notebook('/a', '1');
    const old = join(lab.dir, 'old-python');
    const pretend =
      'import sys; sys.version_info = (3, 7, 16); sys.executable = "/usr/bin/python3"; sys.argv = sys.argv[1:]; __file__ = sys.argv[0]; exec(open(__file__).read())';
    writeFileSync(old, `#!/bin/sh\nexec python3 -c '${pretend}' "$@"\n`, { mode: 0o755 });
    const broken = join(lab.dir, 'broken-python');
    writeFileSync(broken, '#!/bin/sh\necho "pyenv: version not installed" >&2\nexit 127\n', {
      mode: 0o755,
    });

    const fromOld = await lab.run('/a', { python: old });
    const fromBroken = await lab.run('/a', { python: broken });

    assert.equal(
      (fromOld as { error: string }).error,
      'The local workspace runs notebooks with Python 3.8 or newer, but /usr/bin/python3 is Python 3.7.16.',
    );
    assert.equal(
      plainTrace(fromBroken),
      'Fatal error: The Python process of the notebook ended with exit code 127 before the notebook was done.\n\npyenv: version not installed',
    );
  });

  it('fails when the process exits or crashes', async () => {
    const exited = await lab.runCells('import os\nos._exit(3)');
    const crashed = await lab.runCells('import ctypes\nctypes.string_at(0)');

    assert.equal(
      (exited as { error: string }).error,
      'Fatal error: The Python process of the notebook ended with exit code 3 before the notebook was done.',
    );
    assert.match(plainTrace(crashed), /ended by signal SIGSEGV before the notebook was done\.\n/);
    assert.match(plainTrace(crashed), /File "\/Workspace\/Shared\/app\/main \(cell 1\)", line 2/);
    assert.ok(!plainTrace(crashed).includes('notebook_runtime'));
  });

  it('kills the notebook, its shell commands and the notebooks it runs when aborted', async () => {
    const report = (name: string): string =>
      `import os\ndbutils.fs.mkdirs("dbfs:/pids")\nopen("${lab.dbfsDir}/pids/${name}", "w").write(str(os.getpid()))`;
    lab.notebook(
      '/Shared/app/child',
      report('child'),
      `# MAGIC %sh\n# MAGIC echo $$ > ${lab.dbfsDir}/pids/shell\n# MAGIC sleep 60`,
    );
    lab.notebook('/Shared/app/main', report('main'), 'dbutils.notebook.run("./child", 0)');
    const abort = new AbortController();
    const running = lab.run('/Shared/app/main', { signal: abort.signal });
    await until(() => existsSync(join(lab.dbfsDir, 'pids/shell')) && lab.dbfs('pids/shell') !== '');

    abort.abort();
    const result = await running;

    assert.equal(result.status, 'killed');
    await until(() =>
      ['main', 'child', 'shell'].every((name) => !isAlive(lab.dbfs(`pids/${name}`))),
    );
  });

  it('is killed before it starts when the signal is aborted already', async () => {
    lab.notebook('/a', 'open("/tmp/never", "w")');

    const result = await lab.run('/a', { signal: AbortSignal.abort() });

    assert.deepEqual(result, { status: 'killed', output: '' });
  });

  it('kills what the notebook leaves running in the background', async () => {
    const result = await lab.runCells(
      'import subprocess, threading, time\nchild = subprocess.Popen(["sleep", "60"])',
      'threading.Thread(target=lambda: time.sleep(60)).start()',
      'dbutils.notebook.exit(str(child.pid))',
    );

    const { exitValue } = result as { exitValue: string };
    await until(() => !isAlive(exitValue));
    assert.match(exitValue, /^\d+$/);
  });

  it('cuts the output file at 10 MB', async () => {
    const result = await lab.runCells('line = "x" * 99_999\nfor _ in range(120):\n    print(line)');

    const note = '\n[output cut after 10485760 bytes]\n';
    assert.equal(result.status, 'success');
    assert.equal(result.output.length, 10 * 1024 * 1024 + note.length);
    assert.ok(result.output.endsWith(note));
  });

  it('rejects when the output file cannot be written, without leaving the notebook blocked', async () => {
    lab.notebook('/a', 'print("x" * 1_000_000)');

    await assert.rejects(lab.run('/a', { outputFile: join(lab.dir, 'no/folder/out.txt') }), {
      code: 'ENOENT',
    });
  });
});

/** Waits for a state of other processes. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Whether a process runs; one that is dead but not yet collected by its parent does not. */
function isAlive(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
