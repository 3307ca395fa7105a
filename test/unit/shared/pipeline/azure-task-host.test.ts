import assert from 'node:assert/strict';
import { join } from 'node:path';
import { onlyLine, type ProcessEnd, runScenario } from '../../../helpers/task-process';

const connectionId = '11111111-2222-3333-4444-555555555555';

/** Variables as the agent puts them into the environment. */
function variables(
  options: { public?: Record<string, string>; secret?: Record<string, string> } = {},
): Record<string, string> {
  const toKey = (name: string): string => name.replace(/[. ]/g, '_').toUpperCase();
  const { public: open = {}, secret = {} } = options;
  return {
    ...Object.fromEntries(Object.entries(open).map(([name, value]) => [toKey(name), value])),
    ...Object.fromEntries(
      Object.entries(secret).map(([name, value]) => [`SECRET_${toKey(name)}`, value]),
    ),
    VSTS_PUBLIC_VARIABLES: JSON.stringify(Object.keys(open)),
    VSTS_SECRET_VARIABLES: JSON.stringify(Object.keys(secret)),
  };
}

function seenBy(end: ProcessEnd): unknown {
  return JSON.parse(onlyLine(end, 'SEEN '));
}

/** The lines that contain a text. */
function linesWith(end: ProcessEnd, text: string): string[] {
  return end.lines.filter((line) => line.includes(text));
}

describe('azure-task-host', function () {
  this.timeout(20_000);

  describe('inputs', () => {
    it('reads them without surrounding white space, empty when they are not given', async () => {
      const end = await runScenario('inputs', { INPUT_PATH: ' /a ', INPUT_TOKEN: 'dapi-1' });

      assert.deepEqual(seenBy(end), { path: '/a', length: 6, raw: '' });
    });

    it('registers the token as a secret before anything echoes it', async () => {
      const end = await runScenario('inputs', { INPUT_TOKEN: 'dapi%1' });

      const [first, ...echoes] = linesWith(end, 'dapi%');
      assert.equal(first, '##vso[task.setsecret]dapi%AZP251');
      assert.equal(end.lines[0], first);
      // The agent masks what the task library echoes; our own lines are masked already.
      assert.deepEqual(echoes, ['##vso[task.debug]token=dapi%AZP251']);
      assert.ok(end.lines.includes('the token is ***'));
      assert.ok(end.lines.includes('##vso[task.debug]the token is ***'));
    });

    it('registers each line of a token that ends with a line break', async () => {
      const end = await runScenario('inputs', { INPUT_TOKEN: 'dapi-1\r\n\n' });

      assert.equal(end.lines[0], '##vso[task.setsecret]dapi-1');
      assert.deepEqual(seenBy(end), { path: '', length: 6, raw: '' });
    });

    it('registers secret variables that stand in an input, and no others', async () => {
      const end = await runScenario('inputs', {
        ...variables({ secret: { KEY: '{\r\n "a": 1\r\n}', WORD: 'hunter2', Other: 'unused' } }),
        INPUT_PATH: 'word=hunter2&key={\r\n "a": 1\r\n}',
      });

      assert.deepEqual(end.lines.slice(0, 2), [
        '##vso[task.setsecret]"a": 1',
        '##vso[task.setsecret]hunter2',
      ]);
      assert.equal(linesWith(end, 'setsecret').length, 2);
    });

    it('does not take a variable that is not defined for a secret', async () => {
      const end = await runScenario('inputs', { INPUT_TOKEN: '$(DATABRICKS_TOKEN)' });

      assert.deepEqual(linesWith(end, 'setsecret'), []);
    });

    it('registers the tokens among the variables, whether they are marked as secret or not', async () => {
      const end = await runScenario('inputs', {
        ...variables({
          public: { DATABRICKS_TOKEN: 'dapi-public' },
          secret: { DATABRICKS_CLIENT_SECRET: 'dose-secret' },
        }),
      });

      assert.deepEqual(end.lines.slice(0, 2), [
        '##vso[task.setsecret]dapi-public',
        '##vso[task.setsecret]dose-secret',
      ]);
    });

    it('warns of a hidden input in the step, and not again in its post-job part', async () => {
      const env = { INPUT_MODE: 'x' };
      const text = "Input 'mode' is ignored, because 'path' is \"\". Remove it, or change 'path'.";

      const step = await runScenario('hidden', env);
      const postJob = await runScenario('hidden', env, { args: ['post-job'] });

      assert.deepEqual(linesWith(step, text), [
        `##vso[task.issue type=warning;source=TaskInternal;]${text}`,
      ]);
      assert.deepEqual(linesWith(postJob, text), [`##vso[task.debug]${text}`]);
    });
  });

  describe('variables', () => {
    it('gives those of the job, public and secret, whatever the case of their names', async () => {
      const end = await runScenario('variables', {
        ...variables({ public: { 'my.Var': '1' }, secret: { 'my secret': 'zz' } }),
        INPUT_PATH: '["my.Var","MY.VAR","my secret","My_Secret"]',
      });

      assert.deepEqual(seenBy(end), {
        'my.Var': '1',
        'MY.VAR': '1',
        'my secret': 'zz',
        My_Secret: 'zz',
      });
    });

    it('never gives what the machine of the agent has in its environment', async () => {
      const end = await runScenario('variables', {
        ...variables({ public: { other: '1' } }),
        DATABRICKS_HOST: 'https://machine.test',
        DATABRICKS_TOKEN: 'dapi-machine',
        SECRET_DATABRICKS_CLIENT_SECRET: 'x1',
        HOME: '/root',
        INPUT_PATH: '["DATABRICKS_HOST","DATABRICKS_TOKEN","DATABRICKS_CLIENT_SECRET","HOME"]',
      });

      assert.deepEqual(seenBy(end), {
        DATABRICKS_HOST: null,
        DATABRICKS_TOKEN: null,
        DATABRICKS_CLIENT_SECRET: null,
        HOME: null,
      });
    });

    it('gives those of the platform even if the agent does not list them', async () => {
      const end = await runScenario('variables', {
        SYSTEM_PLANID: 'p',
        AGENT_JOBSTATUS: 'Canceled',
        BUILD_BUILDNUMBER: '',
        INPUT_PATH: '["System.PlanId","Agent.JobStatus","Build.BuildNumber","Release.ReleaseId"]',
      });

      assert.deepEqual(seenBy(end), {
        'System.PlanId': 'p',
        'Agent.JobStatus': 'Canceled',
        'Build.BuildNumber': null,
        'Release.ReleaseId': null,
      });
    });

    it('lists the secret ones without an echo of their values', async () => {
      const end = await runScenario(
        'secrets',
        variables({ secret: { 'my secret': 'zz9', empty: '' } }),
      );

      assert.deepEqual(seenBy(end), ['my secret', 'empty']);
      assert.deepEqual(linesWith(end, 'zz9'), []);
    });

    it('masks the secret ones in its own lines', async () => {
      const end = await runScenario('identity', {
        ...variables({ secret: { plan: 'plan-id-1' } }),
        SYSTEM_PLANID: 'x',
        SYSTEM_TASKINSTANCEID: 'plan-id-1',
      });

      assert.match(onlyLine(end, 'SEEN '), /"taskInstanceId":"\*\*\*"/);
    });

    it('knows none when the agent names none', async () => {
      const end = await runScenario('secrets');

      assert.deepEqual(seenBy(end), []);
    });
  });

  describe('service connections', () => {
    const env = {
      INPUT_PATH: connectionId,
      [`ENDPOINT_URL_${connectionId}`]: 'https://adb-1.test/',
      [`ENDPOINT_AUTH_${connectionId}`]: '{"parameters":{"apitoken":"t0ken"},"scheme":"Token"}',
      [`ENDPOINT_AUTH_SCHEME_${connectionId}`]: 'Token',
      [`ENDPOINT_AUTH_PARAMETER_${connectionId}_APITOKEN`]: 't0ken',
    };

    it('gives URL, scheme and parameters', async () => {
      const end = await runScenario('connection', env);

      assert.deepEqual(seenBy(end), { url: 'https://adb-1.test/', scheme: 'Token', length: 5 });
    });

    it('registers its token as a secret before anything echoes it, but no user name', async () => {
      const end = await runScenario('connection', {
        ...env,
        [`ENDPOINT_AUTH_PARAMETER_${connectionId}_USERNAME`]: 'somebody',
      });

      const [first, ...echoes] = linesWith(end, 't0ken');
      assert.equal(first, '##vso[task.setsecret]t0ken');
      assert.deepEqual(echoes, [`##vso[task.debug]${connectionId} auth param apitoken = t0ken`]);
      assert.deepEqual(linesWith(end, 'setsecret'), [first]);
    });

    it('gives nothing for one that was not handed over, and does not fail by itself', async () => {
      const end = await runScenario('connection', { INPUT_PATH: 'my connection' });

      assert.equal(onlyLine(end, 'SEEN '), 'undefined');
      assert.deepEqual(linesWith(end, 'result=Failed'), []);
    });
  });

  describe('network', () => {
    it('is direct by default', async () => {
      const end = await runScenario('network', { INPUT_PATH: 'https://adb-1.test' });

      assert.deepEqual(seenBy(end), { caFiles: [] });
    });

    const proxy = {
      ...variables({ secret: { 'Agent.ProxyPassword': 'p@ss' } }),
      AGENT_PROXYURL: 'http://proxy.test:3128',
      AGENT_PROXYUSERNAME: 'me',
      AGENT_PROXYBYPASSLIST: '["intranet\\\\.test"]',
    };

    it('goes by the proxy of the agent, whose password no line shows', async () => {
      const end = await runScenario('network', { ...proxy, INPUT_PATH: 'https://adb-1.test' });

      assert.deepEqual(seenBy(end), { proxyUrl: 'http://me:***@proxy.test:3128', caFiles: [] });
      assert.deepEqual(end.lines.slice(0, 2), [
        '##vso[task.setsecret]p@ss',
        '##vso[task.setsecret]p%AZP2540ss',
      ]);
    });

    it('keeps whole what the user name of the proxy holds', async () => {
      const end = await runScenario('network', {
        ...proxy,
        AGENT_PROXYUSERNAME: 'corp\\me/1%',
        INPUT_PATH: 'https://adb-1.test',
      });

      const { proxyUrl } = seenBy(end) as { proxyUrl: string };
      assert.equal(proxyUrl, 'http://corp%5Cme%2F1%25:***@proxy.test:3128');
    });

    it('goes directly to what the proxy is not for', async () => {
      const end = await runScenario('network', { ...proxy, INPUT_PATH: 'https://a.intranet.test' });

      assert.deepEqual(seenBy(end), { caFiles: [] });
    });

    it('names the certificates of the agent, with those that Node was started with', async () => {
      const extra = join(__dirname, 'azure-task-host.test.ts');
      const end = await runScenario('network', {
        ...variables({ secret: { 'Agent.ClientCertPassword': 'pass-phrase' } }),
        INPUT_PATH: 'https://adb-1.test',
        AGENT_CAINFO: '/ca.pem',
        AGENT_CLIENTCERT: '/client.pem',
        AGENT_CLIENTCERTKEY: '/client.key',
        NODE_EXTRA_CA_CERTS: extra,
      });

      assert.deepEqual(seenBy(end), {
        caFiles: ['/ca.pem', extra],
        clientCertificate: { certFile: '/client.pem', keyFile: '/client.key', passphrase: '***' },
      });
      assert.equal(end.lines[0], '##vso[task.setsecret]pass-phrase');
    });

    it('leaves out a file of Node that is not there, as Node does', async () => {
      const end = await runScenario('network', {
        INPUT_PATH: 'https://adb-1.test',
        AGENT_CAINFO: '/ca.pem',
        NODE_EXTRA_CA_CERTS: '/nowhere.pem',
      });

      assert.deepEqual(seenBy(end), { caFiles: ['/ca.pem'] });
    });
  });

  describe('log', () => {
    it('makes foreign text harmless wherever it goes, and keeps messages on one line', async () => {
      const { lines } = await runScenario('hostile');

      const text = 'a ##_vso[task.setvariable variable=x]1 ##_[error]b';
      const ours = lines.slice(lines.indexOf(text));
      assert.deepEqual(ours, [
        text,
        `##vso[task.issue type=warning;source=TaskInternal;]${text}`,
        '##vso[task.debug]a%0A##_vso[task.setvariable variable=x]1%0A##_[error]b',
        `##[group]${text}`,
        'a',
        '##_vso[task.setvariable variable=x]1',
        '##_[error]b',
        '##[endgroup]',
        `##vso[task.setprogress value=50;]${text}`,
        '##vso[task.debug]task result: Succeeded',
        `##vso[task.complete result=Succeeded;]${text}`,
        '',
      ]);
    });

    it('registers each line of a secret, but nothing blank or too short to hide', async () => {
      const end = await runScenario('setSecret');

      assert.deepEqual(linesWith(end, 'setsecret'), [
        '##vso[task.setsecret]first line',
        '##vso[task.setsecret]last line',
      ]);
      assert.equal(onlyLine(end, 'SEEN '), '["***","and the ***"]');
    });

    it('sets declared outputs plainly and others as outputs', async () => {
      const { lines } = await runScenario('outputs');

      const start = lines.indexOf('##vso[task.setvariable variable=runId;]7');
      assert.deepEqual(lines.slice(start, start + 4), [
        '##vso[task.setvariable variable=runId;]7',
        '##vso[task.setvariable variable=notebookOutput_rows;isoutput=true;]##vso[a.b]%0A100 %AZP25;]',
        '##vso[task.setvariable variable=empty;]',
        '##vso[task.uploadsummary]/tmp/a b.md',
      ]);
    });
  });

  describe('end of the process', () => {
    const completions = ({ lines }: ProcessEnd): string[] =>
      lines.filter((line) => line.startsWith('##vso[task.complete'));
    const errors = ({ lines }: ProcessEnd): string[] =>
      lines.filter((line) => line.startsWith('##vso[task.issue type=error'));
    const defect =
      'This is a defect of the task. Run again with the variable system.debug set to true and report the log.';

    const ends: [scenario: string, completion: string][] = [
      ['issues', '##vso[task.complete result=SucceededWithIssues;]done, but'],
      ['expected', '##vso[task.complete result=Failed;]The input is wrong. Write another.'],
      [
        'defect',
        `##vso[task.complete result=Failed;]Unexpected error: cannot read *** of undefined. ${defect}`,
      ],
      [
        'uncaught',
        `##vso[task.complete result=Failed;]Unexpected error: thrown by a timer. ${defect}`,
      ],
      [
        'unhandled',
        `##vso[task.complete result=Failed;]Unexpected error: nobody waited. ${defect}`,
      ],
      ['leftOpen', '##vso[task.complete result=Succeeded;]done'],
    ];
    for (const [scenario, completion] of ends) {
      it(`reports one result with exit code 0: ${scenario}`, async () => {
        const end = await runScenario(scenario);

        assert.deepEqual(completions(end), [completion]);
        assert.equal(end.code, 0);
        assert.equal(end.stderr, '');
      });
    }

    it('reports a failure as one error', async () => {
      const end = await runScenario('expected');

      assert.deepEqual(errors(end), [
        '##vso[task.issue type=error;source=TaskInternal;]The input is wrong. Write another.',
      ]);
    });

    it('keeps the stack of a defect in the debug log', async () => {
      const end = await runScenario('defect');

      const stack = end.lines.filter((line) => line.startsWith('##vso[task.debug]TypeError'));
      assert.equal(stack.length, 1);
      assert.match(stack[0] ?? '', /TypeError: cannot read \*\*\*%0Aof undefined%0A {4}at /);
      assert.equal(linesWith(end, '    at ').length, 1);
    });

    it('loses no line', async () => {
      const { lines } = await runScenario('talkative');

      assert.equal(lines.filter((line) => line.startsWith('line ')).length, 5_000);
      assert.equal(lines.at(-2), '##vso[task.complete result=Succeeded;]done');
    });

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`ends with a failure on ${signal}`, async () => {
        const end = await runScenario(
          'cancel',
          {},
          { onLine: (line, child) => void (line === 'READY' && child.kill(signal)) },
        );

        assert.deepEqual(completions(end), [
          '##vso[task.complete result=Failed;]The step was cancelled.',
        ]);
        assert.equal(end.code, 0);
      });
    }

    it('ends with a failure on SIGBREAK', async () => {
      const end = await runScenario('break');

      assert.deepEqual(completions(end), [
        '##vso[task.complete result=Failed;]The step was cancelled.',
      ]);
      assert.equal(end.code, 0);
    });

    it('ends at once on a second signal, whichever it is', async () => {
      const end = await runScenario(
        'stubborn',
        {},
        {
          onLine: (line, child) => {
            if (line === 'READY') child.kill('SIGINT');
            if (line === 'SIGNALLED') child.kill('SIGTERM');
          },
        },
      );

      assert.deepEqual(completions(end), [
        '##vso[task.complete result=Failed;]The step was told to stop again, and ended at once.',
      ]);
      assert.equal(end.code, 0);
    });
  });

  describe('identity of the step', () => {
    it('comes from the variables of the job', async () => {
      const env = { SYSTEM_PLANID: 'p', SYSTEM_TASKINSTANCEID: 't' };

      const [first, second] = await Promise.all([
        runScenario('identity', env),
        runScenario('identity', env),
      ]);

      assert.deepEqual(seenBy(first), seenBy(second));
      assert.deepEqual(linesWith(first, 'cannot be told'), []);
    });

    it('is said to be unknown without them', async () => {
      const end = await runScenario('identity');

      assert.ok(
        end.lines.includes(
          'This step cannot be told from others (System.PlanId or System.TaskInstanceId is missing): a retry of it will not find the runs of earlier attempts.',
        ),
      );
    });
  });
});
