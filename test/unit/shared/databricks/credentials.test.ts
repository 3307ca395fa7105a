import assert from 'node:assert/strict';
import { tokenCredentials } from '../../../../shared/databricks';

describe('tokenCredentials', () => {
  it('authorise as bearer of the token', async () => {
    const credentials = tokenCredentials('dapi-1', 'token of the test');

    assert.deepEqual(await credentials.headers(), { Authorization: 'Bearer dapi-1' });
    assert.equal(credentials.description, 'token of the test');
  });

  it('ignore white space around the token, as files and editors leave it', async () => {
    assert.deepEqual(await tokenCredentials(' dapi-1\r\n', 'x').headers(), {
      Authorization: 'Bearer dapi-1',
    });
  });

  it('cannot be renewed', async () => {
    assert.equal(await tokenCredentials('dapi-1', 'x').renew(), false);
  });
});
