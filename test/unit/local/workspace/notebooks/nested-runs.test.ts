import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PYTHON } from './interpreter';
import { NotebookLab, plainTrace } from './notebook-lab';

const BOOTSTRAP = join(
  __dirname,
  '../../../../../local/workspace/notebooks/python/run_notebook.py',
);

describe('notebooks that use notebooks', function () {
  this.timeout(20_000);
  let lab: NotebookLab;

  beforeEach(() => {
    lab = new NotebookLab();
    lab.notebook(
      '/Shared/app/sub/echo',
      'import os\nprint("in", os.path.basename(os.getcwd()))',
      'dbutils.notebook.exit("got " + dbutils.widgets.get("x"))',
    );
    lab.notebook('/Shared/app/sub/fail', 'def f():\n    raise KeyError("amount")\nf()');
  });
  afterEach(() => lab.remove());

  it('run others as processes of their own, also at the same time', async () => {
    const result = await lab.runCells(
      'run = dbutils.notebook.run\nx = "mine"',
      'print(run("./sub/echo", 30, {"x": "1"}), run("/Workspace/Shared/app/sub/echo", 0, {"x": "é"}))',
      'from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(3) as pool:\n    print(list(pool.map(lambda n: run("sub/echo", 30, {"x": str(n)}), range(3))))',
      'dbutils.notebook.exit(x)',
    );

    assert.deepEqual(result, {
      status: 'success',
      exitValue: 'mine',
      output: "in sub\nin sub\ngot 1 got é\nin sub\nin sub\nin sub\n['got 0', 'got 1', 'got 2']\n",
    });
  });

  it('get an exception for what fails, does not end in time or is misused', async () => {
    lab.notebook('/Shared/app/slow', '# MAGIC %sh sleep 60');
    lab.notebook('/Shared/app/crash', 'import os\nos._exit(7)');
    const result = await lab.runCells(
      'def attempt(*arguments):\n    try:\n        print("returned", repr(dbutils.notebook.run(*arguments)))\n    except Exception as error:\n        print(type(error).__name__ + ":", error)',
      'attempt("./slow", 0.3)\nattempt("./crash", 5)\nattempt("./sub/echo", 5, {"x": 5})\nattempt("./sub/echo", 5)',
      'dbutils.notebook.run("sub/fail", 5)',
    );

    assert.deepEqual(result.output.split('\n'), [
      'WorkflowException: TIMEDOUT: /Shared/app/slow did not end within 0.3 seconds',
      'WorkflowException: FAILED: /Shared/app/crash: its process ended with code 7',
      "TypeError: Arguments of dbutils.notebook.run have to be strings: 'x': 5",
      'in sub',
      'WorkflowException: FAILED: /Shared/app/sub/echo: InputWidgetNotDefined: No input widget named x is defined',
      '',
    ]);
    assert.equal(
      (result as { error: string }).error,
      "WorkflowException: FAILED: /Shared/app/sub/fail: KeyError: 'amount'",
    );
    assert.match(
      plainTrace(result),
      /sub\/fail \(cell 1\), line 2, in f\n[\s\S]*direct cause of the following exception:[\s\S]*\/main \(cell 3\), line 1\n/,
    );
  });

  it('cannot run themselves for ever', async () => {
    lab.notebook('/Shared/app/sub/loop', 'dbutils.notebook.run("./loop", 0)');

    const result = await lab.run('/Shared/app/sub/loop');

    assert.match(
      (result as { error: string }).error,
      /^WorkflowException: FAILED: .*Notebooks cannot run each other more than 20 deep$/,
    );
  });

  it('include others with %run, with their definitions and their own relative paths', async () => {
    lab.notebook(
      '/Shared/app/lib/all',
      '# MAGIC %run ./math',
      '# MAGIC %run ../names',
      'third = True',
    );
    lab.notebook('/Shared/app/lib/math', 'def double(n):\n    return 2 * n');
    lab.notebook(
      '/Shared/app/names',
      'dbutils.widgets.text("env", "dev")\nname = "n-" + dbutils.widgets.get("env")',
    );

    const result = await lab.runCells(
      '# MAGIC %run /Shared/app/lib/all $env="prod"',
      'print(double(21), name, third)',
      '# MAGIC %run ./sub/fail',
    );

    assert.equal(result.output, '42 n-prod True\n');
    assert.match(
      plainTrace(result),
      /File \/Workspace\/Shared\/app\/main \(cell 3\), line 1\n----> 1 %run \.\/sub\/fail\n\nFile \/Workspace\/Shared\/app\/sub\/fail \(cell 1\), line 3\n/,
    );
  });

  it('end the whole run when an included notebook exits', async () => {
    const result = await lab.runCells(
      'dbutils.widgets.text("x", "end")',
      '# MAGIC %run ./sub/echo',
      'print("unreached")',
    );

    assert.deepEqual(result, { status: 'success', exitValue: 'got end', output: 'in app\n' });
  });

  it('are refused when they include themselves or share the cell of %run', async () => {
    lab.notebook('/Shared/app/a', '# MAGIC %run ./b');
    lab.notebook('/Shared/app/b', '# MAGIC %run ./a');

    const cycle = await lab.run('/Shared/app/a');
    const shared = await lab.runCells('# MAGIC %run ./a\n# MAGIC print(1)');
    const inside = await lab.runCells('x = 1\n# MAGIC %run ./a');

    assert.equal(
      (cycle as { error: string }).error,
      'RunCycle: %run goes in a circle: /Shared/app/a -> /Shared/app/b -> /Shared/app/a',
    );
    const alone = 'UnsupportedMagic: %run has to be the only command of its cell.';
    assert.equal((shared as { error: string }).error, alone);
    assert.equal((inside as { error: string }).error, alone);
  });

  it('end when the process that started them is gone', async () => {
    lab.notebook('/a', 'print("started")\nimport time\ntime.sleep(60)');
    const workDir = join(lab.dir, 'work');
    mkdirSync(join(workDir, 'groups'), { recursive: true });
    const child = spawn(PYTHON, [BOOTSTRAP, workDir], { detached: true });
    const context = { runId: '', jobId: '', taskKey: '', host: '', token: '', userName: '' };
    child.stdin.write(
      `${JSON.stringify({ ...lab, groupsDir: join(workDir, 'groups'), notebookPath: '/a', parameters: {}, context })}\n`,
    );
    await once(child.stdout, 'data');

    child.stdin.destroy();
    const [, signal] = await once(child, 'exit');

    assert.equal(signal, 'SIGKILL');
  });
});
