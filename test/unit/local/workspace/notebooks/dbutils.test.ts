import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { NotebookLab, plainTrace } from './notebook-lab';

/** A cell that prints each expression's value, or the error it raises. */
function printEach(...expressions: readonly string[]): string {
  return [
    `for expression in ${JSON.stringify(expressions)}:`,
    '    try:',
    '        print(eval(expression))',
    '    except Exception as error:',
    '        print(type(error).__name__ + ":", error)',
  ].join('\n');
}

describe('dbutils', function () {
  this.timeout(20_000);
  let lab: NotebookLab;

  beforeEach(() => {
    lab = new NotebookLab();
  });
  afterEach(() => lab.remove());

  it('gives widgets their defaults and parameters their values', async () => {
    lab.notebook(
      '/w',
      'w = dbutils.widgets\nw.text("env", "dev", "Environment")\nw.text("empty")\nw.dropdown("size", "s", ["s", "m"])\nw.combobox("free", "z", ["a"])\nw.multiselect("many", "a", ["a", "b"])',
      printEach(
        'w.get("env"), w.get("empty"), w.get("size"), w.get("free"), w.get("many")',
        'w.get("undeclared"), w.getArgument("nope", "other"), getArgument("env")',
        'w.getAll()',
        'w.get("nope")',
        'w.getArgument("nope")',
        'w.dropdown("x", "q", ["a", "b"])',
        'w.multiselect("x", "q", ["a"])',
        'w.text("x", 5)',
        'w.dropdown("x", "a", "abc")',
        'w.remove("empty")',
        'w.get("empty")',
        'w.remove("empty")',
        'w.removeAll()',
        'w.get("size")',
        'w.get("env")',
      ),
    );

    const { output } = await lab.run('/w', { parameters: { env: 'prod', undeclared: '007' } });

    assert.deepEqual(output.split('\n'), [
      "('prod', '', 's', 'z', 'a')",
      "('007', 'other', 'prod')",
      "{'env': 'prod', 'empty': '', 'size': 's', 'free': 'z', 'many': 'a', 'undeclared': '007'}",
      'InputWidgetNotDefined: No input widget named nope is defined',
      'InputWidgetNotDefined: No input widget named nope is defined',
      'IllegalArgumentException: requirement failed: The default value (q) of widget x must be one of its choices: a, b',
      'IllegalArgumentException: requirement failed: The default value (q) of widget x must be one of its choices: a',
      'TypeError: The default value of a widget has to be a string, not int: 5',
      "TypeError: The choices of widget x have to be a list of strings: 'abc'",
      'None',
      'InputWidgetNotDefined: No input widget named empty is defined',
      'InputWidgetNotDefined: No input widget named empty is defined',
      'None',
      'InputWidgetNotDefined: No input widget named size is defined',
      'prod',
      '',
    ]);
  });

  it('reads secrets and redacts them in output and errors', async () => {
    writeFileSync(
      lab.secretsFile,
      JSON.stringify({ prod: { token: 's3cret', long: 's3cret-long' } }),
    );

    const result = await lab.runCells(
      printEach(
        'dbutils.secrets.get("prod", "token") + "!"',
        'dbutils.secrets.getBytes("prod", "long")',
        '[m.key for m in dbutils.secrets.list("prod")]',
        '[s.name for s in dbutils.secrets.listScopes()], dbutils.secrets.listScopes()[0].getName()',
        'dbutils.secrets.get("prod", "nope")',
        'dbutils.secrets.get("nope", "nope")',
      ),
      '# MAGIC %sh echo from shell: s3cret',
      'raise ValueError("bad token s3cret")',
    );

    assert.deepEqual(result.output.split('\n'), [
      '[REDACTED]!',
      "b'[REDACTED]'",
      "['long', 'token']",
      "(['prod'], 'prod')",
      'IllegalArgumentException: Secret does not exist with scope: prod and key: nope',
      'IllegalArgumentException: Secret scope does not exist: nope',
      'from shell: [REDACTED]',
      '',
    ]);
    assert.equal((result as { error: string }).error, 'ValueError: bad token [REDACTED]');
    assert.ok(!plainTrace(result).includes('raise ValueError("bad token s3cret'));
  });

  it('hands task values on through the shared file', async () => {
    writeFileSync(lab.taskValuesFile, JSON.stringify({ ingest: { rows: 5, none: null } }));

    const { output } = await lab.runCells(
      'values = dbutils.jobs.taskValues',
      printEach(
        'values.get("ingest", "rows"), values.get(taskKey="ingest", key="none")',
        'values.get("ingest", "nope", default=0), values.get("x", "y", default="d", debugValue="g")',
        'values.get("ingest", "nope", debugValue=1)',
        'values.set("auc", 0.5), values.set(key="parts", value=["a"])',
        'values.get("main", "auc")',
        'values.set("big", "x" * 50_000)',
        'values.set("object", object())',
      ),
    );

    assert.deepEqual(output.split('\n'), [
      '(5, None)',
      "(0, 'd')",
      'ValueError: No task value was found with task key ingest and key nope. Set it in that task with dbutils.jobs.taskValues.set, or give a default.',
      '(None, None)',
      '0.5',
      'ValueError: The task value big has 50002 bytes of JSON, the limit is 49152',
      'TypeError: Object of type object is not JSON serializable',
      '',
    ]);
    assert.deepEqual(JSON.parse(readFileSync(lab.taskValuesFile, 'utf8')), {
      ingest: { rows: 5, none: null },
      main: { auc: 0.5, parts: ['a'] },
    });
  });

  it('works with files of dbfs:/, file:/ and the workspace', async () => {
    lab.file('/Shared/data.csv', 'a,b\n');
    const local = `file:${lab.dir}/local.txt`;

    const { output } = await lab.runCells(
      'fs = dbutils.fs\nnames = lambda path: [(f.path, f.size, f.isDir(), f.isFile()) for f in fs.ls(path)]',
      printEach(
        'fs.put("/in/a.txt", "héllo")',
        'fs.put("dbfs:/in/a.txt", "again")',
        'fs.put("dbfs:/in/a.txt", "again", True)',
        'fs.head("dbfs:/in/a.txt"), fs.head("in/a.txt", 3)',
        `fs.cp("/in/a.txt", "${local}"), fs.head("${local}")`,
        'fs.mkdirs("/in/deep/er"), fs.cp("/in/a.txt", "/in/deep")',
        'fs.cp("/in", "/out")',
        'fs.cp("/in", "/out", recurse=True), fs.mv("/out/a.txt", "/out/b.txt")',
        'names("/"), names("/out"), names("dbfs:/out/b.txt")',
        'fs.rm("/out", True), fs.rm("/out"), fs.rm("/in/deep/er"), fs.rm("/in/a.txt")',
        'fs.ls("/out")',
        'fs.head("file:/Workspace/Shared/data.csv"), fs.head("/Workspace/Shared/data.csv")',
        'fs.head("file:/dbfs/in/deep/a.txt"), fs.head("dbfs:/../../../in/deep/a.txt")',
        'fs.ls("abfss://c@a.dfs.core.windows.net/")',
        'fs.mount("a", "b")',
        'dbutils.data',
      ),
      '# MAGIC %fs head dbfs:/in/deep/a.txt',
      '# MAGIC %fs ls /in',
      '# MAGIC %fs rm -r /in',
      '# MAGIC %fs',
    );

    assert.deepEqual(output.replace(/modificationTime=\d+/, 'modificationTime=0').split('\n'), [
      'Wrote 6 bytes.',
      'True',
      'FileAlreadyExistsException: dbfs:/in/a.txt already exists',
      'Wrote 5 bytes.',
      'True',
      '[Truncated to first 3 bytes]',
      "('again', 'aga')",
      "(True, 'again')",
      '(True, True)',
      'IsADirectoryError: Cannot copy the folder /in without recurse=True',
      '(True, True)',
      "([('dbfs:/in/', 0, True, False), ('dbfs:/out/', 0, True, False), ('dbfs:/tmp/', 0, True, False)], [('dbfs:/out/b.txt', 5, False, True), ('dbfs:/out/deep/', 0, True, False)], [('dbfs:/out/b.txt', 5, False, True)])",
      '(True, False, True, True)',
      'FileNotFoundException: No such file or directory: dbfs:/out',
      "('a,b\\n', 'a,b\\n')",
      "('again', 'again')",
      'ValueError: The local workspace reads dbfs:/ and file:/ paths only: abfss://c@a.dfs.core.windows.net/',
      'AttributeError: dbutils.fs.mount is not available in the local workspace',
      'AttributeError: dbutils.data is not available in the local workspace',
      'again',
      "FileInfo(path='dbfs:/in/deep/', name='deep/', size=0, modificationTime=0)",
      'True',
      '',
    ]);
  });

  it('tells the notebook who it is', async () => {
    const { output } = await lab.runCells(
      'context = dbutils.notebook.entry_point.getDbutils().notebook().getContext()',
      printEach(
        'context.currentRunId().get().id(), str(context.currentRunId())',
        'context.notebookPath().get(), context.apiUrl().get(), context.apiToken().getOrElse(None)',
        'context.userName().get(), context.browserHostName().get(), context.jobId().get()',
        'context.tags().apply("jobId"), context.tags().get("taskKey").get(), context.tags().contains("x")',
        'context.tags().get("x").isEmpty(), context.tags().get("user").isDefined()',
        'context.tags().get("x").get()',
        'context.tags().get("x").getOrElse(lambda: "else"), str(context.tags().get("x"))',
        'dbutils.notebook.getContext() is context',
      ),
      'import json\nfull = json.loads(context.toJson())\nprint(full["currentRunId"], full["extraContext"], full["tags"]["jobId"], "dapi" in context.safeToJson())',
    );

    assert.deepEqual(output.split('\n'), [
      "(455644833, 'Some(RunId(455644833))')",
      "('/Shared/app/main', 'http://127.0.0.1:8080', 'dapi-lab')",
      "('ada@example.test', '127.0.0.1:8080', '11223344')",
      "('11223344', 'main', False)",
      '(True, True)',
      'LookupError: java.util.NoSuchElementException: None.get',
      "('else', 'None')",
      'True',
      "{'id': 455644833} {'notebook_path': '/Shared/app/main', 'api_url': 'http://127.0.0.1:8080', 'api_token': 'dapi-lab'} 11223344 False",
      '',
    ]);
  });
});
