import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
} from '../workspace-client';

const principal = '6e5b0b7e-4a6f-4c0e-9a53-0d6c1c0f2a11';
const admins = {
  group_name: 'admins',
  all_permissions: [
    { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/directories/'] },
  ],
};

describe('permissions', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
    await workspace.post('/api/2.0/workspace/mkdirs', { path: '/app/jobs' });
  });
  afterEach(closeWorkspaces);

  async function idOf(path: string, from = workspace): Promise<string> {
    const { body } = await from.get('/api/2.0/workspace/get-status', { path });
    return String(body['resource_id']);
  }

  async function urlOf(path: string, type = 'directories'): Promise<string> {
    return `/api/2.0/permissions/${type}/${await idOf(path)}`;
  }

  async function change(method: 'put' | 'patch', path: string, list: object[]): Promise<Answer> {
    return workspace[method](await urlOf(path), { access_control_list: list });
  }

  async function listOf(path: string, type = 'directories'): Promise<unknown> {
    const { body, text } = await workspace.get(await urlOf(path, type));
    assert.ok(body['access_control_list'], text);
    return body['access_control_list'];
  }

  const own = (level: string): object => ({
    all_permissions: [{ permission_level: level, inherited: false }],
  });

  it('of a new folder are those that it inherits', async () => {
    const url = await urlOf('/app/jobs');

    const { body } = await workspace.get(url);
    assert.deepEqual(body, {
      object_id: url.replace('/api/2.0/permissions', ''),
      object_type: 'directory',
      access_control_list: [admins],
    });
  });

  it('are everything for everybody in /Shared, and for users in their home', async () => {
    const home = '/Users/local.user@databricks.test';

    assert.deepEqual(await listOf('/Shared'), [
      { group_name: 'users', ...own('CAN_MANAGE') },
      admins,
    ]);
    assert.deepEqual(await listOf(home), [
      {
        user_name: 'local.user@databricks.test',
        display_name: 'Local User',
        ...own('CAN_MANAGE'),
      },
      admins,
    ]);
    assert.deepEqual(await listOf(`/Users/${principal}`), [
      { service_principal_name: principal, display_name: principal, ...own('CAN_MANAGE') },
      admins,
    ]);
    assert.deepEqual(await listOf('/Users'), [admins]);
  });

  it('are added by PATCH, which changes the level of those who have one', async () => {
    await change('patch', '/app', [
      { group_name: 'devs', permission_level: 'CAN_RUN' },
      { user_name: 'a@acme.test', permission_level: 'CAN_READ' },
    ]);
    const { status, body } = await change('patch', '/app', [
      { user_name: 'A@acme.test', permission_level: 'CAN_EDIT' },
      { service_principal_name: principal, permission_level: 'CAN_MANAGE' },
    ]);

    assert.equal(status, 200);
    assert.deepEqual(body['access_control_list'], [
      { group_name: 'devs', ...own('CAN_RUN') },
      { user_name: 'A@acme.test', display_name: 'A@acme.test', ...own('CAN_EDIT') },
      { service_principal_name: principal, display_name: principal, ...own('CAN_MANAGE') },
      admins,
    ]);
    assert.deepEqual(await listOf('/app'), body['access_control_list']);
  });

  it('are replaced by PUT, but for what is inherited', async () => {
    await change('patch', '/app', [{ group_name: 'devs', permission_level: 'CAN_RUN' }]);
    const { body } = await change('put', '/app', [
      { group_name: 'ops', permission_level: 'CAN_READ' },
    ]);
    assert.deepEqual(body['access_control_list'], [
      { group_name: 'ops', ...own('CAN_READ') },
      admins,
    ]);

    await change('put', '/app', []);
    assert.deepEqual(await listOf('/app'), [admins]);
  });

  it('are inherited by all that lies below', async () => {
    await workspace.putNotebook('/app/jobs/main');
    await change('put', '/app', [{ group_name: 'devs', permission_level: 'CAN_RUN' }]);
    await change('put', '/app/jobs', [{ group_name: 'devs', permission_level: 'CAN_EDIT' }]);

    assert.deepEqual(await listOf('/app/jobs/main', 'notebooks'), [
      {
        group_name: 'devs',
        all_permissions: [
          {
            permission_level: 'CAN_EDIT',
            inherited: true,
            inherited_from_object: [`/directories/${await idOf('/app/jobs')}`],
          },
          {
            permission_level: 'CAN_RUN',
            inherited: true,
            inherited_from_object: [`/directories/${await idOf('/app')}`],
          },
        ],
      },
      admins,
    ]);
  });

  it('of notebooks and files stay when they are imported again', async () => {
    const list = [{ group_name: 'devs', permission_level: 'CAN_RUN' }];
    const file = { path: '/app/notes.txt', format: 'AUTO', content: 'YQ==', overwrite: true };
    await workspace.putNotebook('/app/main');
    await workspace.post('/api/2.0/workspace/import', file);
    await workspace.put(await urlOf('/app/main', 'notebooks'), { access_control_list: list });
    await workspace.put(await urlOf('/app/notes.txt', 'files'), { access_control_list: list });

    await workspace.putNotebook('/app/main', 'print(2)');
    await workspace.post('/api/2.0/workspace/import', { ...file, content: 'Yg==' });

    const expected = [{ group_name: 'devs', ...own('CAN_RUN') }, admins];
    assert.deepEqual(await listOf('/app/main', 'notebooks'), expected);
    assert.deepEqual(await listOf('/app/notes.txt', 'files'), expected);
  });

  it('go with the object', async () => {
    await change('put', '/app', [{ group_name: 'devs', permission_level: 'CAN_RUN' }]);
    const url = await urlOf('/app');
    await workspace.post('/api/2.0/workspace/delete', { path: '/app', recursive: true });
    await workspace.post('/api/2.0/workspace/mkdirs', { path: '/app' });

    const { status, body } = await workspace.get(url);
    assert.deepEqual([status, body['error_code']], [404, 'RESOURCE_DOES_NOT_EXIST']);
    assert.deepEqual(await listOf('/app'), [admins]);
  });

  it('are there after a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'permissions-'));
    try {
      const before = await openWorkspace({ dataDir });
      await before.post('/api/2.0/workspace/mkdirs', { path: '/app' });
      const url = `/api/2.0/permissions/directories/${await idOf('/app', before)}`;
      const list = [{ group_name: 'devs', permission_level: 'CAN_RUN' }];
      const { body } = await before.put(url, { access_control_list: list });
      await before.close();

      const after = await openWorkspace({ dataDir });
      assert.deepEqual((await after.get(url)).body, body);
      await after.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it('of objects that notebooks wrote are there, too', async () => {
    writeFileSync(join(workspace.dataDir, 'tree/app/out.txt'), 'x');

    assert.deepEqual(await listOf('/app/out.txt', 'files'), [admins]);
  });

  it('have levels', async () => {
    const { body } = await workspace.get(`${await urlOf('/app')}/permissionLevels`);

    assert.deepEqual(
      (body['permission_levels'] as Record<string, unknown>[]).map((one) => [
        one['permission_level'],
        typeof one['description'],
      ]),
      ['CAN_READ', 'CAN_RUN', 'CAN_EDIT', 'CAN_MANAGE'].map((level) => [level, 'string']),
    );
  });

  const level = 'CAN_RUN';
  const twoPrincipals =
    'Each entry of access_control_list must have exactly one of user_name, group_name and service_principal_name.';
  const refused: [title: string, list: object[], status: number, code: string, message: string][] =
    [
      [
        'a group of the account',
        [{ group_name: 'account users', permission_level: level }],
        404,
        'RESOURCE_DOES_NOT_EXIST',
        'Principal: GroupName(account users) does not exist',
      ],
      [
        'a display name of a user',
        [{ user_name: 'Jane Doe', permission_level: level }],
        404,
        'RESOURCE_DOES_NOT_EXIST',
        'Principal: UserName(Jane Doe) does not exist',
      ],
      [
        'a display name of a service principal',
        [{ service_principal_name: 'deployment', permission_level: level }],
        404,
        'RESOURCE_DOES_NOT_EXIST',
        'Principal: ServicePrincipalName(deployment) does not exist',
      ],
      [
        'two principals in one entry',
        [{ group_name: 'a', user_name: 'b@x.test', permission_level: level }],
        400,
        'INVALID_PARAMETER_VALUE',
        twoPrincipals,
      ],
      ['nobody', [{ permission_level: level }], 400, 'INVALID_PARAMETER_VALUE', twoPrincipals],
      [
        'no level',
        [{ group_name: 'a' }],
        400,
        'INVALID_PARAMETER_VALUE',
        'Missing required field: permission_level',
      ],
      [
        'a level of jobs',
        [{ group_name: 'a', permission_level: 'CAN_VIEW' }],
        400,
        'INVALID_PARAMETER_VALUE',
        'Invalid permission level: CAN_VIEW',
      ],
      [
        'a principal that is there twice',
        [
          { user_name: 'a@x.test', permission_level: level },
          { user_name: 'A@x.test', permission_level: 'CAN_READ' },
        ],
        400,
        'INVALID_PARAMETER_VALUE',
        'A@x.test is given more than once in access_control_list.',
      ],
      [
        'less for admins',
        [{ group_name: 'admins', permission_level: 'CAN_READ' }],
        400,
        'INVALID_PARAMETER_VALUE',
        'It is not possible to restrict any permissions from `admins`.',
      ],
    ];
  for (const [title, list, status, code, message] of refused) {
    it(`are refused for ${title}, and nothing changes`, async () => {
      const answers = [await change('put', '/app', list), await change('patch', '/app', list)];

      for (const answer of answers) {
        assert.deepEqual(
          [answer.status, answer.body['error_code'], answer.body['message']],
          [status, code, message],
        );
      }
      assert.deepEqual(await listOf('/app'), [admins]);
    });
  }

  it('of admins on the root cannot be taken', async () => {
    const id = await idOf('/');
    const { status, body } = await change('put', '/', [
      { group_name: 'devs', permission_level: level },
    ]);

    assert.deepEqual(
      [status, body['message']],
      [400, `Cannot remove admins's CAN_MANAGE permission on ${id}`],
    );
  });

  for (const [title, path] of [
    ['an unknown id', '/api/2.0/permissions/directories/7'],
    ['no number', '/api/2.0/permissions/directories/abc'],
    ['another type of object', ''],
    ['an unknown type', '/api/2.0/permissions/toString/7'],
  ] as const) {
    it(`are refused for ${title}`, async () => {
      const { status, body } = await workspace.get(path || (await urlOf('/app', 'notebooks')));

      assert.ok([400, 404].includes(status), String(status));
      assert.match(
        String(body['error_code']),
        /^(RESOURCE_DOES_NOT_EXIST|INVALID_PARAMETER_VALUE)$/,
      );
    });
  }
});
