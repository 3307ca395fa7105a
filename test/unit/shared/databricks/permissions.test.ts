import assert from 'node:assert/strict';
import type { AccessControlEntry, PermissionChange } from '../../../../shared/databricks';
import { answer, type StubReply, stubWorkspace } from '../../../helpers/stub-api';

const path = '/api/2.0/permissions/directories/9007199254740993';
const entries: AccessControlEntry[] = [
  { principal: { kind: 'group', name: 'data-engineers' }, permissionLevel: 'CAN_RUN' },
  { principal: { kind: 'user', name: 'me@acme.test' }, permissionLevel: 'CAN_EDIT' },
  { principal: { kind: 'service-principal', name: 'app-1' }, permissionLevel: 'CAN_MANAGE' },
];
const sent = {
  access_control_list: [
    { group_name: 'data-engineers', permission_level: 'CAN_RUN' },
    { user_name: 'me@acme.test', permission_level: 'CAN_EDIT' },
    { service_principal_name: 'app-1', permission_level: 'CAN_MANAGE' },
  ],
};

function update(mode: PermissionChange['mode'], reply: StubReply | StubReply[]) {
  const method = mode === 'keep' ? 'PATCH' : 'PUT';
  const { workspace, api } = stubWorkspace({ [`${method} ${path}`]: reply });
  const done = workspace.permissions.update('directories', '9007199254740993', entries, {
    mode,
    what: 'Setting the permissions of "/Shared/app"',
  });
  return { done, api };
}

describe('Permissions.update', () => {
  it('adds to what is there', async () => {
    const { done, api } = update('keep', {});
    await done;

    assert.deepEqual(api.calls(), [`PATCH ${path}`]);
    assert.deepEqual(api.requests[0]?.body, sent);
  });

  it('takes the place of what is there', async () => {
    const { done, api } = update('replace', {});
    await done;

    assert.deepEqual(api.calls(), [`PUT ${path}`]);
    assert.deepEqual(api.requests[0]?.body, sent);
  });

  for (const mode of ['keep', 'replace'] as const) {
    it(`is repeated after a failure that passes (${mode})`, async () => {
      const { done, api } = update(mode, [answer(503), answer(429), {}]);
      await done;

      assert.equal(api.requests.length, 3);
    });
  }

  it('says who may change permissions', async () => {
    const refusal = {
      error_code: 'PERMISSION_DENIED',
      message: 'ci@acme.test does not have Manage permissions on 9007199254740993.',
    };

    await assert.rejects(update('keep', answer(403, refusal)).done, {
      name: 'ApiError',
      message: `Setting the permissions of "/Shared/app" failed: ci@acme.test does not have Manage permissions on 9007199254740993 (HTTP 403 PERMISSION_DENIED, PATCH https://adb-7.test${path}).`,
      hint: 'Only an identity with the permission "Can Manage" on it may do that.',
    });
  });

  for (const [status, errorCode] of [
    [404, 'RESOURCE_DOES_NOT_EXIST'],
    [400, 'BAD_REQUEST'],
    [400, 'INVALID_PARAMETER_VALUE'],
  ] as const) {
    it(`quotes the answer to a name that is not known: ${status} ${errorCode}`, async () => {
      const message = 'Principal: GroupName(data-engineers) does not exist';

      await assert.rejects(
        update('replace', answer(status, { error_code: errorCode, message })).done,
        {
          name: 'ApiError',
          message: `Setting the permissions of "/Shared/app" failed: Principal: GroupName(data-engineers) does not exist (HTTP ${status} ${errorCode}, PUT https://adb-7.test${path}).`,
          hint: 'Check the names: users by e-mail address, groups by their name in this workspace, service principals by application id. The workspace must know all of them already.',
        },
      );
    });
  }
});
