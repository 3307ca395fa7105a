import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readSubmitInputs,
  type SubmitInputs,
} from '../../../../../shared/pipeline/runs/submit-inputs';
import { computeStepIdentity } from '../../../../../shared/pipeline/step-identity';
import manifest from '../../../../../tasks/SubmitNotebookRun/task.json';
import { aTaskContext, aTempDirectory, stepVariables } from '../../../../helpers/task-context';

const notebookPath = '/Shared/app/main';
const existingCluster = '0923-164208-meows279';
const newCluster = '{"spark_version": "15.4.x-scala2.12", "num_workers": 1}';

const step = computeStepIdentity((name) => stepVariables[name]).hash.slice(0, 8);

function read(
  inputs: Record<string, string>,
  variables: Record<string, string> = {},
): SubmitInputs {
  const { context, host } = aTaskContext({ manifest, inputs, variables });
  const result = readSubmitInputs(context.input, host);
  context.input.finish();
  return result;
}

describe('readSubmitInputs', () => {
  it('reads what is given', () => {
    const inputs = read({
      notebookPath,
      notebookParameters: 'day: 007',
      compute: 'existingCluster',
      existingCluster,
      runName: 'my run',
      runTimeoutMinutes: '1.5',
      accessControlList: '- {group_name: devs, permission_level: CAN_VIEW}',
      idempotencyToken: 'abc',
      cancelOnPipelineCancel: 'False',
    });

    assert.deepEqual(inputs, {
      notebookPath,
      parameters: { day: '007' },
      compute: { kind: 'existing-cluster', clusterId: existingCluster },
      runName: 'my run',
      earlierRunNames: /^my run$/,
      runTimeoutSeconds: 90,
      accessControlList: [
        { principal: { kind: 'group', name: 'devs' }, permissionLevel: 'CAN_VIEW' },
      ],
      idempotencyToken: 'abc',
      cancelOnPipelineCancel: false,
    });
  });

  it('knows the levels of runs', () => {
    const { accessControlList } = read({
      notebookPath,
      compute: 'serverless',
      accessControlList:
        '[{"user_name":"a","permission_level":"IS_OWNER"},{"group_name":"b","permission_level":"CAN_MANAGE_RUN"},{"group_name":"c","permission_level":"CAN_MANAGE"}]',
    });

    assert.deepEqual(
      accessControlList.map(({ permissionLevel }) => permissionLevel),
      ['IS_OWNER', 'CAN_MANAGE_RUN', 'CAN_MANAGE'],
    );
  });

  it('refuses two entries for one group', () => {
    const list =
      '[{"group_name":"devs","permission_level":"CAN_VIEW"},{"group_name":"devs","permission_level":"CAN_MANAGE"}]';

    assert.throws(() => read({ notebookPath, compute: 'serverless', accessControlList: list }), {
      name: 'InputError',
      message:
        "Input 'accessControlList': entries 1 and 2 are both for the group devs; keep one of them.",
    });
  });

  it('has defaults for everything but notebook and compute', () => {
    const inputs = read({ notebookPath, compute: 'serverless' });

    assert.deepEqual(inputs, {
      notebookPath,
      parameters: {},
      compute: { kind: 'serverless' },
      runName: `Azure Pipelines: main [${step}]`,
      earlierRunNames: /^Azure Pipelines: main \[[0-9a-f]{8}\]$/s,
      runTimeoutSeconds: 0,
      accessControlList: [],
      idempotencyToken: undefined,
      cancelOnPipelineCancel: true,
    });
  });

  describe('notebook path', () => {
    for (const path of ['/a', '/Users/me@x.test/a b', '/Workspace/a/.hidden', '/a/b.c']) {
      it(`accepts ${path}`, () => {
        assert.equal(read({ notebookPath: path, compute: 'serverless' }).notebookPath, path);
      });
    }

    it('is required', () => {
      assert.throws(() => read({ compute: 'serverless' }), {
        name: 'InputError',
        message:
          "Input 'notebookPath' is empty. Give the absolute path of a notebook in the workspace, e.g. /Shared/app/main.",
      });
    });

    it('is absolute', () => {
      assert.throws(() => read({ notebookPath: 'app/main', compute: 'serverless' }), {
        message:
          'Input \'notebookPath\' is "app/main", expected an absolute path in the workspace, e.g. /Shared/app/main.',
      });
    });

    for (const path of ['/a/', '/', '/a/../b', '/./a', '/a/..']) {
      it(`is not ${path}`, () => {
        assert.throws(() => read({ notebookPath: path, compute: 'serverless' }), {
          message: `Input 'notebookPath' is "${path}", expected the path of a notebook: without "." and ".." and without "/" at the end.`,
        });
      });
    }
  });

  describe('compute', () => {
    const kinds: [inputs: Record<string, string>, kind: string][] = [
      [{ existingCluster }, 'existing-cluster'],
      [{ newCluster }, 'new-cluster'],
      [{ compute: '', newCluster }, 'new-cluster'],
      [{ compute: 'Serverless' }, 'serverless'],
      [{ compute: 'serverless', existingCluster }, 'serverless'],
      [{ compute: 'newCluster', existingCluster, newCluster }, 'new-cluster'],
      [{ compute: 'existingCluster', existingCluster, newCluster }, 'existing-cluster'],
    ];
    for (const [inputs, kind] of kinds) {
      it(`is ${kind} for ${Object.entries(inputs)
        .map(([name, value]) => `${name}=${value.slice(0, 15)}`)
        .join(', ')}`, () => {
        assert.equal(read({ notebookPath, ...inputs }).compute.kind, kind);
      });
    }

    const refused: [inputs: Record<string, string>, message: string][] = [
      [
        {},
        "No compute is chosen: set 'existingCluster' to a cluster id, or 'newCluster' to a cluster specification, or 'compute' to serverless.",
      ],
      [
        { existingCluster, newCluster },
        "Both 'existingCluster' and 'newCluster' are given; keep one of them.",
      ],
      [
        { compute: 'existingCluster', newCluster },
        "Input 'existingCluster' is empty. Give the id of a cluster, e.g. 0923-164208-meows279.",
      ],
      [
        { compute: 'newCluster', existingCluster },
        "Input 'newCluster' is empty. Give a cluster specification or the path of a file that holds one.",
      ],
      [
        { compute: 'jobCluster', existingCluster },
        'Input \'compute\' is "jobCluster", expected auto, existingCluster, newCluster or serverless.',
      ],
      [
        { existingCluster: 'my cluster' },
        'Input \'existingCluster\' is "my cluster", expected the id of a cluster, e.g. 0923-164208-meows279. It stands on the page of the cluster, under "More …", "View JSON".',
      ],
      [
        { existingCluster: '$(cluster)' },
        'Input \'existingCluster\' contains $(cluster), but no variable "cluster" is defined. Define it, link the variable group that has it, or write $$(cluster) if that text is meant.',
      ],
      [
        { newCluster: '$(cluster)' },
        'Input \'newCluster\' contains $(cluster), but no variable "cluster" is defined. Define it, link the variable group that has it, or write $$(cluster) if that text is meant.',
      ],
    ];
    for (const [inputs, message] of refused) {
      it(`refuses ${JSON.stringify(inputs)}`, () => {
        assert.throws(() => read({ notebookPath, ...inputs }), { name: 'InputError', message });
      });
    }
  });

  describe('new cluster', () => {
    const specification = { spark_version: '15.4.x-scala2.12', num_workers: 1 };
    const example =
      '{"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_D4ds_v5", "num_workers": 1}';

    function clusterOf(text: string, variables: Record<string, string> = {}): unknown {
      const { compute } = read({ notebookPath, newCluster: text }, variables);
      return compute.kind === 'new-cluster' ? compute.newCluster : compute.kind;
    }

    it('is read from JSON', () => {
      assert.deepEqual(clusterOf(newCluster), specification);
    });

    it('is read from YAML', () => {
      assert.deepEqual(clusterOf('spark_version: 15.4.x-scala2.12\nnum_workers: 1'), specification);
    });

    it('is read from one line of YAML', () => {
      assert.deepEqual(clusterOf('policy_id: E06'), { policy_id: 'E06' });
    });

    it('is read from a file, relative to the working directory of the job', () => {
      const folder = aTempDirectory();
      writeFileSync(join(folder, 'cluster.json'), `\ufeff${newCluster}`);

      const cluster = clusterOf('cluster.json', { 'System.DefaultWorkingDirectory': folder });

      assert.deepEqual(cluster, specification);
    });

    it('is read from a file with an absolute path', () => {
      const file = join(aTempDirectory(), 'cluster.yml');
      writeFileSync(file, 'spark_version: 15.4.x-scala2.12\nnum_workers: 1\n');

      assert.deepEqual(clusterOf(file), specification);
    });

    it('says which file is missing', () => {
      const folder = aTempDirectory();

      assert.throws(() => clusterOf('cluster.json', { 'System.DefaultWorkingDirectory': folder }), {
        name: 'InputError',
        message: `Input 'newCluster': the file "${join(folder, 'cluster.json')}" cannot be read (ENOENT). Give the path of a file on the agent, relative to System.DefaultWorkingDirectory, or the specification itself.`,
      });
    });

    it('reads no device, which would never end', () => {
      assert.throws(() => clusterOf('/dev/zero'), {
        message: `Input 'newCluster': "/dev/zero" is no file.`,
      });
    });

    it('reads no file that is too large to be one', () => {
      const file = join(aTempDirectory(), 'cluster.json');
      writeFileSync(file, '');
      truncateSync(file, 1024 ** 3);

      assert.throws(() => clusterOf(file), {
        message: `Input 'newCluster': the file "${file}" has 1073741824 bytes, too many for a cluster specification.`,
      });
    });

    it('says what is wrong in a file', () => {
      const file = join(aTempDirectory(), 'cluster.json');
      writeFileSync(file, '[]');

      assert.throws(() => clusterOf(file), {
        message: `Input 'newCluster': expected an object such as ${example}, got a list.`,
      });
    });

    it('is not the body of a request', () => {
      assert.throws(() => clusterOf(`{"new_cluster": ${newCluster}}`), {
        message:
          'Input \'newCluster\': the specification is wrapped in "new_cluster"; give only what is inside.',
      });
    });

    it('names a version of Spark, unless a policy does', () => {
      assert.throws(() => clusterOf('{"num_workers": 1}'), {
        message: `Input 'newCluster': "spark_version" is missing. Expected a specification such as ${example}.`,
      });
    });
  });

  describe('run name', () => {
    const cases: [title: string, variables: Record<string, string>, name: string][] = [
      [
        'pipeline and run of a build',
        { 'Build.DefinitionName': 'CI', 'Build.BuildNumber': '20260105.1' },
        `CI 20260105.1: main [${step}]`,
      ],
      [
        'definition, release and environment of a release',
        {
          'Release.DefinitionName': 'Deploy',
          'Release.ReleaseName': 'Release-7',
          'Release.EnvironmentName': 'prod',
          'Build.DefinitionName': 'CI',
          'Build.BuildNumber': '1',
        },
        `Deploy Release-7 prod: main [${step}]`,
      ],
      ['nothing but the notebook outside of both', {}, `Azure Pipelines: main [${step}]`],
    ];
    for (const [title, variables, name] of cases) {
      it(`names ${title}`, () => {
        assert.equal(read({ notebookPath, compute: 'serverless' }, variables).runName, name);
      });
    }

    it('names no step that cannot be told from others', () => {
      const inputs = read({ notebookPath, compute: 'serverless' }, { 'System.PlanId': '' });

      assert.equal(inputs.runName, 'Azure Pipelines: main');
    });

    const release = {
      'Release.DefinitionName': 'Deploy (eu)',
      'Release.ReleaseName': 'Release-7',
      'Release.EnvironmentName': 'prod',
    };
    const earlier: [name: string, isEarlier: boolean][] = [
      ['Deploy (eu) Release-6 prod: main [0123abcd]', true],
      ['Deploy (eu) Release-7 prod: main [0123abcd]', true],
      ['Deploy (eu) Release-6 test: main [0123abcd]', false],
      ['Deploy (eu) Release-6 prod: main2 [0123abcd]', false],
      ['Deploy (us) Release-6 prod: main [0123abcd]', false],
      ['Deploy eu Release-6 prod: main [0123abcd]', false],
      ['Deploy (eu) Release-6 prod: main', false],
    ];
    for (const [name, isEarlier] of earlier) {
      it(`${isEarlier ? 'knows' : 'does not take'} "${name}" as that of an earlier run`, () => {
        const inputs = read({ notebookPath, compute: 'serverless' }, release);

        assert.equal(inputs.earlierRunNames.test(name), isEarlier);
      });
    }

    it('stays as it is given, and finds no other name', () => {
      const inputs = read({ notebookPath, compute: 'serverless', runName: 'nightly *' });

      assert.equal(inputs.runName, 'nightly *');
      assert.ok(inputs.earlierRunNames.test('nightly *'));
      assert.ok(!inputs.earlierRunNames.test('nightly 7'));
    });
  });

  it('rounds the time limit of the run up to whole seconds', () => {
    const inputs = read({ notebookPath, compute: 'serverless', runTimeoutMinutes: '0.001' });

    assert.equal(inputs.runTimeoutSeconds, 1);
  });

  it('limits the idempotency token to what the service takes', () => {
    const longest = 'x'.repeat(64);

    assert.equal(
      read({ notebookPath, compute: 'serverless', idempotencyToken: longest }).idempotencyToken,
      longest,
    );
    assert.throws(
      () => read({ notebookPath, compute: 'serverless', idempotencyToken: `${longest}x` }),
      {
        message: "Input 'idempotencyToken' has 65 characters, expected at most 64.",
      },
    );
  });

  it('reports the problems of all inputs at once', () => {
    assert.throws(
      () =>
        read({
          notebookPath: 'a',
          notebookParameters: '[]',
          accessControlList: '7',
          runTimeoutMinutes: 'x',
        }),
      /^InputError: 5 problems .* 'notebookPath' .* 'notebookParameters'.* No compute .* 'runTimeoutMinutes' .* 'accessControlList'/,
    );
  });
});
