// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the template expressions are the pipelines'.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PipelineRefusedError } from '../../../../local/agent/index';
import { ProblemList } from '../../../../local/agent/pipeline-file/problems';
import { readPipeline } from '../../../../local/agent/pipeline-file/read-pipeline';
import { printed, refusals, run, runSteps, theJob } from './helpers';

describe('a pipeline file', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'malformed YAML',
      'steps:\n- bash: [1,\n',
      [
        '3:1 Malformed YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    [
      'a key given twice',
      'steps: []\nsteps: []\n',
      ['2:1 Malformed YAML: Map keys must be unique'],
    ],
    ['two documents', 'steps: []\n---\nsteps: []\n', ['2:1 A file holds one YAML document']],
    ['anchors', 'steps: &a []\n', ['1:11 YAML anchors and aliases are not supported']],
    [
      'a list at the root',
      '- a\n',
      ['1:1 A pipeline file is a mapping with stages, jobs or steps'],
    ],
    ['an empty file', '', ['1:1 A pipeline file is a mapping with stages, jobs or steps']],
    ['no body', 'trigger: none\n', ['1:1 A pipeline file needs "stages", "jobs" or "steps"']],
    [
      'two bodies',
      'jobs: []\nsteps: []\n',
      ['2:1 "steps" beside "jobs": a file has stages, jobs or steps'],
    ],
    [
      'three bodies',
      'stages: []\njobs: []\nsteps: []\n',
      [
        '2:1 "jobs" beside "stages": a file has stages, jobs or steps',
        '3:1 "steps" beside "stages": a file has stages, jobs or steps',
      ],
    ],
    [
      'a template expression as key',
      'steps:\n- ${{ if true }}:\n  - bash: x\n',
      [
        '2:3 Template expressions in keys are not supported: ${{ if true }}',
        '2:3 A step needs one of: task, bash, script, checkout, publish, download',
      ],
    ],
    [
      'a template directive as value',
      'steps:\n- bash: ${{ if eq(1, 1) }}\n',
      ['2:9 Template directives are not supported: ${{ if eq(1, 1) }}'],
    ],
    [
      'a bad template expression',
      'steps:\n- bash: ${{ variables.x == 1 }}\n',
      [
        '2:9 Unexpected "=" (there are no operators: use eq(), ne(), lt(), gt(), and(), or(), not()) at position 13 of: variables.x == 1',
      ],
    ],
    [
      'a template expression that is no text',
      'parameters:\n- name: l\n  type: object\n  default: [a, { b: c }]\nsteps:\n- bash: ${{ parameters.l }}\n',
      ['6:9 ${{ parameters.l }} gives array; only text is supported'],
    ],
    [
      'extends',
      'extends: { template: x }\nsteps: []\n',
      ['1:1 "extends" is not supported by the local agent'],
    ],
    [
      'unsupported steps',
      'steps:\n- template: x.yml\n- checkout: other\n- checkout: self\n  path: x\n- download: p\n- foo: 1\n- text\n',
      [
        '2:3 "template" is not supported by the local agent',
        '3:3 Only "checkout: self" and "checkout: none" are supported, found "other"',
        '5:3 "path" is not supported by the local agent',
        '6:3 Only "download: current" and "download: none" are supported, found "p"',
        '7:3 A step needs one of: task, bash, script, checkout, publish, download',
        '8:3 a step: expected name: value pairs, found "text"',
      ],
    ],
    [
      'wrong kinds of values',
      'steps:\n- bash: [a]\n  enabled: maybe\n  timeoutInMinutes: soon\n  env: x\n  name: a b\n  target: container\n- bash: x\n  target: { commands: some, settableVariables: all }\n',
      [
        '2:9 "bash": expected text, found a list',
        '3:12 "enabled": expected true or false, found "maybe"',
        '4:21 "timeoutInMinutes": expected a number, found "soon"',
        '5:8 "env": expected name: value pairs, found "x"',
        '6:3 "a b" is no step name: letters, digits, "-" and "_" only',
        '7:3 Only the target "host" is supported',
        '9:13 "commands" is any or restricted, found "some"',
        '9:29 "settableVariables" is none or a list of names',
      ],
    ],
    [
      'bad variables',
      'variables:\n- group: none\n- name: a b\n- name: secret.x\n- value: 1\n- { name: r, value: "$[ foo() ]" }\n- template: x\nsteps: []\n',
      [
        '2:3 Unknown variable group "none"; groups come from the file given with --variables',
        '3:3 "a b" is no variable name: letters, digits, "." and "_" only',
        '4:3 A variable name may not start with "secret": secret.x',
        '5:3 A variable needs "name" or "group"',
        '6:5 Variable "r": Unknown function foo() at position 1 of: foo()',
        '7:3 "template" is not supported by the local agent',
      ],
    ],
    [
      'variables that are text',
      'variables: x\nsteps: []\n',
      ['1:12 "variables": expected a mapping or a list, found "x"'],
    ],
    [
      'bad jobs',
      'jobs:\n- job: 1a\n  pool: server\n- {}\n- template: x\n- job: B\n  dependsOn: [b, C]\n  strategy: { matrix: { "a b": { x: 1 } }, runOnce: {} }\n  steps: [{ bash: x, name: n }, { bash: y, name: N }]\n- job: b\n  steps: []\n',
      [
        '2:3 "1a" is no job name: letters, digits and "_" only, no digit first',
        '2:3 A job needs "steps"',
        '3:3 Agentless jobs (pool: server) are not supported by the local agent',
        '4:3 A job needs "job" or "deployment"',
        '5:3 "template" is not supported by the local agent',
        '6:3 The jobs depend on each other in a circle: B -> B',
        '7:18 "dependsOn" names an unknown job "C"; did you mean "B"?',
        '8:25 "a b" is no name of a matrix leg: letters, digits and "_" only',
        '8:44 "runOnce" is not supported by the local agent',
        '9:33 There is another step "N" in line 9',
        '10:3 There is another job "b" in line 6',
      ],
    ],
    [
      'bad deployments',
      'jobs:\n- deployment: A\n- deployment: B\n  environment: { name: e, foo: 1 }\n  strategy: { rolling: {} , runOnce: { on: {} } }\n',
      [
        '2:3 A deployment job needs "environment"',
        '2:3 A deployment job needs "strategy"',
        '4:27 Unknown key "foo" in "environment"',
        '5:15 "rolling" is not supported by the local agent',
        '5:38 "runOnce" needs "deploy"',
      ],
    ],
    [
      'bad stages',
      'stages:\n- stage: a-b\n- template: x\n- foo: 1\n- stage: A\n  condition: bad(\n  jobs: [{ job: A, steps: [] }]\n',
      [
        '2:3 "a-b" is no stage name: letters, digits and "_" only, no digit first',
        '2:3 Stage "a-b" needs "jobs"',
        '3:3 "template" is not supported by the local agent',
        '4:3 A stage needs "stage"',
        '6:3 Bad condition: Unexpected the end at position 5 of: bad(',
      ],
    ],
    [
      'bad parameters',
      'parameters:\n- name: a\n- name: b\n  type: step\n- name: c\n  default: x\n  values: [y, z]\nsteps: []\n',
      [
        '2:3 Parameter "a" has no default and no value was given',
        '4:3 Parameter "b": type "step" is not supported',
        '5:3 Parameter "c" is "x", expected one of: y, z',
      ],
    ],
    [
      'bad tasks',
      `steps:
- task: Probe
- task: Prob@1
- task: Probe@2
- task: Nothing@1
- task: Guarded@2
- task: probe@1
  inputs: { cod: x, code: y, js: z, connection: nope, certificate: acme prod, mode: strict, reason: $(r) }
- task: Probe@1
  inputs: { connection: other, certificate: $(later), mode: $(m) }
`,
      [
        '2:3 "Probe" is no task reference: write Name@Major, for example Guarded@2',
        '3:3 Unknown task "Prob@1"; did you mean "Probe@1"?',
        '4:3 There is no version 2 of task "Probe" (there is Probe@1)',
        '5:3 Unknown task "Nothing@1" (known: Guarded@2, Lifecycle@1, Probe@1)',
        '6:3 Task Guarded@2: a required input is missing: lines',
        '7:3 Task Probe@1: a required input is missing: ticket',
        '8:13 Task Probe@1 has no input "cod"; did you mean "code"?',
        '8:30 "js" and "code" are the same input',
        '8:37 Input "connection": unknown service connection "nope"',
        '8:55 Input "certificate": connection "acme prod" has the scheme "Token", the input takes Certificate',
        '10:13 Input "connection": connection "other" is of type "github", the input takes "acme"',
      ],
    ],
  ];
  for (const [title, text, expected] of cases) {
    it(`with ${title} is refused`, async () => {
      assert.deepEqual(await refusals(text), expected);
    });
  }

  it('that cannot be read, and stages and parameters that do not exist, are refused', async () => {
    const missing = await refusals('', { text: undefined as never, file: '/nowhere/p.yml' });
    const unknown = await refusals('steps: []', {
      stages: ['X'],
      parameters: { p: '1' },
      sources: '/nowhere',
      artifacts: { a: '/neither' },
    });

    assert.deepEqual(missing, [
      "1:1 Cannot read the file: ENOENT: no such file or directory, open '/nowhere/p.yml'",
    ]);
    assert.deepEqual(unknown, [
      '1:1 The pipeline has no parameter "p"',
      '1:1 There is no stage "X"',
      '1:1 There is no folder "/neither"',
      '1:1 There is no folder "/nowhere"',
    ]);
  });

  it('may use keys that mean nothing on this machine', async () => {
    const result = await run(`
name: $(Date:yyyyMMdd)
trigger: [main]
pr: none
schedules: []
pool: { vmImage: ubuntu-latest }
resources: { webhooks: [] }
lockBehavior: sequential
stages:
- stage:
  displayName: First
  pool: x
  jobs:
  - job:
    pool: y
    workspace: { clean: all }
    cancelTimeoutInMinutes: 1
    dependsOn: []
    steps:
    - checkout: none
      fetchDepth: 1
    - script: echo hi
      target: host
`);

    assert.equal(theJob(result).name, 'Job1');
    assert.equal(result.stages[0]?.displayName, 'First');
  });

  it('keeps scalars as written and replaces compile-time expressions', async () => {
    const [step] = await runSteps(
      `- bash: "echo '\${{ variables.version }} \${{ parameters.flag }} \${{ parameters.n }} \${{ parameters.empty }} \${{ join('}}', parameters.list) }} \${{ variables.host }} \${{ variables['System.HostType'] }} \${{ variables.later }}' $(version)"
variables: { version: 1.10, yes: 007, later: "" }
parameters:
- { name: flag, type: boolean, default: yes }
- { name: n, type: number, default: 5 }
- { name: empty, default: }
- { name: list, type: object, default: [a, b] }`,
      { variables: { variables: { host: 'h' } }, parameters: { n: '7' } },
    );

    assert.deepEqual(printed(step), ['1.10 True 7  a}}b h build  1.10']);
  });

  it('never breaks the reader in another way than by problems', () => {
    const key = fc.constantFrom(
      'stages',
      'stage',
      'jobs',
      'job',
      'deployment',
      'steps',
      'bash',
      'task',
      'inputs',
      'variables',
      'strategy',
      'matrix',
      'runOnce',
      'deploy',
      'on',
      'environment',
      'dependsOn',
      'condition',
      'parameters',
      'target',
      'env',
      'name',
      'group',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom('x', '', 'true', '$[ x', '${{ a }}', 'and(', '1'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
        fc.constant(null),
      ),
    }));
    const texts = fc.oneof(
      fc.string(),
      tree.map((value) => JSON.stringify(value)),
      fc.dictionary(key, tree).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const problems = new ProblemList();
        readPipeline('p.yml', text, problems);
        if (!problems.isEmpty) assert.throws(() => problems.throwIfAny(), PipelineRefusedError);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the settings files', () => {
  it('are refused with file and line when something is wrong in them', async () => {
    const variables = await refusals('steps: []', {
      variables: { variable: {}, groups: { g: { a: { value: '1', secrets: true } } } },
    });
    const connections = await refusals('steps: []', {
      connections: { connections: [{ name: 'a', id: 'x' }, { name: 'A' }, { url: 'u' }] },
    });
    const missing = await refusals('steps: []', { variables: '/nowhere.yml' });
    const lists = await refusals('steps: []', { variables: { variables: ['x'] } });

    assert.deepEqual(
      variables.map((text) => text.replace(/^\S+ /, '')),
      [
        'Unknown key "variable" in the variables file; did you mean "variables"?',
        'Unknown key "secrets" in "a"; did you mean "secret"?',
      ],
    );
    assert.deepEqual(
      connections.map((text) => text.replace(/^\S+ /, '')),
      [
        'There are two connections named "a"',
        '"id" of connection "a" is no GUID: "x"',
        'A connection needs "name"',
      ],
    );
    assert.match(missing[0]!, /Cannot read the variables file: ENOENT/);
    assert.match(lists[0]!, /"variables": expected name: value pairs, found a list/);
  });
});
