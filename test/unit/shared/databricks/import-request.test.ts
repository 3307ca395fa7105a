import assert from 'node:assert/strict';
import type { ImportSpec } from '../../../../shared/databricks';
import { encodeMultipart } from '../../../../shared/databricks/http/multipart';
import { toImportRequest } from '../../../../shared/databricks/import-request';

const spec: ImportSpec = {
  path: '/Shared/app/a',
  content: Buffer.from('text'),
  format: 'RAW',
  overwrite: true,
};

describe('toImportRequest', () => {
  it('sends 7.5 MB as JSON, and one byte more as a form', () => {
    const most = Buffer.alloc(7_500_000, 'x');
    const tooMany = Buffer.alloc(7_500_001, 'x');

    const json = toImportRequest({ ...spec, content: most });
    const form = toImportRequest({ ...spec, content: tooMany, format: 'JUPYTER' });

    assert.deepEqual(json.body, {
      path: '/Shared/app/a',
      format: 'RAW',
      overwrite: true,
      content: most.toString('base64'),
    });
    const fields = { path: '/Shared/app/a', format: 'JUPYTER', overwrite: 'true' };
    assert.deepEqual(form.rawBody, encodeMultipart(fields, tooMany));
    assert.deepEqual([json.path, form.path], Array(2).fill('/api/2.0/workspace/import'));
  });

  it('uploads a file as it is, its path as one segment', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const path = '/Workspace/Shared/a b/100%#?ü';

    const request = toImportRequest({ ...spec, path, content: bytes, format: 'UPLOAD' });

    assert.deepEqual(request, {
      method: 'POST',
      path: '/api/2.0/workspace-files/import-file/Workspace%2FShared%2Fa%20b%2F100%25%23%3F%C3%BC',
      query: { overwrite: true },
      rawBody: { contentType: 'application/octet-stream', content: Buffer.from([2, 3]) },
      timeoutMs: 60_000,
    });
  });

  it('does not copy what it uploads', () => {
    const content = Buffer.alloc(1_000);

    const { rawBody } = toImportRequest({ ...spec, content, format: 'UPLOAD' });

    assert.equal(rawBody?.content.buffer, content.buffer);
    assert.equal(rawBody?.content.byteOffset, content.byteOffset);
  });

  it('has a path for names with half a character too', () => {
    const { path } = toImportRequest({ ...spec, path: '/a/\ud800', format: 'UPLOAD' });

    assert.equal(path, '/api/2.0/workspace-files/import-file/a%2F%EF%BF%BD');
  });

  for (const overwrite of [true, false]) {
    it(`says whether an uploaded file replaces another: ${overwrite}`, () => {
      const { query } = toImportRequest({ ...spec, overwrite, format: 'UPLOAD' });

      assert.deepEqual(query, { overwrite });
    });
  }

  it('waits for 100 kB a second, and at least a minute', () => {
    const content = Buffer.alloc(20_000_000);

    const { timeoutMs } = toImportRequest({ ...spec, content, format: 'UPLOAD' });

    assert.deepEqual([timeoutMs, toImportRequest(spec).timeoutMs], [200_000, 60_000]);
  });
});
