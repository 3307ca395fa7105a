import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import {
  type AccessToken,
  computeRenewalTime,
  renewingCredentials,
} from '../../../../../shared/databricks/auth/renewing-credentials';
import { FakeClock } from '../../../../helpers/fake-clock';
import { RecordingLogger } from '../../../../helpers/stub-api';

const minute = 60_000;

/** Credentials whose provider gives `t1`, `t2` and so on, each for `lifeMs`; errors are thrown instead where given. */
function arrange(lifeMs: number | undefined, errors: readonly (Error | undefined)[] = []) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const secrets: string[] = [];
  let calls = 0;
  const credentials = renewingCredentials({
    description: 'test',
    clock,
    logger,
    obtain: async (): Promise<AccessToken> => {
      const error = errors[calls++];
      await Promise.resolve();
      if (error) throw error;
      return {
        value: `t${calls}`,
        expiresAtMs: lifeMs === undefined ? undefined : clock.now() + lifeMs,
      };
    },
    onSecret: (secret) => secrets.push(secret),
  });
  const used = async (): Promise<string | undefined> =>
    (await credentials.headers())['Authorization'];
  return { clock, logger, credentials, secrets, used, calls: () => calls };
}

describe('renewingCredentials', () => {
  it('asks for a token when it is first needed, and once', async () => {
    const { used, calls, secrets } = arrange(60 * minute);

    assert.equal(calls(), 0);
    assert.deepEqual([await used(), await used()], ['Bearer t1', 'Bearer t1']);
    assert.equal(calls(), 1);
    assert.deepEqual(secrets, ['t1']);
  });

  it('tells logs and errors what it is', () => {
    assert.equal(arrange(60 * minute).credentials.description, 'test');
  });

  it('asks once for requests at the same time', async () => {
    const { used, calls } = arrange(60 * minute);

    assert.deepEqual(await Promise.all([used(), used(), used()]), Array(3).fill('Bearer t1'));
    assert.equal(calls(), 1);
  });

  it('renews two minutes before the end', async () => {
    const { clock, used } = arrange(60 * minute);
    await used();

    await clock.sleep(58 * minute - 1);
    assert.equal(await used(), 'Bearer t1');
    await clock.sleep(1);

    assert.equal(await used(), 'Bearer t2');
  });

  it('renews a short token after half of its life', async () => {
    const { clock, used } = arrange(2 * minute);
    await used();

    await clock.sleep(minute - 1);
    assert.equal(await used(), 'Bearer t1');
    await clock.sleep(1);

    assert.equal(await used(), 'Bearer t2');
  });

  it('never renews a token without end by itself', async () => {
    const { clock, used } = arrange(undefined);
    await used();

    await clock.sleep(1000 * 60 * minute);

    assert.equal(await used(), 'Bearer t1');
  });

  it('uses a token as long as it holds when it cannot be renewed, and tries again', async () => {
    const { clock, used, logger, calls } = arrange(60 * minute, [undefined, new Error('busy')]);
    await used();
    await clock.sleep(59 * minute);

    assert.equal(await used(), 'Bearer t1');
    assert.equal(await used(), 'Bearer t1');
    assert.equal(calls(), 2);
    assert.deepEqual(logger.at('info'), [
      'The token could not be renewed yet and is used as long as it holds: busy',
    ]);
    await clock.sleep(30_000);

    assert.equal(await used(), 'Bearer t3');
  });

  it('fails when the token has ended and cannot be renewed', async () => {
    const { clock, used } = arrange(60 * minute, [undefined, new Error('busy')]);
    await used();
    await clock.sleep(60 * minute);

    await assert.rejects(used(), { message: 'busy' });
  });

  it('asks again after a failure', async () => {
    const { used } = arrange(60 * minute, [new Error('busy')]);

    await assert.rejects(used(), { message: 'busy' });
    assert.equal(await used(), 'Bearer t2');
  });

  it('takes another token after one was refused', async () => {
    const { clock, credentials, used } = arrange(60 * minute);
    await used();
    await clock.sleep(10 * minute);

    assert.equal(await credentials.renew(), true);
    assert.equal(await used(), 'Bearer t2');
  });

  it('takes one token more when many requests were refused at once', async () => {
    const { clock, credentials, used, calls } = arrange(60 * minute);
    await used();
    await clock.sleep(10 * minute);

    await Promise.all([credentials.renew(), credentials.renew()]);
    await credentials.renew();

    assert.equal(calls(), 2);
  });

  it('lets a refused request be repeated with a token that others have just renewed', async () => {
    const { clock, credentials, used, calls } = arrange(60 * minute);
    await used();
    await clock.sleep(4_999);

    assert.equal(await credentials.renew(), true);
    assert.equal(calls(), 1);
    await clock.sleep(1);

    assert.equal(await credentials.renew(), true);
    assert.equal(calls(), 2);
  });

  it('gives nothing to a caller that is cancelled already', async () => {
    const { credentials } = arrange(60 * minute);
    const reason = new Error('cancelled');

    await assert.rejects(credentials.headers(AbortSignal.abort(reason)), reason);
  });

  it('leaves no listener at the signal of a caller', async () => {
    const { credentials } = arrange(60 * minute);
    const { signal } = new AbortController();

    await credentials.headers(signal);
    await new Promise(setImmediate);

    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('lets a caller go that is cancelled, and keeps the token for the others', async () => {
    const { credentials, used, calls } = arrange(60 * minute);
    const controller = new AbortController();
    const cancelled = credentials.headers(controller.signal);
    const other = used();

    controller.abort(new Error('cancelled'));

    await assert.rejects(cancelled, { message: 'cancelled' });
    assert.equal(await other, 'Bearer t1');
    assert.equal(calls(), 1);
  });

  it('registers more secrets before they are used', async () => {
    const secrets: string[] = [];
    const credentials = renewingCredentials({
      description: 'test',
      clock: new FakeClock(),
      logger: new RecordingLogger(),
      obtain: () =>
        Promise.resolve({
          value: 'a',
          expiresAtMs: undefined,
          headers: { 'X-More': 'b', 'X-Id': 'c' },
          secrets: ['b'],
        }),
      onSecret: (secret) => secrets.push(secret),
    });

    assert.deepEqual(await credentials.headers(), {
      Authorization: 'Bearer a',
      'X-More': 'b',
      'X-Id': 'c',
    });
    assert.deepEqual(secrets, ['a', 'b']);
  });
});

describe('computeRenewalTime', () => {
  it('lies in the second half of the life, and at most two minutes before the end', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 24 * 60 * minute }), (start, life) => {
        const renewal = computeRenewalTime(start, start + life);

        assert.ok(renewal >= start + life / 2);
        assert.ok(renewal < start + life);
        assert.ok(start + life - renewal <= 2 * minute);
      }),
    );
  });
});
