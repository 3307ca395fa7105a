import assert from 'node:assert/strict';
import type { AccessControlEntry } from '../../../../shared/databricks';
import {
  describePermissions,
  type FolderPermissions,
  setPermissions,
} from '../../../../tasks/ImportNotebooks/set-permissions';
import { answer, networkError, type StubRoutes, stubWorkspace } from '../../../helpers/stub-api';

const status = 'GET /api/2.0/workspace/get-status?path=%2FShared%2Fapp';
const me = 'GET /api/2.0/preview/scim/v2/Me';
const patch = 'PATCH /api/2.0/permissions/directories/7';
const put = 'PUT /api/2.0/permissions/directories/7';
const folder = { [status]: { path: '/Shared/app', object_type: 'DIRECTORY', object_id: 7 } };

const engineers: AccessControlEntry = {
  principal: { kind: 'group', name: 'data-engineers' },
  permissionLevel: 'CAN_RUN',
};
const wireEngineers = { group_name: 'data-engineers', permission_level: 'CAN_RUN' };
const keep: FolderPermissions = { entries: [engineers], mode: 'keep' };
const replace: FolderPermissions = { entries: [engineers], mode: 'replace' };

function set(permissions: FolderPermissions, routes: StubRoutes) {
  const { workspace, api } = stubWorkspace(routes);
  const lines: string[] = [];
  const controller = new AbortController();
  const done = setPermissions(
    workspace,
    { path: '/Shared/app', objectId: undefined },
    permissions,
    {
      signal: controller.signal,
      log: (line) => lines.push(line),
    },
  );
  return { done, api, lines, controller };
}

describe('setPermissions', () => {
  it('adds the list to what others have, and says so', async () => {
    const { done, api, lines } = set(keep, { ...folder, [patch]: {} });
    await done;

    assert.deepEqual(api.calls(), [status, patch]);
    assert.deepEqual(api.requests[1]?.body, { access_control_list: [wireEngineers] });
    assert.deepEqual(lines, [
      'Permissions of /Shared/app: group data-engineers CAN_RUN; others stay.',
    ]);
  });

  for (const [title, userName, own] of [
    ['a user', 'ci@acme.test', { user_name: 'ci@acme.test' }],
    ['a service principal', 'f7a3-1', { service_principal_name: 'f7a3-1' }],
  ] as const) {
    it(`removes others, but keeps the rights of who does it (${title})`, async () => {
      const { done, api, lines } = set(replace, { ...folder, [me]: { userName }, [put]: {} });
      await done;

      assert.deepEqual(api.calls(), [status, me, put]);
      assert.deepEqual(api.requests[2]?.body, {
        access_control_list: [wireEngineers, { ...own, permission_level: 'CAN_MANAGE' }],
      });
      assert.deepEqual(lines, [
        `Permissions of /Shared/app: group data-engineers CAN_RUN; ${title.slice(2)} ${userName} CAN_MANAGE; others are removed.`,
      ]);
    });
  }

  it('gives who does it what the list says', async () => {
    const own: AccessControlEntry = {
      principal: { kind: 'user', name: 'CI@acme.test' },
      permissionLevel: 'CAN_EDIT',
    };
    const { done, api } = set(
      { entries: [own], mode: 'replace' },
      { ...folder, [me]: { userName: 'ci@acme.test' }, [put]: {} },
    );
    await done;

    assert.deepEqual(api.requests[2]?.body, {
      access_control_list: [{ user_name: 'CI@acme.test', permission_level: 'CAN_EDIT' }],
    });
  });

  it('does not take a group for who does it', async () => {
    const group: AccessControlEntry = {
      principal: { kind: 'group', name: 'app-1' },
      permissionLevel: 'CAN_READ',
    };
    const { done, api } = set(
      { entries: [group], mode: 'replace' },
      { ...folder, [me]: { userName: 'app-1' }, [put]: {} },
    );
    await done;

    assert.deepEqual(api.requests[2]?.body, {
      access_control_list: [
        { group_name: 'app-1', permission_level: 'CAN_READ' },
        { service_principal_name: 'app-1', permission_level: 'CAN_MANAGE' },
      ],
    });
  });

  it('says that nothing was imported when the service refuses', async () => {
    const { done, lines } = set(keep, {
      ...folder,
      [patch]: answer(404, {
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: 'Principal: GroupName(data-engineers) does not exist',
      }),
    });

    await assert.rejects(done, {
      name: 'ApiError',
      message:
        'Setting the permissions of "/Shared/app" failed: Principal: GroupName(data-engineers) does not exist (HTTP 404 RESOURCE_DOES_NOT_EXIST, PATCH https://adb-7.test/api/2.0/permissions/directories/7).',
      hint: 'Nothing was imported yet. Check the names: users by e-mail address, groups by their name in this workspace, service principals by application id. The workspace must know all of them already.',
    });
    assert.deepEqual(lines, []);
  });

  it('says that nothing was imported when the folder cannot be read', async () => {
    const { done, api } = set(keep, { [status]: networkError('CERT_HAS_EXPIRED') });

    await assert.rejects(done, (error: Error & { hint: string }) => {
      assert.equal(error.name, 'TransportError');
      assert.match(error.hint, /^Nothing was imported yet\./);
      return true;
    });
    assert.deepEqual(api.calls(), [status]);
  });

  it('says that nothing was imported when the folder has no id', async () => {
    const { done } = set(keep, { [status]: { path: '/Shared/app', object_type: 'DIRECTORY' } });

    await assert.rejects(done, {
      name: 'ImportError',
      message:
        'Setting the permissions of "/Shared/app" failed: the workspace does not tell the id of the folder',
      hint: 'Nothing was imported yet. Something between the agent and the workspace may change answers.',
    });
  });

  it('ends at once when the step is cancelled', async () => {
    const reason = new Error('cancelled');
    const { done, controller } = set(keep, {
      [status]: () => {
        controller.abort(reason);
        return answer(503);
      },
    });

    await assert.rejects(done, reason);
  });
});

describe('describePermissions', () => {
  it('names what is given to whom', () => {
    const user: AccessControlEntry = {
      principal: { kind: 'user', name: 'me@acme.test' },
      permissionLevel: 'CAN_MANAGE',
    };
    const principal: AccessControlEntry = {
      principal: { kind: 'service-principal', name: 'f7a3-1' },
      permissionLevel: 'CAN_EDIT',
    };

    assert.equal(
      describePermissions({ entries: [engineers, user, principal], mode: 'replace' }),
      'group data-engineers CAN_RUN; user me@acme.test CAN_MANAGE; service principal f7a3-1 CAN_EDIT; others are removed',
    );
  });

  it('is one line, whatever the names hold', () => {
    const entry: AccessControlEntry = {
      principal: { kind: 'group', name: 'a\r\n##vso[task.setvariable variable=x]1\u2028b' },
      permissionLevel: 'CAN_READ',
    };

    assert.equal(
      describePermissions({ entries: [entry], mode: 'keep' }),
      'group a ##vso[task.setvariable variable=x]1 b CAN_READ; others stay',
    );
  });

  it('counts what would be too much for a line', () => {
    const entries = Array.from({ length: 25 }, (_, index) => ({
      principal: { kind: 'group', name: `g${index}` } as const,
      permissionLevel: 'CAN_READ',
    }));

    assert.match(
      describePermissions({ entries, mode: 'keep' }),
      /^group g0 CAN_READ; .*group g19 CAN_READ; and 5 more; others stay$/,
    );
  });
});
