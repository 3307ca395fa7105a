import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { scriptEnvironment } from './environment';
import type { StepAction } from './pipeline-file/model';
import type { StepExecution } from './step-execution';
import { mergeTaskResults } from './task-result';
import { type Attempt, expandStepEnv, runForStep } from './task-step';

type ScriptAction = Extract<StepAction, { kind: 'script' }>;

/** Prepares a `script:` or `bash:` step: a file in the temp folder, run as Bash@3 does, without secrets in its environment. */
export function prepareScript(execution: StepExecution, action: ScriptAction): Attempt {
  const { job, step, log } = execution;
  const file = join(job.folders.temp, `${randomUUID()}.sh`);
  const script = job.variables.expand(action.script);
  const root = job.folders.defaultWorkingDirectory;
  const cwd = resolve(root, job.variables.expand(action.workingDirectory ?? ''));
  const env = scriptEnvironment({
    base: job.run.baseEnvironment,
    stepEnv: expandStepEnv(job, step),
    variables: job.variables,
    prependedPaths: job.prependedPaths,
    lookupId: job.lookupId,
  });
  return async () => {
    writeFileSync(file, script.replaceAll('\r\n', '\n'));
    let hasStderr = false;
    const { exitCode } = await runForStep(execution, {
      command: 'bash',
      args: ['--noprofile', '--norc', file],
      env,
      cwd,
      signalsGroup: true,
      onStderr: () => {
        hasStderr = true;
      },
    });
    if (execution.cancel.aborted) return;
    if (exitCode !== undefined && exitCode !== 0) log.error(`Bash exited with code '${exitCode}'.`);
    else if (action.failOnStderr && hasStderr)
      log.error('Bash wrote to the standard error stream.');
    else return;
    execution.result = mergeTaskResults(execution.result, 'Failed');
  };
}
