import assert from 'node:assert/strict';
import { NotebookLab, plainTrace } from './notebook-lab';

function errorOf(result: object): string | undefined {
  return (result as { error?: string }).error;
}

describe('execution of cells', function () {
  this.timeout(20_000);
  let lab: NotebookLab;

  beforeEach(() => {
    lab = new NotebookLab();
  });
  afterEach(() => lab.remove());

  it('shares one namespace that pickling, processes, threads and await can use', async () => {
    const result = await lab.runCells(
      'from __future__ import annotations\nimport asyncio, inspect, multiprocessing, pickle, threading\nclass Point:\n    def __init__(self, x): self.x = x\ndef square(n): return n * n',
      'pickle.loads(pickle.dumps(Point(4))).x',
      'def annotated(x: Undefined): pass\nannotated.__annotations__',
      'inspect.getsource(square)',
      'async def later(n):\n    await asyncio.sleep(0)\n    return n\nawait asyncio.gather(later(1), later(2))',
      'task = asyncio.get_event_loop().create_task(later(3))\nawait task',
      'with multiprocessing.get_context("fork").Pool(2) as pool:\n    print(pool.map(square, [1, 2, 3]))',
      'display([1, 2])\ndisplayHTML("<b>x</b>")\nspark',
      'import os\nchild = os.fork()\nif child: os.waitpid(child, 0)',
      'dbutils.notebook.exit("parent" if child else "child")',
    );

    assert.deepEqual(result.output.split('\n'), [
      '4',
      "{'x': 'Undefined'}",
      "'def square(n): return n * n\\n'",
      '[1, 2]',
      '3',
      '[1, 4, 9]',
      '[1, 2]',
      '<b>x</b>',
      '<spark, created when it is first used>',
      '',
    ]);
    assert.equal((result as { exitValue: string }).exitValue, 'parent');
  });

  it('runs the magic commands of Python notebooks', async () => {
    const result = await lab.runCells(
      '# MAGIC %md\n# MAGIC # Not run',
      '# MAGIC %sh\n# MAGIC echo one; false\n# MAGIC echo two >&2',
      '# MAGIC %python print("three")\n# MAGIC print("four")',
      '# MAGIC %pip install pandas',
      'if True:\n    !echo five\n    %pip install x\n%matplotlib inline',
      '# MAGIC %restart_python',
      '# MAGIC %sh sleep 60 &',
      '# MAGIC %sh -e\n# MAGIC false\n# MAGIC echo unreached',
    );

    assert.deepEqual(result.output.split('\n'), [
      'one',
      'two',
      'three',
      'four',
      'Note: skipped in the local workspace, which uses the libraries of this machine: install pandas',
      'five',
      'Note: skipped in the local workspace, which uses the libraries of this machine: install x',
      'Note: Python is not restarted in the local workspace.',
      '',
    ]);
    assert.equal(
      errorOf(result),
      "CalledProcessError: Command 'b'false\\necho unreached'' returned non-zero exit status 1.",
    );
  });

  it('fails for commands and languages that need a real cluster', async () => {
    lab.notebook(
      '/m',
      ...['scala', 'r', 'foo'].map(
        (name) =>
          `try:\n    get_ipython().run_line_magic("${name}", "")\nexcept Exception as error:\n    print(error)`,
      ),
      'try:\n    sc.parallelize([1])\nexcept Exception as error:\n    print(error)',
      '# MAGIC %sql\n# MAGIC SELECT 1',
    );

    const result = await lab.run('/m');

    const noSpark =
      "The local workspace has no Spark (No module named 'pyspark'). Install it with `pip install pyspark` and a Java runtime, or run this notebook on a real workspace.";
    assert.deepEqual(result.output.split('\n'), [
      'The local workspace runs Python, and this cell is Scala.',
      'The local workspace runs Python, and this cell is R.',
      'The local workspace does not know the magic command %foo.',
      noSpark,
      '',
    ]);
    assert.equal(errorOf(result), `SparkNotAvailable: ${noSpark}`);
  });

  it('uses the Spark of the machine once it is touched', async () => {
    lab.file('/s/pyspark/__init__.py', '');
    lab.file(
      '/s/pyspark/sql.py',
      [
        'class Frame:',
        '    def __init__(self, text): self.text = text',
        '    def show(self): print("show", self.text)',
        'class SparkSession:',
        '    sparkContext = "the context"',
        '    def __getattr__(self, name): return lambda *arguments: self',
        '    def sql(self, text): return Frame(text)',
        '    def table(self, name): return Frame(name)',
        'SparkSession.builder = SparkSession()',
      ].join('\n'),
    );
    lab.notebook(
      '/s/main',
      '# MAGIC %sql\n# MAGIC SELECT 1;\n# MAGIC SELECT 2',
      'display(_sqldf)\ntype(spark).__name__',
      'sql("SELECT 3").show()\ntable("t").show()\nsqlContext.sql("SELECT 4").text',
    );

    const result = await lab.run('/s/main');

    assert.deepEqual(result.output.split('\n'), [
      'show SELECT 2',
      'show SELECT 2',
      "'SparkSession'",
      'show SELECT 3',
      'show t',
      "'SELECT 4'",
      '',
    ]);
  });

  it('names cell and line of syntax errors, in modules too', async () => {
    lab.file('/Shared/app/broken.py', 'x = 1\ndef f(:\n');
    const cell = await lab.runCells('print(1)', '\n\nx = 1\ny = = 2\n');
    const indentation = await lab.runCells('def f():\nreturn 1');
    const module = await lab.runCells('import broken');

    assert.equal(errorOf(cell), 'SyntaxError: invalid syntax (main (cell 2), line 2)');
    assert.equal(cell.output, '1\n');
    assert.match(
      plainTrace(cell),
      /\n {2}File \/Workspace\/Shared\/app\/main \(cell 2\), line 2\n {4}y = = 2\n {8}\^\nSyntaxError: invalid syntax$/,
    );
    assert.match(errorOf(indentation) ?? '', /^IndentationError: .*\(main \(cell 1\), line 2\)$/);
    assert.match(
      plainTrace(module),
      /main \(cell 1\), line 1\n----> 1 import broken\n\n {2}File \/Workspace\/Shared\/app\/broken\.py, line 2\n/,
    );
  });

  it('shows chains of exceptions, deep recursion and groups in bounded traces', async () => {
    const chain = await lab.runCells(
      'def read(row):\n    try:\n        return row["amount"]\n    except KeyError as error:\n        raise ValueError("no amount\\nin row") from error',
      'read({})',
    );
    const recursion = await lab.runCells('def f(n):\n    return f(n + 1)\nf(0)');
    const huge = await lab.runCells('raise ValueError("x" * 5_000_000)');

    assert.equal(errorOf(chain), 'ValueError: no amount');
    assert.match(
      plainTrace(chain),
      /KeyError: 'amount'\n\nThe above exception was the direct cause of the following exception:\n\n-+\nValueError .*\nFile \/Workspace\/Shared\/app\/main \(cell 2\), line 1\n[\s\S]*ValueError: no amount\nin row$/,
    );
    assert.ok(
      (chain as { errorTrace: string }).errorTrace.includes('\u001b[0;31mValueError\u001b[0m'),
    );
    assert.match(
      plainTrace(recursion),
      /\[\.\.\. skipping similar frames: f at line 2 \(\d+ times\)\]/,
    );
    assert.equal(errorOf(huge)?.length, 10_000);
    assert.ok(plainTrace(huge).length < 1_001_000);
  });

  it('reports whatever a notebook ends with', async () => {
    const cases: readonly [cell: string, error: string][] = [
      ['import sys\nsys.exit(0)', 'SystemExit: 0'],
      ['exit()', 'SystemExit: None'],
      ['raise KeyboardInterrupt', 'KeyboardInterrupt: '],
      ['assert False', 'AssertionError: '],
      ['input()', 'EOFError: EOF when reading a line'],
      [
        'class E(Exception):\n    def __str__(self): raise ValueError()\nraise E()',
        'E: <exception str() failed>',
      ],
      ['import sys\nsys.stdout.close()\nprint(1)', 'ValueError: I/O operation on closed file.'],
      [
        'import json, os, builtins\nbuiltins.open = json.dumps = os.replace = None\nraise ValueError("mocked")',
        'ValueError: mocked',
      ],
      ['print("\\ud800")\nraise ValueError("\\ud800")', 'ValueError: \ud800'],
    ];
    const seen: (string | undefined)[] = [];
    for (const [cell] of cases) seen.push(errorOf(await lab.runCells(cell)));

    assert.deepEqual(
      seen,
      cases.map(([, error]) => error),
    );
  });

  it('says that sys.exit is a failure', async () => {
    const result = await lab.runCells('import sys\nsys.exit(0)');

    assert.match(
      plainTrace(result),
      /SystemExit: 0\nA notebook that ends with sys\.exit\(\) or exit\(\) has failed, whatever the code; use dbutils\.notebook\.exit\(value\)\.$/,
    );
  });
});
