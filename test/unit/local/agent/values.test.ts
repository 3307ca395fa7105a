import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describeMismatch, findConnection, secretsOf } from '../../../../local/agent/connections';
import { cleanEnvironment, taskEnvironment } from '../../../../local/agent/environment';
import { resolveInputs } from '../../../../local/agent/inputs';
import { nearest, suggest } from '../../../../local/agent/nearest';
import { isVariableAllowed } from '../../../../local/agent/restrictions';
import { SecretMasker } from '../../../../local/agent/secret-masker';
import { climbLadder } from '../../../../local/agent/signal-ladder';
import { isGuid, stableGuid } from '../../../../local/agent/stable-guid';
import { definitionNameOf } from '../../../../local/agent/system-variables';
import { findTask, loadTasks } from '../../../../local/agent/task-definitions';
import { combineResults, mergeTaskResults } from '../../../../local/agent/task-result';
import {
  createTemporaryFolder,
  removeTemporaryFolder,
  removeTemporaryFolders,
} from '../../../../local/agent/temporary-folders';
import { expandMacros, toEnvironmentName, VariableStore } from '../../../../local/agent/variables';
import { evaluateVisibleRule } from '../../../../local/agent/visible-rule';
import { TASKS } from './helpers';

describe('macros', () => {
  const lookup = (name: string): string | undefined =>
    ({ a: '1', self: '$(self)', 'b c': 'x' })[name];

  it('are replaced once, and stay when they are unknown', () => {
    assert.equal(expandMacros('$(a)$(b c)-$(self)-$(none)-$(a', lookup), '1x-$(self)-$(none)-$(a');
    assert.equal(expandMacros('$($(a))', lookup), '$(1)');
    assert.equal(expandMacros('$$(a) $( a)', lookup), '$1 $( a)');
  });

  it('never change text without a macro', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(
          expandMacros(text, () => undefined),
          text,
        );
      }),
    );
  });
});

describe('variables', () => {
  it('are found in any case, stay secret and expand nested macros', () => {
    const store = new VariableStore();
    store.set('My.Var', '$(inner)', { isSecret: true });
    store.set('MY.VAR', 'new $(INNER)');
    store.set('inner', 'x');

    assert.deepEqual(store.recalculate(), []);
    assert.equal(store.get('my.var'), 'new x');
    assert.equal(store.expand('<$(my.VAR)>'), '<new x>');
    assert.ok(store.isSecret('my.var'));
    assert.deepEqual(
      store.list().map(({ name }) => name),
      ['My.Var', 'inner'],
    );
  });

  it('that refer to themselves stay unexpanded with a warning', () => {
    const store = new VariableStore();
    store.set('a', '$(b)');
    store.set('b', '$(a)');

    const warnings = store.recalculate();

    assert.equal(warnings.length, 2);
    assert.equal(store.get('a'), '$(a)');
  });

  it('become environment names by dots and spaces only', () => {
    assert.equal(toEnvironmentName('my.Var name-1'), 'MY_VAR_NAME-1');
  });
});

describe('the secret masker', () => {
  it('masks a secret in the forms in which it turns up', () => {
    const masker = new SecretMasker();
    const secret = 'p@ss "w\\rd"/1';
    masker.add(secret);
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      secret.replaceAll('\\', '\\\\'),
      Buffer.from(secret).toString('base64'),
    ];

    for (const form of forms) assert.equal(masker.mask(`<${form}>`), '<***>');
    const header = Buffer.from(`user:${secret}`).toString('base64');
    assert.ok(masker.mask(header).includes('***'));
  });

  it('masks lines, quoted and trimmed forms, and passwords in URLs', () => {
    const masker = new SecretMasker();
    masker.add('first-line\nsecond-line');
    masker.add(' "quoted-one" ');
    masker.add('   ');
    masker.add('ab');

    assert.equal(masker.mask('x first-line y second-line'), 'x *** y ***');
    assert.equal(masker.mask('quoted-one'), '***');
    assert.equal(masker.mask('https://me:pw@host/x'), 'https://me:***@host/x');
    assert.equal(new SecretMasker().mask('nothing'), 'nothing');
  });

  it('never lets a registered secret through', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc
            .string({ minLength: 3, maxLength: 12 })
            .filter((text) => text.trim() === text && !/[*\s]/.test(text)),
          { minLength: 1, maxLength: 4 },
        ),
        fc.string(),
        (secrets, around) => {
          const masker = new SecretMasker();
          for (const secret of secrets) masker.add(secret);
          for (const secret of secrets)
            assert.ok(!masker.mask(`${around} ${secret} ${around}`).includes(` ${secret} `));
        },
      ),
    );
  });
});

describe('the cancel ladder', () => {
  async function climb(endsAfter: number): Promise<readonly string[]> {
    const exited = new AbortController();
    const events: string[] = [];
    await climbLadder(
      { signal: (name) => void events.push(name), exited: exited.signal },
      { sigintMs: 7500, sigtermMs: 2500 },
      {
        now: () => 0,
        sleep: async (ms) => {
          events.push(String(ms));
          if (events.length >= endsAfter) exited.abort();
        },
      },
    );
    return events;
  }

  it('goes from SIGINT to SIGTERM to SIGKILL', async () => {
    assert.deepEqual(await climb(99), ['SIGINT', '7500', 'SIGTERM', '2500', 'SIGKILL', '0']);
  });

  it('stops when the process has ended', async () => {
    assert.deepEqual(await climb(2), ['SIGINT', '7500']);
    assert.deepEqual(await climb(4), ['SIGINT', '7500', 'SIGTERM', '2500']);
  });
});

describe('results', () => {
  it('merge to the worse, and stay when above Failed', () => {
    assert.equal(mergeTaskResults(undefined, 'Succeeded'), 'Succeeded');
    assert.equal(mergeTaskResults('Failed', 'SucceededWithIssues'), 'Failed');
    assert.equal(mergeTaskResults('Succeeded', 'Skipped'), 'Skipped');
    assert.equal(mergeTaskResults('Canceled', 'Abandoned'), 'Canceled');
  });

  it('of parts combine to one of the whole', () => {
    assert.equal(combineResults([]), 'Succeeded');
    assert.equal(combineResults(['Skipped', 'Skipped']), 'Skipped');
    assert.equal(combineResults(['Succeeded', 'Skipped']), 'Succeeded');
    assert.equal(combineResults(['Canceled', 'Failed']), 'Failed');
    assert.equal(combineResults(['SucceededWithIssues', 'Canceled']), 'Canceled');
  });
});

describe('a visible rule', () => {
  const values = new Map([
    ['a', 'One'],
    ['b', ''],
    ['m', '$(x)'],
  ]);
  const cases: readonly (readonly [string, boolean | undefined])[] = [
    ['a = one', true],
    ['a == two || b =', true],
    ['a != one && b = x', false],
    ['m = x', undefined],
    ['m = x || a = one', true],
    ['m = x && a = two', false],
    ['(a = one)', undefined],
    ['unknown = x', undefined],
    ['gibberish', undefined],
    ['a EndsWith ne', true],
    ['a NotEndsWith ne', false],
    ['a StartsWith o && a Contains n', true],
    ['a NotStartsWith o', false],
    ['a NotContains z', true],
  ];
  for (const [rule, expected] of cases) {
    it(`"${rule}" is ${String(expected)}`, () => {
      assert.equal(evaluateVisibleRule(rule, values), expected);
    });
  }
});

describe('connections', () => {
  const connection = {
    name: 'c',
    id: stableGuid('c'),
    type: 'Acme',
    url: 'https://h.test/p',
    scheme: 'Token',
    parameters: { apitoken: 's', tenantId: 't' },
    data: {},
  };

  it('are found by name or id and compared by type and scheme', () => {
    assert.equal(findConnection([connection], 'C'), connection);
    assert.equal(findConnection([connection], connection.id.toUpperCase()), connection);
    assert.equal(describeMismatch(connection, 'connectedService:acme'), undefined);
    assert.equal(describeMismatch(connection, 'connectedService:acme:OAuth,token'), undefined);
    assert.ok(isGuid(connection.id));
    assert.deepEqual(secretsOf(connection), ['s']);
  });

  it('reach a process only through inputs, several of them with commas', () => {
    const [task] = loadTasks(TASKS).filter(({ name }) => name === 'Probe');
    const context = {
      expandVariables: (text: string) => text.replace('$(v)', 'c'),
      expandEnvironment: (text: string) => text.replace('$(HOME)', '/home/me'),
      root: '/root',
      connectionId: (_type: string, value: string) => ({ c: 'id-c', d: 'id-d' })[value],
    };

    const resolved = resolveInputs(
      task!,
      new Map([
        ['connection', 'c, d'],
        ['certificate', '$(v)'],
        ['folder', 'x/y'],
        ['extra', '$(HOME)'],
      ]),
      context,
    );

    assert.deepEqual(Object.fromEntries(resolved), {
      connection: 'id-c,id-d',
      certificate: 'c',
      folder: '/root/x/y',
      extra: '/home/me',
    });
  });
});

describe('the environment of a process', () => {
  it('takes little from the caller', () => {
    assert.deepEqual(cleanEnvironment({ PATH: '/bin', SECRET: 'x', NODE_OPTIONS: 'y' }), {
      PATH: '/bin',
      LANG: 'C.UTF-8',
    });
  });

  it('lets inputs and variables win over env, and keeps the spelling that was asked for', () => {
    const variables = new VariableStore();
    variables.set('Mixed.Case', '1', { preservesCase: true });
    variables.set('b', 'variable');
    const taskVariables = new VariableStore();
    taskVariables.set('x.y', 'z');
    const connection = {
      name: 'n',
      id: 'SYSTEMVSSCONNECTION',
      type: '',
      url: 'https://h.test/p',
      scheme: 'OAuth',
      parameters: {},
      data: { k: 'v' },
    };

    const environment = taskEnvironment({
      base: {},
      stepEnv: new Map([
        ['INPUT_A', 'env'],
        ['B', 'env'],
        ['C', 'env'],
      ]),
      inputs: new Map([['a', 'input']]),
      connections: [connection],
      variables,
      taskVariables,
      prependedPaths: ['/p'],
      lookupId: 'vsts_1',
    });

    assert.deepEqual(environment, {
      INPUT_A: 'input',
      B: 'variable',
      C: 'env',
      Mixed_Case: '1',
      'agent.jobstatus': 'Succeeded',
      ENDPOINT_URL_SYSTEMVSSCONNECTION: 'https://h.test/p',
      ENDPOINT_AUTH_SYSTEMVSSCONNECTION: '{"parameters":{},"scheme":"OAuth"}',
      ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION: 'OAuth',
      ENDPOINT_DATA_SYSTEMVSSCONNECTION: '{"k":"v"}',
      VSTS_PUBLIC_VARIABLES: '["Mixed.Case","b"]',
      VSTS_SECRET_VARIABLES: '[]',
      VSTS_TASKVARIABLE_X_Y: 'z',
      PATH: '/p',
      TF_BUILD: 'True',
      VSTS_PROCESS_LOOKUP_ID: 'vsts_1',
    });
  });
});

describe('names', () => {
  it('that are nearly right are suggested', () => {
    assert.equal(nearest('condtion', ['condition', 'name']), 'condition');
    assert.equal(suggest('xyz', ['condition']), '');
    assert.equal(suggest('NAME', ['name']), '; did you mean "name"?');
  });

  it('of settable variables may be patterns', () => {
    const restriction = { isRestricted: false, settableVariables: ['out_?', 'a.*'] };
    assert.ok(isVariableAllowed('OUT_1', [restriction]));
    assert.ok(isVariableAllowed('a.b', [restriction, { isRestricted: true }]));
    assert.ok(!isVariableAllowed('out_12', [restriction]));
    assert.ok(!isVariableAllowed('x', [{ isRestricted: false, settableVariables: [] }]));
  });

  it('of definitions come from the file or its folder', () => {
    assert.equal(definitionNameOf('/x/deploy.yaml'), 'deploy');
    assert.equal(definitionNameOf('/x/shop/azure-pipelines.yml'), 'shop');
  });
});

describe('task definitions', () => {
  it('are found by name, full name and id', () => {
    const tasks = loadTasks(TASKS);
    for (const reference of [
      'probe@1',
      'me.ext.Probe@1',
      '6f1c8a52-0d3e-4f5c-9a57-3d8a53a0f001@1',
      'Probe@1.2.3',
      'Probe@1.*',
    ]) {
      assert.equal((findTask(tasks, reference) as { name: string }).name, 'Probe');
    }
    assert.deepEqual(loadTasks('/nowhere'), []);
    assert.match(String(findTask([], 'X@1')), /no built tasks were found/);
    assert.match(String(findTask([], 'X')), /for example MyTask@1/);
  });

  it('prefer the newest Node handler and know what the task declares', () => {
    const [guarded, lifecycle, probe] = loadTasks(TASKS);

    assert.equal(probe?.parts.execution?.handler, 'Node24');
    assert.equal(guarded?.parts.execution?.workingDirectory, '$(Agent.TempDirectory)');
    assert.deepEqual(Object.keys(lifecycle?.parts ?? {}), [
      'prejobexecution',
      'execution',
      'postjobexecution',
    ]);
    assert.deepEqual(
      [guarded?.isRestricted, guarded?.settableVariables],
      [true, ['answer', 'out_*']],
    );
    assert.deepEqual(probe?.outputVariables, ['declared']);
  });
});

describe('temporary folders', () => {
  it('are gone when the agent ends, and can be removed before', () => {
    const [first, second] = [createTemporaryFolder(), createTemporaryFolder()];

    removeTemporaryFolder(first);
    const before = [first, second].map(existsSync);
    removeTemporaryFolders();

    assert.deepEqual(before, [false, true]);
    assert.equal(existsSync(second), false);
  });
});
