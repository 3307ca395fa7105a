import assert from 'node:assert/strict';
import type { RecordedRequest } from '../../../../local/workspace';
import { countByEndpoint } from '../../../../scripts/bench/bench-workspace';
import { countUploads } from '../../../../scripts/bench/import-run';

function aRequest(fields: Partial<RecordedRequest>): RecordedRequest {
  return {
    method: 'POST',
    path: '/api/2.0/workspace/import',
    query: {},
    body: undefined,
    headers: {},
    time: 0,
    status: 200,
    durationMs: 0,
    faults: [],
    ...fields,
  };
}

const anImport = (path: string, status = 200): RecordedRequest =>
  aRequest({ body: { path }, status });

describe('countUploads', () => {
  it('counts each notebook that arrived once, and refusals', () => {
    const log = [
      anImport('/Shared/app/a', 429),
      anImport('/Shared/app/a'),
      anImport('/Shared/app/a'),
      anImport('/Shared/app/b', 429),
      aRequest({ method: 'GET', path: '/api/2.0/workspace/list' }),
    ];

    const { requests, refused, arrived } = countUploads(log, '/Shared/app');

    assert.deepEqual({ requests, refused, arrived }, { requests: 5, refused: 2, arrived: 1 });
  });

  it('leaves out other targets and what a client keeps for itself', () => {
    const log = [anImport('/Shared/other/a'), anImport('/Shared/app/.manifest'), aRequest({})];

    assert.equal(countUploads(log, '/Shared/app').arrived, 0);
  });

  it('knows the target with the prefix /Workspace', () => {
    assert.equal(countUploads([anImport('/Workspace/Shared/app/a')], '/Shared/app').arrived, 1);
  });

  it('tells from when to when notebooks were sent', () => {
    const log = [
      aRequest({ method: 'GET', path: '/api/2.0/workspace/list', time: 5 }),
      { ...anImport('/Shared/app/a'), time: 10, durationMs: 100 },
      { ...anImport('/Shared/app/b'), time: 20, durationMs: 7 },
      { ...anImport('/Shared/app/.manifest'), time: 500, durationMs: 1 },
    ];

    assert.deepEqual(countUploads(log, '/Shared/app').sending, { from: 10, to: 110 });
    assert.equal(countUploads([], '/Shared/app').sending, undefined);
  });
});

describe('countByEndpoint', () => {
  it('counts by method and path, most first', () => {
    const list = aRequest({ method: 'GET', path: '/list' });
    const make = aRequest({ path: '/b' });

    const counts = countByEndpoint([make, list, aRequest({ path: '/a' }), list]);

    assert.deepEqual(Object.entries(counts), [
      ['GET /list', 2],
      ['POST /a', 1],
      ['POST /b', 1],
    ]);
  });
});
