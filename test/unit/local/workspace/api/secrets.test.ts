import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
} from '../workspace-client';

const URL = '/api/2.0/secrets';

describe('secrets', () => {
  let workspace: TestWorkspace;
  let now = 1_000;
  beforeEach(async () => {
    now = 1_000;
    workspace = await openWorkspace({ now: () => now });
    await workspace.post(`${URL}/scopes/create`, { scope: 'app' });
  });
  afterEach(closeWorkspaces);

  const put = (more: object): Promise<Answer> =>
    workspace.post(`${URL}/put`, { scope: 'app', key: 'password', ...more });
  const get = (key: string, scope = 'app'): Promise<Answer> =>
    workspace.get(`${URL}/get`, { scope, key });
  const file = (): string => join(workspace.dataDir, 'secrets.json');

  async function refusal(answer: Promise<Answer>): Promise<unknown> {
    const { status, body } = await answer;
    return [status, body['error_code'], body['message']];
  }

  it('live in scopes that are created, listed and deleted', async () => {
    const created = await workspace.get(`${URL}/scopes/list`);
    const deleted = await workspace.post(`${URL}/scopes/delete`, { scope: 'app' });
    const none = await workspace.get(`${URL}/scopes/list`);

    assert.deepEqual(created.body, { scopes: [{ name: 'app', backend_type: 'DATABRICKS' }] });
    assert.equal(deleted.text, '{}');
    assert.equal(none.text, '{}');
  });

  it('are put, replaced and read as base64', async () => {
    await put({ string_value: 'first' });
    const answer = await put({ string_value: 'größer' });

    assert.equal(answer.text, '{}');
    const { body } = await get('password');
    assert.deepEqual(body, {
      key: 'password',
      value: Buffer.from('größer').toString('base64'),
    });
  });

  it('are listed by key with the time of their last change, never with values', async () => {
    await put({ key: 'b', string_value: 'value-b' });
    now = 2_000;
    await put({ key: 'a', string_value: 'value-a' });

    const { body } = await workspace.get(`${URL}/list`, { scope: 'app' });
    assert.deepEqual(body, {
      secrets: [
        { key: 'a', last_updated_timestamp: 2_000 },
        { key: 'b', last_updated_timestamp: 1_000 },
      ],
    });
  });

  it('are listed as nothing when there is none', async () => {
    const { text } = await workspace.get(`${URL}/list`, { scope: 'app' });
    assert.equal(text, '{}');
  });

  it('can be given as base64', async () => {
    await put({ bytes_value: Buffer.from('größer').toString('base64') });

    assert.equal((await get('password')).body['value'], Buffer.from('größer').toString('base64'));
  });

  it('are deleted', async () => {
    await put({ string_value: 'x' });
    const deleted = await workspace.post(`${URL}/delete`, { scope: 'app', key: 'password' });

    assert.equal(deleted.text, '{}');
    assert.equal((await get('password')).status, 404);
  });

  it('lie in the file that notebooks read, for its owner only', async () => {
    await put({ string_value: 'value' });

    assert.deepEqual(JSON.parse(readFileSync(file(), 'utf8')), { app: { password: 'value' } });
    assert.equal(statSync(file()).mode & 0o077, 0);
  });

  it('written into the file by hand are seen', async () => {
    writeFileSync(file(), '{"other": {"key": "value"}}');

    const { body } = await workspace.get(`${URL}/list`, { scope: 'other' });
    const [secret] = body['secrets'] as Record<string, unknown>[];
    assert.equal(secret?.['key'], 'key');
    assert.equal(secret?.['last_updated_timestamp'], Math.floor(statSync(file()).mtimeMs));
    assert.equal((await get('key', 'other')).status, 200);
  });

  for (const text of ['{"app": ', '[]', '{"app": {"key": 1}}', '{"app": "key"}']) {
    it(`are not written over a file that cannot be read: ${text}`, async () => {
      writeFileSync(file(), text);

      assert.deepEqual(await refusal(put({ string_value: 'x' })), [
        500,
        'INTERNAL_ERROR',
        `${file()} is not {"scope": {"key": "value"}}. Correct or delete it.`,
      ]);
      assert.equal(readFileSync(file(), 'utf8'), text);
    });
  }

  it('do not show in the request log', async () => {
    await put({ string_value: 'value-one' });
    await put({ bytes_value: 'dmFsdWUtdHdv' });

    assert.doesNotMatch(JSON.stringify(workspace.requests()), /value-one|dmFsdWUtdHdv/);
  });

  it('of a scope named like a member of all objects are not there', async () => {
    assert.equal((await get('toString', 'constructor')).status, 404);
    assert.equal((await get('toString')).status, 404);
  });

  const missing = (scope: string): unknown => [
    404,
    'RESOURCE_DOES_NOT_EXIST',
    `Scope ${scope} does not exist`,
  ];
  const noSecret = [
    404,
    'RESOURCE_DOES_NOT_EXIST',
    'Secret does not exist with scope: app and key: x',
  ];
  const invalid = (message: string): unknown => [400, 'INVALID_PARAMETER_VALUE', message];
  const badName = (member: string, name: string): unknown =>
    invalid(
      `Invalid ${member} "${name}": 1 to 128 letters, digits, dashes, underscores and periods are allowed.`,
    );
  const create = '/scopes/create';
  const refusals: readonly (readonly [string, string, object, unknown])[] = [
    [
      'a scope that exists',
      create,
      { scope: 'app' },
      [400, 'RESOURCE_ALREADY_EXISTS', 'Scope app already exists'],
    ],
    ['a scope with spaces', create, { scope: 'a b' }, badName('scope', 'a b')],
    [
      'a Key Vault',
      create,
      { scope: 'kv', scope_backend_type: 'AZURE_KEYVAULT' },
      invalid('The local workspace has no scopes of type AZURE_KEYVAULT.'),
    ],
    [
      'another principal',
      create,
      { scope: 'kv', initial_manage_principal: 'admins' },
      invalid('The only initial_manage_principal is "users".'),
    ],
    ['deleting a missing scope', '/scopes/delete', { scope: 'x' }, missing('x')],
    ['deleting a missing secret', '/delete', { scope: 'app', key: 'x' }, noSecret],
    [
      'a secret in a missing scope',
      '/put',
      { scope: 'x', key: 'k', string_value: 'v' },
      missing('x'),
    ],
    [
      'a key with a slash',
      '/put',
      { scope: 'app', key: 'a/b', string_value: 'v' },
      badName('key', 'a/b'),
    ],
    [
      'no value',
      '/put',
      { scope: 'app', key: 'k' },
      invalid('Missing required field: string_value'),
    ],
    [
      'two values',
      '/put',
      { scope: 'app', key: 'k', string_value: 'v', bytes_value: 'dg==' },
      invalid('Only one of string_value and bytes_value can be given.'),
    ],
    [
      'more than 128 KB',
      '/put',
      { scope: 'app', key: 'k', string_value: 'v'.repeat(128 * 1024 + 1) },
      invalid('The secret is longer than 128 KB.'),
    ],
    [
      'bytes that are no text',
      '/put',
      { scope: 'app', key: 'k', bytes_value: '/w==' },
      invalid('The local workspace keeps secrets as text: bytes_value must be UTF-8.'),
    ],
  ];
  for (const [title, path, body, expected] of refusals) {
    it(`refuse ${title}`, async () => {
      assert.deepEqual(await refusal(workspace.post(`${URL}${path}`, body)), expected);
    });
  }

  it('refuse reading and listing what is missing', async () => {
    assert.deepEqual(await refusal(get('x')), noSecret);
    assert.deepEqual(await refusal(get('x', 'nothing')), missing('nothing'));
    assert.deepEqual(
      await refusal(workspace.get(`${URL}/list`, { scope: 'nothing' })),
      missing('nothing'),
    );
  });
});
