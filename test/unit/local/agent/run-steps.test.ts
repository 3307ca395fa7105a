import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inTempFolder, messages, printed, probe, run, runSteps, theJob } from './helpers';

describe('steps of a job', () => {
  it('start a task with the environment of the real agent', async () => {
    const code = `
      const e = process.env;
      const id = '11111111-2222-3333-4444-555555555555';
      console.log(JSON.stringify({
        auth: e['ENDPOINT_AUTH_' + id], url: e['ENDPOINT_URL_' + id],
        scheme: e['ENDPOINT_AUTH_SCHEME_' + id], data: e['ENDPOINT_DATA_' + id + '_ORGANIZATION'],
        input: e.INPUT_CONNECTION, flag: e.INPUT_FLAG, mode: e.INPUT_MODE, reason: e.INPUT_REASON,
        folderIsRoot: e.INPUT_FOLDER === e.SYSTEM_DEFAULTWORKINGDIRECTORY, cwd: process.cwd() === e.SYSTEM_DEFAULTWORKINGDIRECTORY,
        tf: e.TF_BUILD, system: e.ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION, job: e.SYSTEM_JOBNAME, phase: e.SYSTEM_PHASENAME,
        public: JSON.parse(e.VSTS_PUBLIC_VARIABLES).includes('my.var'), secret: e.VSTS_SECRET_VARIABLES,
        mine: e.MY_VAR, plain: e.TOKEN, secretLength: e.SECRET_TOKEN.length, title: e.TASK_DISPLAYNAME,
        extra: e.EXTRA, caller: e.CALLER_ONLY, status: e['agent.jobstatus'], other: Object.keys(e).filter((n) => /GITHUB|g.example/.test(n)),
      }));`;
    process.env['CALLER_ONLY'] = 'x';

    const [step] = await runSteps(
      `${probe(code, 'displayName: Look around $(my.var)\n')}    connection: Acme Prod\n`,
      {
        variables: { variables: { 'my.var': 'v1', TOKEN: { value: 'dapi-1', secret: true } } },
        env: { EXTRA: 'given' },
      },
    );
    delete process.env['CALLER_ONLY'];

    assert.deepEqual(JSON.parse(printed(step)[0]!.replaceAll('***', '###')), {
      auth: '{"parameters":{"apitoken":"###"},"scheme":"Token"}',
      url: 'https://h.example/',
      scheme: 'Token',
      data: 'o1',
      input: '11111111-2222-3333-4444-555555555555',
      flag: 'true',
      mode: 'lax',
      reason: '',
      folderIsRoot: true,
      cwd: true,
      tf: 'True',
      system: 'OAuth',
      job: '__default',
      phase: 'Job',
      public: true,
      secret: '["System.AccessToken","TOKEN"]',
      mine: 'v1',
      secretLength: 6,
      title: 'Look around v1',
      extra: 'given',
      status: 'Succeeded',
      other: [],
    });
  });

  it('hand on variables, output variables and paths to later steps', async () => {
    const code = `
      vso('task.setvariable variable=plain', 'p');
      vso('task.setvariable variable=out;isoutput=true', 'o');
      vso('task.setvariable variable=declared', 'd');
      vso('task.setvariable variable=hidden;issecret=true', 's3cret');
      vso('task.prependpath', '/opt/first');
      console.log(process.env.PLAIN);`;

    const [first, second] = await runSteps(
      `${probe(code, 'name: one\n')}- bash: echo "$PLAIN $(one.out) $ONE_DECLARED [$DECLARED] [$HIDDEN] $(hidden) $PATH"\n`,
    );

    assert.deepEqual(first?.outputs, { out: 'o', declared: 'd' });
    assert.equal(printed(first)[0], 'undefined');
    assert.match(printed(second)[0]!, /^p o d \[\] \[\] \*\*\* \/opt\/first:/);
    assert.deepEqual(
      first?.variables.map(({ name, isSecret, isOutput, isReadOnly }) => [
        name,
        isSecret,
        isOutput,
        isReadOnly,
      ]),
      [
        ['plain', false, false, false],
        ['out', false, true, true],
        ['declared', false, true, false],
        ['hidden', true, false, false],
      ],
    );
  });

  it('take the worst of task.complete, failed commands and the exit code as result', async () => {
    const cases = [
      [`vso('task.complete result=Succeeded')`, 'Succeeded'],
      [
        `vso('task.complete result=SucceededWithIssues'); vso('task.complete result=Succeeded')`,
        'SucceededWithIssues',
      ],
      [`vso('task.complete result=Failed'); vso('task.complete result=Succeeded')`, 'Failed'],
      [`vso('task.complete result=Skipped'); vso('task.complete result=Failed')`, 'Skipped'],
      [`vso('task.complete result=Skipped'); process.exitCode = 1`, 'Failed'],
      [`vso('task.complete result=Abandoned')`, 'Canceled'],
      [`vso('task.complete result=Cancelled')`, 'Failed'],
      [`vso('task.nothing')`, 'Failed'],
      [`process.exitCode = 3`, 'Failed'],
      [`console.error('only stderr')`, 'Succeeded'],
    ] as const;

    const steps = await runSteps(
      cases.map(([code]) => probe(code, 'condition: always()\n')).join(''),
    );

    assert.deepEqual(
      steps.map(({ result }) => result),
      cases.map(([, result]) => result),
    );
    assert.match(messages(steps[8])[0]!, /^error: Exit code 3 returned from process: .*node /);
  });

  it('skip, fail and go on as their conditions and the job status say', async () => {
    const steps = await runSteps(`
- bash: exit 1
  continueOnError: true
- bash: echo "$AGENT_JOBSTATUS"
  condition: and(succeeded(), eq(variables['Agent.JobStatus'], 'SucceededWithIssues'))
- bash: exit 4
- bash: echo no
- bash: echo yes
  condition: failed()
- bash: echo also
  condition: eq('a', 'A')
- bash: echo bad
  condition: lt(1, 'x')
- bash: echo off
  enabled: false
- bash: echo both
  condition: succeededOrFailed()
`);

    assert.deepEqual(
      steps.map(({ result }) => result),
      [
        'SucceededWithIssues',
        'Succeeded',
        'Failed',
        'Skipped',
        'Succeeded',
        'Succeeded',
        'Failed',
        'Succeeded',
      ],
    );
    assert.deepEqual(printed(steps[1]), ['SucceededWithIssues']);
    assert.deepEqual(messages(steps[2]), ["error: Bash exited with code '4'."]);
    assert.deepEqual(messages(steps[6]), [
      "error: The condition failed: Cannot compare number 1 with 'x'",
    ]);
  });

  it('are retried with the same environment until they succeed', async () => {
    const code = `
      const fs = require('fs');
      const file = process.env.AGENT_TEMPDIRECTORY + '/count';
      const n = fs.existsSync(file) ? Number(fs.readFileSync(file)) + 1 : 1;
      fs.writeFileSync(file, String(n));
      vso('task.setvariable variable=try', String(n));
      console.log('try', n, process.env.TRY, process.env.SYSTEM_TASKINSTANCEID);
      vso('task.complete result=' + (n < 3 ? 'Failed' : 'Succeeded'));`;

    const [step] = await runSteps(probe(code, 'retryCountOnTaskFailure: 3\n'));

    assert.equal(step?.result, 'Succeeded');
    assert.equal(step?.attempts, 3);
    const id = step?.instanceId;
    assert.deepEqual(printed(step), [
      `try 1 undefined ${id}`,
      '##[warning]The task failed; retry 1 of 3 in 1 ms.',
      `try 2 undefined ${id}`,
      '##[warning]The task failed; retry 2 of 3 in 1 ms.',
      `try 3 undefined ${id}`,
    ]);
  });

  it('stay failed after a retry when a failed result came with an exit code', async () => {
    const code = `
      const fs = require('fs');
      const file = process.env.AGENT_TEMPDIRECTORY + '/again';
      if (fs.existsSync(file)) process.exit(0);
      fs.writeFileSync(file, '');
      vso('task.complete result=Failed');
      process.exitCode = 1;`;

    const [step] = await runSteps(probe(code, 'retryCountOnTaskFailure: 1\n'));

    assert.equal(step?.result, 'Failed');
    assert.equal(step?.attempts, 2);
  });

  it('end at their timeout with the signal ladder, without a retry', async () => {
    const code = `
      process.on('SIGINT', () => console.log('SIGINT'));
      process.on('SIGTERM', () => { console.log('SIGTERM'); vso('task.complete result=Succeeded'); });
      setInterval(() => undefined, 1000);
      console.log('up');`;

    const steps = await runSteps(
      `${probe(code, 'timeoutInMinutes: 0.005\nretryCountOnTaskFailure: 2\n')}- bash: echo after\n  condition: failed()\n`,
      { patience: { ladder: { sigintMs: 100, sigtermMs: 100 }, streamsMs: 100 } },
    );

    assert.equal(steps[0]?.result, 'Failed');
    assert.equal(steps[0]?.attempts, 1);
    assert.deepEqual(printed(steps[0]), [
      'up',
      'SIGINT',
      'SIGTERM',
      '##[error]The task has timed out.',
    ]);
    assert.equal(steps[1]?.result, 'Succeeded');
  });

  it('end without their process after task.complete done=true', async () => {
    const code = `vso('task.complete result=Succeeded;done=true'); setInterval(() => console.log('late'), 60000);`;

    const started = Date.now();
    const [step] = await runSteps(probe(code));

    assert.equal(step?.result, 'Succeeded');
    assert.ok(Date.now() - started < 7_000);
  });

  it('run pre-job parts first and post-job parts in reverse order, also after a failure', async () => {
    const result = await run(`
steps:
- checkout: none
- task: Lifecycle@1
  inputs: { label: a }
- bash: exit 1
- task: Lifecycle@1
  inputs: { label: b }
- task: Lifecycle@1
  enabled: false
`);
    const { steps } = theJob(result);

    const id = (label: string): string =>
      steps.find(({ part, log }) => part === 'pre' && log.includes(`pre ${label}`))!.instanceId;
    assert.deepEqual(
      steps.map((step) => [step.part, step.result, ...printed(step)]),
      [
        ['pre', 'Succeeded', 'pre a'],
        ['pre', 'Succeeded', 'pre b'],
        ['main', 'Succeeded', 'Nothing to check out.'],
        ['main', 'Succeeded', 'main a from pre'],
        ['main', 'Failed', "##[error]Bash exited with code '1'."],
        ['main', 'Skipped'],
        ['post', 'Succeeded', `post b from pre undefined ${id('b')}`],
        ['post', 'Succeeded', `post a from pre from main ${id('a')}`],
      ],
    );
    assert.notEqual(id('a'), id('b'));
    assert.equal(result.exitCode, 1);
  });

  it('run scripts in their working directory, with env and without secrets', async () => {
    const steps = await runSteps(
      `
- script: |
    mkdir sub
    echo "$PWD" | sed "s:$SYSTEM_DEFAULTWORKINGDIRECTORY::" ; echo "[$SECRET_TOKEN$VSTS_SECRET_VARIABLES$ENDPOINT_AUTH_SYSTEMVSSCONNECTION] $(undefined) $MAPPED"
  env:
    MAPPED: \${{ variables.color }}-$(TOKEN)
- bash: basename "$PWD"
  workingDirectory: sub
- bash: echo problem >&2
  failOnStderr: true
- bash: echo x
  workingDirectory: missing
  condition: always()
`,
      { variables: { variables: { TOKEN: { value: 'abc-def', secret: true }, color: 'red' } } },
    );

    assert.deepEqual(
      printed(steps[0]).filter((line) => !line.includes('undefined: command')),
      ['', '[]  red-***'],
    );
    assert.deepEqual(printed(steps[1]), ['sub']);
    assert.equal(steps[2]?.result, 'Failed');
    assert.equal(steps[3]?.result, 'Failed');
  });

  it('keep copies of summaries and attachments, and fail for a missing file', async () => {
    const code = `
      const fs = require('fs');
      const file = process.env.AGENT_TEMPDIRECTORY + '/s.md';
      fs.writeFileSync(file, '# done');
      vso('task.uploadsummary', file);
      vso('task.addattachment type=mine;name=data', file);
      fs.writeFileSync(process.env.BUILD_ARTIFACTSTAGINGDIRECTORY + '/a.txt', 'a');
      vso('artifact.upload containerfolder=drop;artifactname=drop', process.env.BUILD_ARTIFACTSTAGINGDIRECTORY);
      vso('build.addbuildtag', 'good');
      vso('build.updatebuildnumber', '1.2.3');
      vso('task.setprogress value=250', 'nearly');`;

    const result = await run(
      `steps:\n- checkout: none\n${probe(code)}${probe(`vso('task.uploadsummary', '/nowhere.md')`)}`,
    );
    const [, first, second] = theJob(result).steps;

    assert.deepEqual(
      first?.attachments.map(({ type, name, content }) => [type, name, content]),
      [
        ['Distributedtask.Core.Summary', 's.md', '# done'],
        ['mine', 'data', '# done'],
      ],
    );
    assert.deepEqual(first?.progress, [{ percent: 100, operation: 'nearly' }]);
    assert.deepEqual([result.buildTags, result.buildNumber], [['good'], '1.2.3']);
    assert.equal(second?.result, 'Failed');
    assert.deepEqual(messages(second), [
      'error: Cannot process ##vso[task.uploadsummary]: the file "/nowhere.md" does not exist.',
    ]);
  });

  it('leave no process behind when the job ends', async () => {
    await inTempFolder(async (folder) => {
      const pidFile = join(folder, 'pid');
      const result = await run(`
steps:
- checkout: none
- bash: nohup setsid sleep 60 >/dev/null 2>&1 & echo $! > ${pidFile}; sleep 0.1; pgrep -s 0 >/dev/null; true
`);

      assert.equal(result.result, 'Succeeded');
      const { readFileSync } = await import('node:fs');
      assert.equal(existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/cwd`), false);
    });
  });

  it('run under the restrictions of the task and of their target', async () => {
    const [first, second] = await runSteps(`
- task: Guarded@2
  inputs:
    lines: |
      ##vso[task.setvariable variable=ANSWER]42
      ##vso[task.setvariable variable=other]1
      ##vso[task.prependpath]/evil
      ##vso[build.addbuildtag]x
      ##vso[task.setvariable variable=out_1;isoutput=true]x
- bash: |
    echo "##vso[task.setvariable variable=a]1"
    echo "##vso[task.setvariable variable=b]1"
  target: { commands: restricted, settableVariables: [a] }
`);

    assert.deepEqual(
      first?.variables.map(({ name }) => name),
      ['ANSWER', 'out_1'],
    );
    assert.deepEqual([...messages(first)].sort(), [
      'warning: ##vso[build.addbuildtag] was blocked: the step runs with restricted commands.',
      "warning: Setting 'PATH' was blocked: it is not among the step's settable variables.",
      "warning: Setting 'other' was blocked: it is not among the step's settable variables.",
    ]);
    assert.deepEqual(
      second?.variables.map(({ name }) => name),
      ['a'],
    );
  });

  it('show debug lines in debug runs only', async () => {
    const text = probe(`vso('task.debug', 'deep'); vso('task.setprogress value=1', 'x')`);

    const [quiet] = await runSteps(text);
    const [loud] = await runSteps(text, { verbose: true });

    assert.deepEqual(printed(quiet), []);
    assert.deepEqual(printed(loud), [
      '##[debug]deep',
      '##[debug]Processed: ##vso[task.setprogress value=1]x',
    ]);
  });

  it('see a connection as an earlier step changed it', async () => {
    const id = '11111111-2222-3333-4444-555555555555';
    const change = `
      vso('task.setendpoint id=${id};field=url', 'https://new.example/x');
      vso('task.setendpoint id=${id};field=authParameter;key=apitoken', 'fresh-token');
      vso('task.setendpoint id=${id};field=dataParameter;key=k', 'v');
      vso('task.setendpoint id=00000000-0000-0000-0000-000000000000;field=url', 'x');`;
    const show = `
      const e = process.env;
      console.log(e['ENDPOINT_URL_${id}'], e['ENDPOINT_AUTH_PARAMETER_${id}_APITOKEN'], e['ENDPOINT_DATA_${id}_K'], e['ENDPOINT_DATA_${id}_ORGANIZATION']);`;

    const [first, second] = await runSteps(
      `${probe(change)}${probe(show, 'condition: always()\n')}    connection: ${id}\n`,
    );

    assert.equal(first?.result, 'Failed');
    assert.deepEqual(printed(second), ['https://new.example/x *** v o1']);
  });

  it('work for tasks written with azure-pipelines-task-lib', async () => {
    const code = `
      const tl = require('azure-pipelines-task-lib/task');
      const id = tl.getInputRequired('connection');
      tl.setVariable('fromLib', 'a;b]c%0A\\nd', false, true);
      tl.setSecret('other-secret');
      console.log(tl.getVariable('TOKEN'), tl.getEndpointAuthorizationParameter(id, 'apitoken', false), 'other-secret');
      console.log(tl.getVariables().find(({ name }) => name === 'Mixed.Name').value, tl.getEndpointUrl(id, false));
      console.log(Object.keys(process.env).filter((name) => /^(INPUT|SECRET|ENDPOINT_AUTH)_/.test(name) && process.env[name]).length);
      tl.setResult(tl.TaskResult.SucceededWithIssues, 'so so');`;

    const [step] = await runSteps(`${probe(code)}    connection: acme prod\n`, {
      variables: { variables: { TOKEN: { value: 'dapi-77', secret: true }, 'Mixed.Name': 'm' } },
    });

    assert.deepEqual(printed(step), [
      '*** *** ***',
      'm https://h.example/',
      '0',
      '##[warning]so so',
    ]);
    assert.deepEqual(step?.outputs, { fromLib: 'a;b]c%0A\nd' });
    assert.equal(step?.result, 'SucceededWithIssues');
  });
});
