import assert from 'node:assert/strict';
import sinon from 'sinon';
import { encodeMultipart } from '../../../../shared/databricks/http/multipart';
import { answer, type StubRoutes, stubHost, stubWorkspace } from '../../../helpers/stub-api';

const importRoute = 'POST /api/2.0/workspace/import';

function objectsOf(routes: StubRoutes) {
  const { workspace, ...doubles } = stubWorkspace(routes);
  return { objects: workspace.objects, workspace, ...doubles };
}

function refusal(status: number, errorCode: string, message: string) {
  return answer(status, { error_code: errorCode, message });
}

const spec = {
  path: '/a/b',
  content: Buffer.from('text'),
  format: 'RAW',
  overwrite: true,
} as const;

describe('WorkspaceObjects', () => {
  describe('get', () => {
    it('reads type, id and language', async () => {
      const { objects, workspace } = objectsOf({
        'GET /api/2.0/workspace/get-status?path=%2Fa%20%26%20b': {
          object_type: 'NOTEBOOK',
          path: '/a & b',
          language: 'PYTHON',
          object_id: 7,
          modified_at: 1767600000123,
        },
      });
      const expected = {
        path: '/a & b',
        objectType: 'NOTEBOOK',
        objectId: '7',
        language: 'PYTHON',
        modifiedAt: 1767600000123,
      };

      assert.deepEqual(await objects.get('/a & b'), expected);
      assert.deepEqual(await workspace.getObject('/a & b'), expected);
    });
  });

  describe('getWithGitFolder', () => {
    const route = 'GET /api/2.0/workspace/get-status?path=%2Fx&return_git_info=true';
    const cases: readonly [string, object, string | undefined][] = [
      ['names the Git folder around the object', { git_info: { path: '/r' } }, '/r'],
      ['takes an object of type REPO for a Git folder', { object_type: 'REPO' }, '/x'],
      [
        'takes a folder that says so for a Git folder',
        { object_type: 'DIRECTORY', directory_info: { is_git_folder: true } },
        '/x',
      ],
      ['names none elsewhere', { object_type: 'DIRECTORY' }, undefined],
      ['takes empty Git information for none', { git_info: {} }, undefined],
    ];
    for (const [title, body, gitFolder] of cases) {
      it(title, async () => {
        const { objects } = objectsOf({ [route]: { path: '/x', ...body } });

        assert.equal((await objects.getWithGitFolder('/x')).gitFolder, gitFolder);
      });
    }
  });

  describe('list', () => {
    const route = 'GET /api/2.0/workspace/list?path=%2Fa';

    it('reads the children', async () => {
      const { objects } = objectsOf({
        [route]: { objects: [{ path: '/a/b', object_type: 'FILE' }, { path: '/a/c' }] },
      });

      const types = (await objects.list('/a')).map(({ path, objectType }) => [path, objectType]);

      assert.deepEqual(types, [
        ['/a/b', 'FILE'],
        ['/a/c', 'UNKNOWN'],
      ]);
    });

    it('takes an answer without objects for an empty folder', async () => {
      const { objects } = objectsOf({ [route]: {} });

      assert.deepEqual(await objects.list('/a'), []);
    });

    it('refuses an object without path', async () => {
      const { objects } = objectsOf({ [route]: { objects: [{ object_type: 'FILE' }] } });

      await assert.rejects(objects.list('/a'), {
        name: 'ApiError',
        message: 'Listing "/a" failed: the answer has no usable "path".',
      });
    });
  });

  describe('makeFolder', () => {
    it('is repeated when the answer is lost', async () => {
      const { objects, api } = objectsOf({
        'POST /api/2.0/workspace/mkdirs': [answer(503), {}],
      });

      await objects.makeFolder('/a/b');

      assert.deepEqual(
        api.requests.map(({ body }) => body),
        [{ path: '/a/b' }, { path: '/a/b' }],
      );
    });
  });

  describe('delete', () => {
    const route = 'POST /api/2.0/workspace/delete';

    it('is not recursive unless told so', async () => {
      const { objects, api } = objectsOf({ [route]: {} });

      await objects.delete('/a');
      await objects.delete('/b', { recursive: true });

      assert.deepEqual(
        api.requests.map(({ body }) => body),
        [
          { path: '/a', recursive: false },
          { path: '/b', recursive: true },
        ],
      );
    });

    it('waits long enough for an answer, so that no late deletion hits what is imported since', async () => {
      const { objects } = objectsOf({ [route]: {} });
      const timer = sinon.spy(globalThis, 'setTimeout');
      await objects.delete('/warm-up');
      timer.resetHistory();

      await objects.delete('/a');

      assert.ok(timer.args.some(([, ms]) => ms === 150_000));
    });

    it('is content when the object is gone already', async () => {
      const { objects } = objectsOf({
        [route]: refusal(404, 'RESOURCE_DOES_NOT_EXIST', "Path (/a) doesn't exist."),
      });

      await objects.delete('/a');
    });

    it('fails for a folder that is not empty', async () => {
      const { objects } = objectsOf({
        [route]: refusal(400, 'DIRECTORY_NOT_EMPTY', 'Folder /a is not empty'),
      });

      await assert.rejects(objects.delete('/a'), {
        name: 'ApiError',
        message: `Deleting "/a" failed: Folder /a is not empty (HTTP 400 DIRECTORY_NOT_EMPTY, POST ${stubHost}/api/2.0/workspace/delete).`,
      });
    });
  });

  describe('writeFile', () => {
    const route = 'POST /api/2.0/workspace-files/import-file/a%2Fb%20c?overwrite=false';

    it('sends the content as it is', async () => {
      const { objects, api } = objectsOf({ [route]: {} });

      await objects.writeFile('/a/b c', Buffer.from('x'), { overwrite: false });

      assert.equal(api.requests[0]?.text, 'x');
    });

    it('does not replace a file', async () => {
      const { objects } = objectsOf({
        [route]: answer(409, { error_code: 'ALREADY_EXISTS', message: 'Node exists.' }),
      });

      await assert.rejects(objects.writeFile('/a/b c', Buffer.from('x'), { overwrite: false }), {
        name: 'ApiError',
        kind: 'already-exists',
      });
    });
  });

  describe('export', () => {
    const route = 'GET /api/2.0/workspace/export?path=%2Fa%20b&format=SOURCE';

    it('reads the content', async () => {
      const { objects } = objectsOf({
        [route]: { content: Buffer.from('# ünö').toString('base64'), file_type: 'py' },
      });

      assert.equal((await objects.export('/a b', 'SOURCE')).toString(), '# ünö');
    });

    it('says what it was about when the service refuses', async () => {
      const { objects } = objectsOf({
        [route]: answer(400, { error_code: 'MAX_NOTEBOOK_SIZE_EXCEEDED', message: 'Too big.' }),
      });

      await assert.rejects(objects.export('/a b', 'SOURCE'), {
        name: 'ApiError',
        message: `Reading "/a b" failed: Too big (HTTP 400 MAX_NOTEBOOK_SIZE_EXCEEDED, GET ${stubHost}/api/2.0/workspace/export).`,
      });
    });

    it('is asked at most 60 times a second', async () => {
      const { objects, clock } = objectsOf({ [route]: { content: '' } });
      const start = clock.now();

      for (let index = 0; index <= 60; index++) await objects.export('/a b', 'SOURCE');

      assert.equal(clock.now() - start, 1_060);
    });
  });

  describe('import', () => {
    it('sends the content as Base64', async () => {
      const { objects, api } = objectsOf({ [importRoute]: {} });

      await objects.import({ ...spec, format: 'SOURCE', language: 'SQL', overwrite: false });

      assert.deepEqual(api.requests[0]?.body, {
        path: '/a/b',
        format: 'SOURCE',
        language: 'SQL',
        overwrite: false,
        content: 'dGV4dA==',
      });
    });

    it('sends only the bytes of a view', async () => {
      const { objects, api } = objectsOf({ [importRoute]: {} });

      await objects.import({ ...spec, content: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) });

      assert.equal(api.requests[0]?.body?.['content'], 'AgM=');
    });

    it('sends what is too large for JSON as a form', async () => {
      const { objects, api } = objectsOf({ [importRoute]: {} });
      const content = Buffer.alloc(7_500_001, 'x');

      await objects.import({ ...spec, content });

      const sent = encodeMultipart({ path: '/a/b', format: 'RAW', overwrite: 'true' }, content);
      assert.equal(api.requests[0]?.headers['Content-Type'], sent.contentType);
      assert.equal(api.requests[0]?.text, sent.content.toString());
    });

    it('resolves to the time that the answer names', async () => {
      const date = 'Sun, 22 Nov 2026 12:45:38 GMT';
      const { objects } = objectsOf({
        [importRoute]: [
          answer(429, {}, { date: 'Sun, 22 Nov 2026 12:00:00 GMT' }),
          answer(200, {}, { date }),
          answer(200, {}, { date: 'yesterday' }),
          {},
        ],
      });

      assert.deepEqual(
        [await objects.import(spec), await objects.import(spec), await objects.import(spec)],
        [Date.parse(date), undefined, undefined],
      );
    });

    it('is repeated after 429', async () => {
      const { objects, api, clock } = objectsOf({
        [importRoute]: [answer(429, {}, { 'retry-after': '3' }), {}],
      });

      await objects.import(spec);

      assert.equal(api.requests.length, 2);
      assert.deepEqual(clock.sleeps, [3_000]);
    });

    it('starts at most 30 imports a second', async () => {
      const { objects, clock } = objectsOf({ [importRoute]: {} });
      const start = clock.now();

      for (let index = 0; index < 30; index++) await objects.import(spec);
      const afterThirty = clock.now() - start;
      await objects.import(spec);

      assert.deepEqual([afterThirty, clock.now() - start], [58, 1_060]);
    });

    const kinds: readonly [string, number, string, string, string][] = [
      [
        'a missing folder',
        404,
        'RESOURCE_DOES_NOT_EXIST',
        'The parent folder (/a) does not exist.',
        'not-found',
      ],
      ['a missing folder, answered 400', 400, 'RESOURCE_DOES_NOT_EXIST', 'No.', 'not-found'],
      [
        'a file that exists',
        400,
        'RESOURCE_ALREADY_EXISTS',
        '/a/b already exists. Please pass overwrite=true to overwrite it.',
        'already-exists',
      ],
      [
        'a file that somebody else writes',
        409,
        'ALREADY_EXISTS',
        'Node with name /a/b already exists. Please pass overwrite=true to update it.',
        'already-exists',
      ],
      ['a notebook that exists', 400, '', 'Path (/a/b) already exists.', 'already-exists'],
      [
        'an object of another type',
        400,
        'INVALID_PARAMETER_VALUE',
        'Cannot overwrite the asset at /a/b due to type mismatch (asked: FILE, actual: NOTEBOOK).',
        'type-mismatch',
      ],
      [
        'an object of another type, in other words',
        400,
        'INVALID_PARAMETER_VALUE',
        'Requested node type [FILE] is different from the existing node type [NOTEBOOK]',
        'type-mismatch',
      ],
    ];
    for (const [title, status, errorCode, message, kind] of kinds) {
      it(`fails for ${title} with kind ${kind}`, async () => {
        const { objects } = objectsOf({ [importRoute]: refusal(status, errorCode, message) });

        await assert.rejects(objects.import(spec), { name: 'ApiError', kind });
      });
    }

    it('says which permission is missing', async () => {
      const { objects } = objectsOf({
        [importRoute]: refusal(
          403,
          'PERMISSION_DENIED',
          'ci does not have Edit permissions on /a.',
        ),
      });

      await assert.rejects(objects.import(spec), {
        message: `Importing "/a/b" failed: ci does not have Edit permissions on /a (HTTP 403 PERMISSION_DENIED, POST ${stubHost}/api/2.0/workspace/import).`,
        hint: 'Give the identity the permission "Can Edit" on the target folder, or use another identity.',
      });
    });
  });
});

describe('encodeMultipart', () => {
  it('separates fields and content by a line that the content does not hold', () => {
    const { contentType, content } = encodeMultipart({ path: '/a' }, Buffer.from('b'));

    const boundary = contentType.replace('multipart/form-data; boundary=', '');
    assert.match(boundary, /^[0-9a-f]{64}$/);
    assert.equal(
      content.toString(),
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="path"',
        '',
        '/a',
        `--${boundary}`,
        'Content-Disposition: form-data; name="content"; filename="content"',
        'Content-Type: application/octet-stream',
        '',
        'b',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    );
  });
});
