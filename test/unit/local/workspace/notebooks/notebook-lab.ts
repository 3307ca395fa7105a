import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import {
  executeNotebook,
  type NotebookExecution,
  type NotebookOutcome,
} from '../../../../../local/workspace/notebooks/execute-notebook';
import { PYTHON } from './interpreter';

/** The end of a run in a test, with everything it printed. */
export type LabResult = NotebookOutcome & { readonly output: string };

/** A workspace on disk for one test file. */
export class NotebookLab {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'notebook-lab-')));
  readonly treeDir = join(this.dir, 'tree');
  readonly dbfsDir = join(this.dir, 'dbfs');
  readonly secretsFile = join(this.dir, 'secrets.json');
  readonly taskValuesFile = join(this.dir, 'task-values.json');

  /** Writes a file of the tree as is. */
  file(path: string, content: string): void {
    const file = join(this.treeDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** Writes a Python notebook of these cells. */
  notebook(path: string, ...cells: readonly string[]): void {
    const body = cells.join('\n\n# COMMAND ----------\n\n');
    this.file(path, `# Databricks notebook source\n${body}\n`);
  }

  /** Runs a notebook of the tree. */
  run(path: string, changes: Partial<NotebookExecution> = {}): Promise<LabResult> {
    return this.runWithDefaultPython(path, { python: PYTHON, ...changes });
  }

  /** Runs a notebook with the interpreter that executeNotebook picks. */
  async runWithDefaultPython(
    path: string,
    changes: Partial<NotebookExecution> = {},
  ): Promise<LabResult> {
    const outputFile = join(this.dir, 'output.txt');
    rmSync(outputFile, { force: true });
    const outcome = await executeNotebook({
      treeDir: this.treeDir,
      dbfsDir: this.dbfsDir,
      secretsFile: this.secretsFile,
      taskValuesFile: this.taskValuesFile,
      notebookPath: path,
      parameters: {},
      context: {
        runId: '455644833',
        jobId: '11223344',
        taskKey: 'main',
        host: 'http://127.0.0.1:8080',
        token: 'dapi-lab',
        userName: 'ada@example.test',
      },
      outputFile,
      ...changes,
    });
    return { ...outcome, output: existsSync(outputFile) ? readFileSync(outputFile, 'utf8') : '' };
  }

  /** Runs a notebook of these cells at /Shared/app/main. */
  async runCells(...cells: readonly string[]): Promise<LabResult> {
    this.notebook('/Shared/app/main', ...cells);
    return this.run('/Shared/app/main');
  }

  /** The text of a file that a notebook wrote to dbfs:/. */
  dbfs(path: string): string {
    return readFileSync(join(this.dbfsDir, path), 'utf8');
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The text of a failed run's trace without colours; fails for other outcomes. */
export function plainTrace(outcome: NotebookOutcome): string {
  if (outcome.status !== 'failed') throw new Error(`The run did not fail: ${outcome.status}`);
  return stripVTControlCharacters(outcome.errorTrace);
}
