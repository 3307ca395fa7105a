import assert from 'node:assert/strict';
import { answer, stubHost, stubWorkspace } from '../../../helpers/stub-api';

describe('createWorkspace', () => {
  it('sends nothing until it is asked', () => {
    const { workspace, api } = stubWorkspace({});

    assert.equal(workspace.host, stubHost);
    assert.deepEqual(api.calls(), []);
  });

  it('shares its contact: after an answer to one call, others have more patience', async () => {
    const { workspace, clock } = stubWorkspace({
      'GET /api/2.0/preview/scim/v2/Me': { userName: 'u' },
      'GET /api/2.1/clusters/get?cluster_id=1': answer(503),
    });
    await workspace.getIdentity();
    const start = clock.now();

    await assert.rejects(workspace.clusters.getCluster('1'), { kind: 'unavailable' });

    assert.equal(clock.now() - start, 300_000);
  });
});

describe('getObject', () => {
  const path = 'GET /api/2.0/workspace/get-status?path=%2FShared%2Fa%20%26%20b';

  it('reads a notebook', async () => {
    const { workspace } = stubWorkspace({
      [path]: answer(
        200,
        '{"object_type":"NOTEBOOK","language":"PYTHON","path":"/Workspace/Shared/a & b","object_id":9223372036854775807}',
      ),
    });

    assert.deepEqual(await workspace.getObject('/Shared/a & b'), {
      path: '/Workspace/Shared/a & b',
      objectType: 'NOTEBOOK',
      objectId: '9223372036854775807',
      language: 'PYTHON',
      modifiedAt: undefined,
    });
  });

  it('reads an object of which nothing came', async () => {
    const { workspace } = stubWorkspace({ [path]: {} });

    assert.deepEqual(await workspace.getObject('/Shared/a & b'), {
      path: '/Shared/a & b',
      objectType: 'UNKNOWN',
      objectId: undefined,
      language: undefined,
      modifiedAt: undefined,
    });
  });

  it('throws not-found for a path where nothing lies', async () => {
    const message = "Path (/Shared/a & b) doesn't exist.";
    const { workspace } = stubWorkspace({
      [path]: answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message }),
    });

    await assert.rejects(workspace.getObject('/Shared/a & b'), {
      kind: 'not-found',
      message:
        'Looking up "/Shared/a & b" failed: Path (/Shared/a & b) doesn\'t exist (HTTP 404 RESOURCE_DOES_NOT_EXIST, GET https://adb-7.test/api/2.0/workspace/get-status).',
    });
  });
});
