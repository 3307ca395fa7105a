import assert from 'node:assert/strict';
import { answer, type StubReply, stubHost } from '../../../helpers/stub-api';
import { aCheck, type CheckOptions, credentialsRoute, rowsOfFailure } from './a-check';

const notebookRoute = 'GET /api/2.0/workspace/get-status?path=%2Fapp%2Fmain';
const clusterRoute = 'GET /api/2.1/clusters/get?cluster_id=c-1';
const folderRoute =
  'GET /api/2.0/workspace/get-status?path=%2FRepos%2Fci%2Fapp&return_git_info=true';
const repoRoute = 'GET /api/2.0/repos/9';
const jobRoute = 'GET /api/2.2/jobs/get?job_id=5';
const permissions = (object: string): string => `GET /api/2.0/permissions/${object}`;

const notebook = { object_type: 'NOTEBOOK', path: '/app/main', object_id: 8, language: 'PYTHON' };
const folder = { object_type: 'REPO', path: '/Repos/ci/app', object_id: 9 };
const repo = {
  id: 9,
  path: '/Repos/ci/app',
  url: 'https://dev.azure.com/acme/p/_git/r',
  provider: 'azureDevOpsServices',
  branch: 'main',
  head_commit_id: 'a'.repeat(40),
};

const allowed = (entry: object): StubReply => ({ access_control_list: [entry] }) as StubReply;
const ofGroup = (level: string): object => ({
  group_name: 'ci',
  all_permissions: [{ permission_level: level, inherited: true }],
});

/** The row of one check, with its remedy. */
function rowOf(rows: readonly string[], name: string): string[] {
  const at = rows.findIndex((row) => row.startsWith(`${name} |`));
  const next = rows[at + 1] ?? '';
  return [rows[at] ?? '', ...(next.startsWith('->') ? [next] : [])];
}

async function good(name: string, options: CheckOptions): Promise<string[]> {
  const check = aCheck(options);
  await check.run();
  return rowOf(check.rows(), name);
}

async function bad(name: string, options: CheckOptions): Promise<string[]> {
  return rowOf(await rowsOfFailure(aCheck(options)), name);
}

describe('the checks in the workspace', () => {
  describe('the Git credential', () => {
    it('may be missing', async () => {
      assert.deepEqual(await good('Git credential', { routes: { [credentialsRoute]: {} } }), [
        'Git credential | ok | none; public repositories and imports need none',
      ]);
    });

    const enough =
      "enough for a public repository, or with 'gitCredential' entra or token of DatabricksUpdateRepo@1; otherwise add one when signed in as this identity (Settings, Linked accounts; for a service principal POST /api/2.0/git-credentials)";
    for (const [title, credentials, none] of [
      ['none', [], 'none'],
      [
        'none for its provider',
        [{ credential_id: 1, git_provider: 'gitHub' }],
        'none for azureDevOpsServices, only gitHub',
      ],
    ] as const) {
      it(`is noted when a Git folder may need it and there is ${title}`, async () => {
        const routes = {
          [credentialsRoute]: { credentials },
          [folderRoute]: folder,
          [repoRoute]: repo,
          [permissions('repos/9')]: {},
        } as unknown as Record<string, StubReply>;

        assert.deepEqual(
          await good('Git credential', { inputs: { repoPath: '/Repos/ci/app' }, routes }),
          [`Git credential | ok | ${none}: ${enough}`],
        );
      });
    }

    it('may be one of Entra for Azure Repos', async () => {
      const routes = {
        [credentialsRoute]: {
          credentials: [{ credential_id: 1, git_provider: 'azureDevOpsServicesAad' }],
        },
        [folderRoute]: folder,
        [repoRoute]: repo,
        [permissions('repos/9')]: {},
      } as Record<string, StubReply>;

      assert.deepEqual(
        await good('Git credential', { inputs: { repoPath: '/Repos/ci/app' }, routes }),
        ['Git credential | ok | azureDevOpsServicesAad'],
      );
    });

    it('must be readable for a Git folder', async () => {
      const routes = {
        [credentialsRoute]: answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' }),
        [folderRoute]: folder,
        [repoRoute]: repo,
        [permissions('repos/9')]: {},
      };

      const [row] = await bad('Git credential', { inputs: { repoPath: '/Repos/ci/app' }, routes });

      assert.match(
        row ?? '',
        /^Git credential \| failed \| Listing the Git credentials .* failed: no/,
      );
    });
  });

  describe('the notebook', () => {
    const inputs = { notebookPath: '/app/main' };
    const use = 'the identity may read it';

    for (const [title, entry, found] of [
      ['the level of a group', ofGroup('CAN_RUN'), `${use} (CAN_RUN)`],
      ['the lowest level', ofGroup('CAN_READ'), `${use} (CAN_READ)`],
      [
        'a level of its own, in any case',
        { user_name: 'ME@x.test', all_permissions: [{ permission_level: 'CAN_MANAGE' }] },
        `${use} (CAN_MANAGE)`,
      ],
      [
        'a level that only others have',
        { service_principal_name: 'other', all_permissions: [{ permission_level: 'CAN_MANAGE' }] },
        'not known whether the identity may read it: the permissions on it name neither the identity nor its groups',
      ],
      [
        'a level that it does not know',
        ofGroup('CAN_DREAM'),
        'not known whether the identity may read it: the permissions on it name neither the identity nor its groups',
      ],
    ] as const) {
      it(`may be used with ${title}`, async () => {
        const routes = { [notebookRoute]: notebook, [permissions('notebooks/8')]: allowed(entry) };

        assert.deepEqual(await good('Notebook', { inputs, routes }), [
          `Notebook | ok | "/app/main" (PYTHON), ${found}`,
        ]);
      });
    }

    it('takes the highest of several levels', async () => {
      const list = { access_control_list: [ofGroup('CAN_READ'), ofGroup('CAN_EDIT')] } as StubReply;
      const routes = { [notebookRoute]: notebook, [permissions('notebooks/8')]: list };

      assert.match(
        (await good('Notebook', { inputs, routes }))[0] ?? '',
        /may read it \(CAN_EDIT\)$/,
      );
    });

    it('is fine when nobody may see its permissions', async () => {
      const routes = {
        [notebookRoute]: notebook,
        [permissions('notebooks/8')]: answer(403, {
          error_code: 'PERMISSION_DENIED',
          message: 'no',
        }),
      };

      assert.match(
        (await good('Notebook', { inputs, routes }))[0] ?? '',
        /not known whether the identity may read it: the identity may not see the permissions on it$/,
      );
    });

    it('is fine when its permissions cannot be read', async () => {
      const routes = {
        [notebookRoute]: notebook,
        [permissions('notebooks/8')]: answer(404, { error_code: 'NOT_FOUND', message: 'no' }),
      };

      assert.match(
        (await good('Notebook', { inputs, routes }))[0] ?? '',
        /may read it: the permissions on it cannot be read \(HTTP 404\)$/,
      );
    });

    it('must exist', async () => {
      const routes = {
        [notebookRoute]: answer(404, {
          error_code: 'RESOURCE_DOES_NOT_EXIST',
          message: "Path (/app/main) doesn't exist.",
        }),
      };

      assert.deepEqual(await bad('Notebook', { inputs, routes }), [
        `Notebook | failed | Looking up "/app/main" failed: Path (/app/main) doesn't exist (HTTP 404 RESOURCE_DOES_NOT_EXIST, GET ${stubHost}/api/2.0/workspace/get-status)`,
        '-> What to do: Check the name, and that the identity may see it.',
      ]);
    });

    it('must be a notebook', async () => {
      const routes = { [notebookRoute]: { ...notebook, object_type: 'FILE' } };

      assert.deepEqual(await bad('Notebook', { inputs, routes }), [
        'Notebook | failed | "/app/main" is no notebook, but a FILE',
        '-> What to do: Give the path of a notebook, without extension.',
      ]);
    });
  });

  describe('the cluster', () => {
    const inputs = { clusterId: 'c-1' };

    for (const [state, level, found] of [
      [
        'RUNNING',
        'CAN_ATTACH_TO',
        '"big" is RUNNING, the identity may run notebooks on it (CAN_ATTACH_TO)',
      ],
      [
        'TERMINATED',
        'CAN_RESTART',
        '"big" is TERMINATED, the identity may start it and run notebooks on it (CAN_RESTART)',
      ],
    ] as const) {
      it(`may be ${state} with ${level}`, async () => {
        const routes = {
          [clusterRoute]: { cluster_id: 'c-1', cluster_name: 'big', state },
          [permissions('clusters/c-1')]: allowed(ofGroup(level)),
        };

        assert.deepEqual(await good('Cluster', { inputs, routes }), [`Cluster | ok | ${found}`]);
      });
    }

    it('must be allowed to start if it is not running', async () => {
      const routes = {
        [clusterRoute]: { cluster_id: 'c-1', cluster_name: 'big', state: 'TERMINATED' },
        [permissions('clusters/c-1')]: allowed(ofGroup('CAN_ATTACH_TO')),
      };

      assert.deepEqual(await bad('Cluster', { inputs, routes }), [
        'Cluster | failed | it exists, but the identity may not start it and run notebooks on it: it has CAN_ATTACH_TO, and needs CAN_RESTART',
        '-> What to do: Give me@x.test the permission "Can Restart" on it.',
      ]);
    });

    it('must not be broken', async () => {
      const cluster = { cluster_name: 'big', state: 'ERROR', state_message: 'no quota' };

      assert.deepEqual(await bad('Cluster', { inputs, routes: { [clusterRoute]: cluster } }), [
        'Cluster | failed | cluster "big" is in the state ERROR: no quota',
        '-> What to do: Look at the events of the cluster and start it by hand.',
      ]);
    });
  });

  describe('the Git folder', () => {
    const inputs = { repoPath: '/Repos/ci/app' };

    it('is looked up once for both of its checks', async () => {
      const check = aCheck({
        inputs,
        routes: {
          [folderRoute]: folder,
          [repoRoute]: repo,
          [permissions('repos/9')]: allowed(ofGroup('CAN_MANAGE')),
        },
      });

      await check.run();

      assert.deepEqual(rowOf(check.rows(), 'Git folder'), [
        'Git folder | ok | "/Repos/ci/app" of https://dev.azure.com/acme/p/_git/r, on main, the identity may update it (CAN_MANAGE)',
      ]);
      assert.equal(check.api.calls().filter((call) => call === folderRoute).length, 1);
    });

    it('must exist, but does not need a provider to be told about the Git credential', async () => {
      const routes = {
        [folderRoute]: answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }),
      };
      const rows = await rowsOfFailure(aCheck({ inputs, routes }));

      assert.deepEqual(rows.slice(8), [
        'Git credential | ok | azureDevOpsServices as ci@x.test',
        'Git folder | failed | there is nothing at "/Repos/ci/app" that the identity may see',
        '-> What to do: Check the path. DatabricksUpdateRepo@1 creates the Git folder if it is missing; for one that exists give the identity the permission "Can Manage".',
      ]);
    });

    it('must be a Git folder', async () => {
      const routes = { [folderRoute]: { ...folder, object_type: 'DIRECTORY' } };

      assert.deepEqual(await bad('Git folder', { inputs, routes }), [
        'Git folder | failed | "/Repos/ci/app" is no Git folder, but a DIRECTORY',
        '-> What to do: Give the path of a Git folder itself, not of something inside it.',
      ]);
    });
  });

  describe('the job', () => {
    const inputs = { jobId: '5' };

    it('may be run', async () => {
      const routes = {
        [jobRoute]: { job_id: 5, settings: { name: 'nightly' } },
        [permissions('jobs/5')]: allowed(ofGroup('IS_OWNER')),
      };

      assert.deepEqual(await good('Job', { inputs, routes }), [
        'Job | ok | "nightly", the identity may run it (IS_OWNER)',
      ]);
    });

    it('must exist', async () => {
      const routes = {
        [jobRoute]: answer(400, {
          error_code: 'INVALID_PARAMETER_VALUE',
          message: 'Job 5 does not exist.',
        }),
      };

      assert.deepEqual(await bad('Job', { inputs, routes }), [
        `Job | failed | Reading job 5 failed: Job 5 does not exist (HTTP 400 INVALID_PARAMETER_VALUE, GET ${stubHost}/api/2.2/jobs/get)`,
        '-> What to do: Check the number on the page of the job, and that the identity may see the job ("Can View").',
      ]);
    });
  });
});
