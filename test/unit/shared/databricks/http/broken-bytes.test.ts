import assert from 'node:assert/strict';
import nodeFetch from 'node-fetch';
import { sendOnce } from '../../../../../shared/databricks/http/attempt';
import { type ReadAnswer, readAnswer } from '../../../../../shared/databricks/http/error-mapping';
import { startServer } from './local-server';

/** What a client makes of an answer with these bytes as its body. */
async function read(status: number, body: Buffer): Promise<ReadAnswer> {
  const server = await startServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  try {
    const url = `${server.origin}/api/2.0/x`;
    const request = { method: 'GET', url, headers: {}, timeoutMs: 5_000 };
    return readAnswer('GET', '/api/2.0/x', await sendOnce({ fetch: nodeFetch }, request));
  } finally {
    await server.close();
  }
}

/** `{"message":"a…b"}` with bytes between a and b. */
function between(...bytes: number[]): Buffer {
  return Buffer.concat([Buffer.from('{"message":"a'), Buffer.from(bytes), Buffer.from('b"}')]);
}

function followedBy(...bytes: number[]): Buffer {
  return Buffer.concat([Buffer.from('{"message":"ab"}'), Buffer.from(bytes)]);
}

const utf16 = Buffer.from('\ufeff{"message":"ab"}', 'utf16le');

describe('an answer that is not in UTF-8', () => {
  for (const [title, body, message] of [
    ['bytes that never occur', between(0xff, 0xfe), 'a\ufffd\ufffdb'],
    ['a character that is cut off', between(0xc3, 0x28), 'a\ufffd(b'],
    ['an overlong character', between(0xc0, 0xaf), 'a\ufffd\ufffdb'],
    ['half of a surrogate pair', between(0xed, 0xa0, 0x80), 'a\ufffd\ufffd\ufffdb'],
    ['a sign before it that it is in UTF-8', Buffer.from('\ufeff{"message":"ab"}'), 'ab'],
  ] as const) {
    it(`has a replacement in its texts for what cannot be read: ${title}`, async () => {
      assert.deepEqual(await read(200, body), { json: { message } });
    });

    it(`is a refusal with such texts: ${title}`, async () => {
      const answer = await read(400, body);

      assert.ok('fault' in answer);
      const { serverMessage, isFromService, isTransient } = answer.fault;
      assert.deepEqual([serverMessage, isFromService, isTransient], [message, true, false]);
    });
  }

  for (const [title, body, text] of [
    ['NUL within a text', between(0), '{"message":"a\0b"}'],
    ['NUL after it', followedBy(0), '{"message":"ab"}\0'],
    ['broken characters after it', followedBy(0xff, 0xfe), '{"message":"ab"}\ufffd\ufffd'],
    ['UTF-16', utf16, `\ufffd\ufffd${[...'{"message":"ab"}'].join('\0')}\0`],
  ] as const) {
    it(`is not the documented JSON, and asked for again: ${title}`, async () => {
      const answer = await read(200, body);

      assert.ok('fault' in answer);
      const { serverMessage, isFromService, isTransient } = answer.fault;
      assert.deepEqual(
        [serverMessage, isFromService, isTransient],
        ['the answer was not the documented JSON', false, true],
      );
    });

    it(`is a refusal whose text is all that came: ${title}`, async () => {
      const answer = await read(400, body);

      assert.ok('fault' in answer);
      const { serverMessage, isFromService, isTransient } = answer.fault;
      assert.deepEqual([serverMessage, isFromService, isTransient], [text, false, false]);
    });
  }
});
