import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPipeline } from '../../../../local/agent/index';
import { inTempFolder, jobOf, printed, probe, run, stageOf, TASKS, theJob } from './helpers';

const NO_CHECKOUT = '- checkout: none';

describe('jobs and stages', () => {
  it('pass output variables from job to job and stage to stage', async () => {
    const result = await run(`
stages:
- stage: S1
  jobs:
  - job: A
    steps:
    - checkout: none
    - bash: echo "##vso[task.setvariable variable=v;isoutput=true]one"
      name: s
    - bash: echo "##vso[task.setvariable variable=k;isoutput=true;issecret=true]hidden-key"
      name: t
  - job: B
    dependsOn: A
    condition: and(succeeded(), eq(dependencies.A.outputs['s.v'], 'one'))
    variables:
      got: $[ dependencies.A.outputs['s.v'] ]
      key: $[ dependencies.A.outputs['t.k'] ]
      none: $[ dependencies.A.outputs['s.nothing'] ]
    steps:
    - checkout: none
    - bash: echo "$(got) $(key) [$KEY] [$(none)]"
- stage: S2
  dependsOn: S1
  condition: eq(dependencies.S1.outputs['A.s.v'], 'one')
  jobs:
  - deployment: D
    environment: prod.web
    variables:
    - name: got
      value: $[ stageDependencies.S1.A.outputs['s.v'] ]
    strategy:
      runOnce:
        deploy:
          steps:
          - bash: |
              echo "$(got) $(Environment.Name) $(Environment.ResourceName)"
              echo "##vso[task.setvariable variable=w;isoutput=true]two"
            name: d
- stage: S3
  jobs:
  - job: E
    variables:
      got: $[ stageDependencies.S2.D.outputs['Deploy_web.d.w'] ]
    steps:
    - checkout: none
    - bash: echo "$(got)"
- stage: S4
  condition: ne(dependencies.S3.result, 'Succeeded')
  jobs:
  - job: F
    steps: []
`);

    assert.deepEqual(printed(jobOf(result, 'B').steps[1]), ['one *** [] []']);
    assert.deepEqual(
      printed(jobOf(result, 'D').steps[0]),
      ['two prod web'].map(() => 'one prod web'),
    );
    assert.deepEqual(printed(jobOf(result, 'E').steps[1]), ['two']);
    assert.equal(stageOf(result, 'S4').result, 'Skipped');
    assert.equal(result.result, 'Succeeded');
  });

  it('skip what depends on a failure and run what waits for one', async () => {
    const result = await run(
      `
jobs:
- job: C
  dependsOn: [B, A]
  condition: in(dependencies.B.result, 'Skipped', 'Succeeded')
  steps: [{ checkout: none }]
- job: A
  steps: [{ checkout: none }, { bash: exit 1 }]
- job: B
  dependsOn: A
  steps: [{ checkout: none }]
- job: D
  dependsOn: A
  condition: failed('A')
  steps: [{ checkout: none }]
- job: E
  condition: lt(variables.x, parameters)
  steps: []
`.replace('lt(variables.x, parameters)', "lt(1, 'x')"),
    );

    assert.deepEqual(
      result.stages[0]!.jobs.map(({ name, result: r }) => [name, r]),
      [
        ['A', 'Failed'],
        ['B', 'Skipped'],
        ['C', 'Succeeded'],
        ['D', 'Succeeded'],
        ['E', 'Failed'],
      ],
    );
    assert.deepEqual(jobOf(result, 'E').issues, [
      {
        type: 'error',
        message: "The condition of the job failed: Cannot compare number 1 with 'x'",
      },
    ]);
  });

  it('run each leg of a matrix with its variables and identity', async () => {
    const result = await run(`
jobs:
- job: M
  strategy:
    matrix:
      dev: { target: d }
      prod: { target: p }
  steps:
  - checkout: none
  - bash: |
      echo "$(target) $(System.PhaseName).$(System.JobName)"
      echo "##vso[task.setvariable variable=o;isoutput=true]$(target)"
    name: s
- job: N
  dependsOn: M
  variables: { got: "$[ dependencies.M.outputs['prod.s.o'] ]" }
  steps: [{ checkout: none }, { bash: echo $(got) }]
- job: P
  strategy: { parallel: 2 }
  steps: [{ checkout: none }, { bash: 'echo $(System.JobPositionInPhase) of $(System.TotalJobsInPhase)' }]
`);

    assert.deepEqual(printed(jobOf(result, 'M', 'dev').steps[1]), ['d M.dev']);
    assert.deepEqual(printed(jobOf(result, 'M', 'prod').steps[1]), ['p M.prod']);
    assert.deepEqual(printed(jobOf(result, 'N').steps[1]), ['p']);
    assert.deepEqual(printed(jobOf(result, 'P', 'Slice2').steps[1]), ['2 of 2']);
    const legs = result.stages[0]!.jobs.filter(({ name }) => name === 'M');
    assert.equal(new Set(legs.map(({ jobId }) => jobId)).size, 2);
    assert.equal(new Set(legs.map(({ steps }) => steps[1]!.instanceId)).size, 2);
  });

  it('run the hooks of a deployment in order and on.failure after a failure', async () => {
    const text = (deploy: string): string => `
jobs:
- deployment: D
  environment: { name: prod }
  strategy:
    runOnce:
      preDeploy: { steps: [{ bash: echo pre, name: a }] }
      deploy: { steps: [{ bash: '${deploy}' }] }
      routeTraffic: { steps: [{ bash: echo route }] }
      on:
        success: { steps: [{ bash: echo good }] }
        failure: { steps: [{ bash: echo bad }] }
`;

    const good = theJob(await run(text('echo ok')));
    const bad = theJob(await run(text('exit 1')));

    assert.deepEqual(
      good.steps.map(({ hook }) => hook),
      ['preDeploy', 'deploy', 'routeTraffic', 'success'],
    );
    assert.deepEqual(
      bad.steps.map(({ hook }) => hook),
      ['preDeploy', 'deploy', 'failure'],
    );
    assert.equal(bad.result, 'Failed');
    assert.equal(new Set(good.steps.map(({ instanceId }) => instanceId)).size, 4);
  });

  it('let the inner scope of variables win and expand nested macros', async () => {
    const result = await run(
      `
variables: { a: root, b: root, c: root, file: yaml, deep: '$(b)/$(unknown)', x: $(y), y: $(x) }
stages:
- stage: S
  variables: { b: stage, c: stage }
  jobs:
  - job: J
    variables:
    - group: g
    - { name: c, value: job }
    - { name: fixed, value: 1, readonly: true }
    steps:
    - checkout: none
    - bash: echo '$(a) $(b) $(c) $(file) $(extra) $(deep) $(fromGroup) $(HOME)'
    - bash: echo '##vso[task.setvariable variable=fixed]2'
`,
      {
        variables: {
          variables: { file: 'file', extra: 'more' },
          groups: { g: { c: 'group', fromGroup: 'G' } },
        },
      },
    );

    const [, first, second] = jobOf(result, 'J').steps;
    assert.deepEqual(printed(first).at(-1), 'root stage job yaml more stage/$(unknown) G $(HOME)');
    assert.equal(first?.issues.length, 2);
    assert.equal(second?.result, 'Failed');
  });

  it('check out the folder of the file when there is no git', async () => {
    await inTempFolder(async (folder) => {
      writeFileSync(join(folder, 'notebook.py'), 'x');

      const result = await runPipeline({
        file: join(folder, 'p.yml'),
        text: 'steps:\n- bash: ls; git rev-parse HEAD 2>/dev/null; true',
      });

      const { steps } = theJob(result);
      assert.deepEqual(printed(steps[1]), ['notebook.py']);
      assert.equal(steps[0]?.displayName, 'Checkout');
    });
  });

  it('check out a git repository as it is on disk and tell its facts', async () => {
    await inTempFolder(async (folder) => {
      const git = (...args: string[]): string =>
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', ...args], {
          cwd: folder,
          encoding: 'utf8',
        }).trim();
      git('init', '-q', '-b', 'feature/x');
      for (const name of ['a.py', 'gone.py', '.gitignore', 'b.py'])
        writeFileSync(join(folder, name), name === '.gitignore' ? 'ignored' : '1');
      git('add', '.');
      git('commit', '-qm', 'first');
      git('remote', 'add', 'origin', 'https://user:pw@dev.azure.com/o/p/_git/r');
      writeFileSync(join(folder, 'a.py'), 'changed');
      writeFileSync(join(folder, 'ignored'), 'x');
      execFileSync('rm', [join(folder, 'gone.py')]);
      mkdirSync(join(folder, 'ci'));

      const result = await runPipeline({
        file: join(folder, 'ci', 'p.yml'),
        text: 'steps:\n- bash: |\n    cat a.py; echo; ls; git rev-parse HEAD; git status --short\n    echo "$(Build.SourceBranch) $(Build.SourceBranchName) $(Build.Repository.Uri) $(Build.Repository.Provider)"; echo $(Build.SourceVersion)',
      });

      const head = git('rev-parse', 'HEAD');
      assert.deepEqual(printed(theJob(result).steps[1]), [
        'changed',
        'a.py',
        'b.py',
        head,
        ' M a.py',
        ' D gone.py',
        'refs/heads/feature/x x https://dev.azure.com/o/p/_git/r TfsGit',
        head,
      ]);
    });
  });

  it('publish and download artifacts between jobs', async () => {
    const result = await run(`
jobs:
- job: A
  steps:
  - checkout: none
  - bash: mkdir out && echo hi > out/f.txt
  - publish: out
    artifact: drop
- deployment: D
  dependsOn: A
  environment: e
  strategy: { runOnce: { deploy: { steps: [{ bash: 'cat $(Pipeline.Workspace)/drop/f.txt' }] } } }
- job: B
  dependsOn: A
  steps:
  - checkout: none
  - download: current
    artifact: drop
  - bash: cat $(Pipeline.Workspace)/drop/f.txt
  - download: none
  - download: current
    artifact: nothing
`);

    assert.deepEqual(printed(jobOf(result, 'D').steps[1]), ['hi']);
    assert.deepEqual(printed(jobOf(result, 'B').steps[2]), ['hi']);
    assert.equal(jobOf(result, 'B').steps[4]?.result, 'Failed');
  });

  it('run only the stages asked for', async () => {
    const result = await run(
      `stages: [{ stage: A, jobs: [{ job: J, steps: [${NO_CHECKOUT.slice(2)}] }] }, { stage: B, jobs: [{ job: J, steps: [] }] }]`.replace(
        '[checkout: none]',
        '[{ checkout: none }]',
      ),
      { stages: ['b'] },
    );

    assert.deepEqual(
      result.stages.map(({ result: r }) => r),
      ['Skipped', 'Succeeded'],
    );
  });

  it('behave like a classic release with host type release', async () => {
    await inTempFolder(async (folder) => {
      writeFileSync(join(folder, 'n.py'), '1');
      const code = `
        const e = process.env;
        console.log(e.SYSTEM_HOSTTYPE, e.RELEASE_ENVIRONMENTNAME, e.RELEASE_ATTEMPTNUMBER, e.BUILD_SOURCESDIRECTORY, e.SYSTEM_STAGENAME);
        console.log(require('fs').readdirSync(e.SYSTEM_ARTIFACTSDIRECTORY + '/_repo').join());
        console.log(/^\\d+$/.test(e.RELEASE_DEPLOYMENTID), e.INPUT_FOLDER === e.SYSTEM_ARTIFACTSDIRECTORY);
        vso('task.setvariable variable=o;isoutput=true', '1');`;

      const result = await run(
        `stages:
- stage: Prod
  jobs:
  - job: A
    steps:
${probe(code, 'name: s\n').replace(/^/gm, '    ')}
    - bash: echo "##vso[artifact.upload artifactname=x]/etc/hosts"
    - bash: echo "##vso[codecoverage.publish summaryfile=x]"
    - download: current
      condition: always()
  - job: B
    dependsOn: A
    condition: always()
    variables: { v: "$[ dependencies.A.outputs['s.o'] ]" }
    steps: [{ bash: 'echo [$(v)]' }]
`,
        { hostType: 'release', artifacts: { _repo: folder }, stageAttempt: 2 },
      );

      const [probeStep, upload, coverage, download] = jobOf(result, 'A').steps;
      assert.deepEqual(printed(probeStep), [
        'release Prod 2 undefined undefined',
        'n.py',
        'true true',
      ]);
      assert.equal(upload?.result, 'Failed');
      assert.equal(coverage?.result, 'Skipped');
      assert.equal(download?.result, 'Succeeded');
      assert.deepEqual(printed(jobOf(result, 'B').steps[0]), ['[]']);
    });
  });

  it('rerun what failed under the same plan with higher attempts', async () => {
    const text = `
variables: { fail: yes }
jobs:
- job: A
  steps: [{ checkout: none }, { bash: 'echo "##vso[task.setvariable variable=v;isoutput=true]kept"', name: s }]
- job: B
  dependsOn: A
  variables: { v: "$[ dependencies.A.outputs['s.v'] ]" }
  steps: [{ checkout: none }, { bash: 'echo "$(v) $(System.PlanId) $(System.StageAttempt) $(System.JobAttempt)"; \${{ parameters.last }}' }]
parameters: [{ name: last, default: exit 1 }]
`;
    const first = await run(text);
    const second = await run(text, { rerunOf: first, parameters: { last: 'true' } });
    const third = await run(text, { rerunOf: second });

    assert.equal(first.result, 'Failed');
    assert.equal(second.result, 'Succeeded');
    assert.equal(second.planId, first.planId);
    assert.deepEqual(printed(jobOf(second, 'B').steps[1]), [`kept ${first.planId} 2 2`]);
    assert.equal(jobOf(second, 'A').attempt, 1);
    assert.equal(jobOf(second, 'B').steps[1]?.instanceId, jobOf(first, 'B').steps[1]?.instanceId);
    assert.deepEqual(third.stages, second.stages);
  });

  it('fail a stage whose condition cannot be evaluated', async () => {
    const lines: string[] = [];

    const result = await run(
      "stages:\n- stage: A\n  condition: lt(1, 'x')\n  jobs: [{ job: J, steps: [] }]\n- stage: B\n  jobs: [{ job: J, steps: [] }]",
      { out: (line) => void lines.push(line) },
    );

    assert.deepEqual(
      result.stages.map(({ result: r }) => r),
      ['Failed', 'Skipped'],
    );
    assert.ok(
      lines.includes(
        "\nStage A: The condition of the stage failed: Cannot compare number 1 with 'x'",
      ),
    );
  });

  it('keep the work folder when one is given and empty the temp folder', async () => {
    await inTempFolder(async (folder) => {
      const workDir = join(folder, 'work');

      await run(
        `steps:\n- checkout: none\n- bash: touch $(Agent.TempDirectory)/x $(Build.SourcesDirectory)/y`,
        { workDir, tasksDir: TASKS },
      );

      const [job] = readdirSync(workDir);
      assert.deepEqual(readdirSync(join(workDir, job!, '_work', '_temp')), []);
      assert.ok(existsSync(join(workDir, job!, '_work', '1', 's', 'y')));
    });
  });
});

describe('cancelling a run', () => {
  it('stops the running step, then runs only steps with always() and post-job parts', async () => {
    const cancel = new AbortController();
    const lines: string[] = [];

    const result = await run(
      `
jobs:
- job: A
  steps:
  - checkout: none
  - task: Lifecycle@1
    inputs: { wait: true }
  - bash: echo no
  - bash: echo "$AGENT_JOBSTATUS"
    condition: always()
  - bash: echo canceled
    condition: canceled()
- job: B
  dependsOn: A
  steps: []
- job: C
  dependsOn: A
  condition: always()
  steps: [{ checkout: none }, { bash: echo c, condition: always() }]
`,
      {
        signal: cancel.signal,
        out: (line) => {
          lines.push(line);
          if (line.endsWith('waiting')) cancel.abort();
        },
      },
    );

    assert.equal(result.result, 'Canceled');
    assert.deepEqual(
      jobOf(result, 'A').steps.map(({ part, result: r }) => `${part} ${r}`),
      [
        'pre Succeeded',
        'main Succeeded',
        'main Canceled',
        'main Skipped',
        'main Succeeded',
        'main Succeeded',
        'post Succeeded',
      ],
    );
    assert.ok(jobOf(result, 'A').steps[2]!.log.includes('got SIGINT'));
    assert.deepEqual(printed(jobOf(result, 'A').steps[4]), ['Canceled']);
    assert.equal(jobOf(result, 'B').result, 'Skipped');
    assert.equal(jobOf(result, 'C').result, 'Canceled');
    assert.ok(lines.some((line) => line.includes('Canceled')));
  });

  it('leaves a running step with always() alone', async () => {
    const cancel = new AbortController();

    const result = await run(
      'steps:\n- checkout: none\n- bash: echo started; sleep 0.3; echo finished\n  condition: always()\n- bash: echo next',
      {
        signal: cancel.signal,
        out: (line) => line.endsWith('| started') && cancel.abort(),
      },
    );

    const [, step, next] = theJob(result).steps;
    assert.deepEqual(printed(step), ['started', 'finished']);
    assert.equal(step?.result, 'Succeeded');
    assert.equal(next?.result, 'Skipped');
  });

  it('ends everything at once when it is killed', async () => {
    const kill = new AbortController();

    const started = Date.now();
    const result = await run(
      "steps:\n- checkout: none\n- bash: trap '' INT TERM; echo started; sleep 30\n  condition: always()\n- bash: echo next\n  condition: always()",
      {
        kill: kill.signal,
        patience: {},
        out: { write: (text: string) => text.endsWith('| started\n') && kill.abort() },
      },
    );

    assert.ok(Date.now() - started < 7_000);
    assert.deepEqual(
      theJob(result).steps.map(({ result: r }) => r),
      ['Succeeded', 'Canceled'],
    );
    assert.equal(result.exitCode, 1);
  });

  it('cancels a job at its timeout', async () => {
    const result = await run(
      'jobs:\n- job: A\n  timeoutInMinutes: 0.005\n  steps: [{ checkout: none }, { bash: sleep 20 }]',
    );

    assert.equal(theJob(result).result, 'Canceled');
    assert.deepEqual(theJob(result).issues, [
      { type: 'error', message: 'The job ran longer than the maximum time of 0.005 minutes.' },
    ]);
    assert.equal(result.result, 'Canceled');
  });
});
