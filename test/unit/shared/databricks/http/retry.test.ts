import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ApiError, type ApiErrorDetails, TransportError } from '../../../../../shared/databricks';
import {
  patience,
  type RetryOptions,
  withRetry,
} from '../../../../../shared/databricks/http/retry';
import { FakeClock } from '../../../../helpers/fake-clock';
import { RecordingLogger } from '../../../../helpers/stub-api';

function anApiError(overrides: Partial<ApiErrorDetails> = {}): ApiError {
  return new ApiError('Reading run 7 failed.', {
    status: 503,
    errorCode: 'TEMPORARILY_UNAVAILABLE',
    serverMessage: 'Come back later.',
    kind: 'unavailable',
    method: 'GET',
    path: '/api',
    requestId: undefined,
    retryAfterMs: undefined,
    isTransient: true,
    isFromService: true,
    ...overrides,
  });
}

function setUp(overrides: Partial<RetryOptions> = {}) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const options: RetryOptions = {
    what: 'Reading run 7',
    isRepeatable: true,
    patienceMs: () => patience.call,
    clock,
    random: () => 1,
    logger,
    ...overrides,
  };
  return { clock, logger, options };
}

/** Throws the failures in order, then resolves to `ok`; the last failure is thrown for ever if there is no end. */
function failing(...failures: unknown[]) {
  const seen: number[] = [];
  return {
    seen,
    attempt: async (remainingMs: number): Promise<string> => {
      seen.push(remainingMs);
      if (failures.length === 0) return 'ok';
      throw failures.shift();
    },
  };
}

describe('withRetry', () => {
  it('resolves to the first success without a wait or a word', async () => {
    const { clock, logger, options } = setUp();
    const { attempt, seen } = failing();

    assert.equal(await withRetry(options, attempt), 'ok');

    assert.deepEqual(seen, [300_000]);
    assert.deepEqual(clock.sleeps, []);
    assert.deepEqual(logger.lines, []);
  });

  it('repeats with growing waits, one log line each', async () => {
    const { clock, logger, options } = setUp();
    const { attempt } = failing(
      anApiError(),
      new TransportError('adb-7.test: the connection was reset (ECONNRESET)'),
      anApiError({ status: 429, errorCode: undefined, serverMessage: 'Too many requests' }),
      anApiError({ retryAfterMs: 42_000 }),
    );

    assert.equal(await withRetry(options, attempt), 'ok');

    assert.deepEqual(clock.sleeps, [1_000, 2_000, 4_000, 42_000]);
    assert.deepEqual(logger.lines, [
      'info: Reading run 7: attempt 1 failed, HTTP 503 TEMPORARILY_UNAVAILABLE: Come back later. Trying again in 1.0 s.',
      'info: Reading run 7: attempt 2 failed, adb-7.test: the connection was reset (ECONNRESET). Trying again in 2.0 s.',
      'info: Reading run 7: attempt 3 failed, HTTP 429: Too many requests. Trying again in 4.0 s.',
      'info: Reading run 7: attempt 4 failed, HTTP 503 TEMPORARILY_UNAVAILABLE: Come back later. Trying again in 42 s.',
    ]);
  });

  for (const [retryAfterMs, text] of [
    [9_900, '9.9 s'],
    [10_000, '10 s'],
    [90_400, '90 s'],
  ] as const) {
    it(`calls a wait of ${retryAfterMs} ms ${text}`, async () => {
      const { logger, options } = setUp();

      await withRetry(options, failing(anApiError({ retryAfterMs })).attempt);

      assert.match(logger.lines[0] ?? '', new RegExp(` in ${text}\\.$`));
    });
  }

  it('ends the reason of a retry with one full stop, whatever the server ends it with', async () => {
    const { logger, options } = setUp();

    await withRetry(options, failing(anApiError({ serverMessage: 'Please wait... \n' })).attempt);

    assert.deepEqual(logger.lines, [
      'info: Reading run 7: attempt 1 failed, HTTP 503 TEMPORARILY_UNAVAILABLE: Please wait. Trying again in 1.0 s.',
    ]);
  });

  for (const [title, error] of [
    ['an answer that will stay the same', anApiError({ status: 403, isTransient: false })],
    ['a certificate that is not trusted', new TransportError('bad', { isTransient: false })],
    ['a defect', new RangeError('defect')],
    ['something that is no error', 'text'],
  ] as const) {
    it(`gives up at once on ${title}`, async () => {
      const { clock, options } = setUp();

      await assert.rejects(
        withRetry(options, failing(error).attempt),
        (thrown) => thrown === error,
      );

      assert.deepEqual(clock.sleeps, []);
    });
  }

  it('never repeats what must not be sent twice', async () => {
    const { clock, options } = setUp({ isRepeatable: false });
    const error = anApiError();
    const { attempt, seen } = failing(error);

    await assert.rejects(withRetry(options, attempt), error);

    assert.equal(seen.length, 1);
    assert.deepEqual(clock.sleeps, []);
  });

  for (const [name, ms] of Object.entries(patience)) {
    it(`tries until the end of the patience "${name}", then throws the last failure`, async () => {
      const { clock, options } = setUp({ patienceMs: () => ms });
      const start = clock.now();
      let number = 0;
      const attempt = (): Promise<never> =>
        Promise.reject(anApiError({ serverMessage: `failure ${++number}` }));

      await assert.rejects(withRetry(options, attempt), (error: ApiError) => {
        assert.equal(error.details.serverMessage, `failure ${number}`);
        return true;
      });

      assert.equal(clock.now() - start, ms);
      assert.equal(clock.sleeps.length, number - 1);
    });
  }

  it('has the patience of the design', () => {
    assert.deepEqual(patience, { firstContact: 30_000, call: 300_000, poll: 900_000 });
  });

  it('makes one attempt at the end of the patience when the server asks for a longer wait', async () => {
    const { clock, logger, options } = setUp();
    const { attempt, seen } = failing(
      anApiError({ retryAfterMs: 86_400_000 }),
      anApiError({ retryAfterMs: 86_400_000 }),
    );

    await assert.rejects(withRetry(options, attempt), ApiError);

    assert.deepEqual(clock.sleeps, [300_000]);
    assert.deepEqual(seen, [300_000, 1_000]);
    assert.equal(logger.lines.length, 1);
  });

  it('counts the time that attempts take', async () => {
    const { clock, options } = setUp({ patienceMs: () => 10_000 });
    const attempt = (): Promise<never> => {
      clock.advance(6_000);
      return Promise.reject(anApiError());
    };

    await assert.rejects(withRetry(options, attempt), ApiError);

    assert.deepEqual(clock.sleeps, [1_000]);
  });

  it('asks for the patience anew after each failure', async () => {
    let patienceMs = 30_000;
    const { clock, options } = setUp({ patienceMs: () => patienceMs });
    const start = clock.now();
    clock.onSleep = () => {
      patienceMs = 60_000;
    };
    const attempt = (): Promise<never> => Promise.reject(anApiError());

    await assert.rejects(withRetry(options, attempt), ApiError);

    assert.equal(clock.now() - start, 60_000);
  });

  it('stops waiting when it is aborted', async () => {
    const controller = new AbortController();
    const { clock, options } = setUp({ signal: controller.signal });
    const reason = new Error('the step was cancelled');
    clock.onSleep = () => controller.abort(reason);

    await assert.rejects(withRetry(options, failing(anApiError()).attempt), reason);

    assert.equal(clock.sleeps.length, 1);
  });

  it('ends within the patience whatever the server asks for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.nat({ max: 1e9 }), { nil: undefined }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (waits, random) => {
          const { clock, options } = setUp({ random: () => random });
          const start = clock.now();
          let number = 0;
          const attempt = (): Promise<never> =>
            Promise.reject(anApiError({ retryAfterMs: waits[number++ % waits.length] }));
          await assert.rejects(withRetry(options, attempt), ApiError);
          assert.equal(clock.now() - start, patience.call);
        },
      ),
      { numRuns: 20 },
    );
  });

  describe('told to repeat no more', () => {
    it('lets the attempt under way end, and neither makes nor announces another', async () => {
      const stop = new AbortController();
      const { options, clock, logger } = setUp({ stopRepeating: stop.signal });
      const failure = anApiError();

      const ending = withRetry(options, async () => {
        stop.abort();
        throw failure;
      });

      await assert.rejects(ending, failure);
      assert.deepEqual(clock.sleeps, []);
      assert.deepEqual(logger.lines, []);
    });

    it('takes the answer of the attempt under way', async () => {
      const stop = new AbortController();
      const { options } = setUp({ stopRepeating: stop.signal });

      const answer = await withRetry(options, async () => {
        stop.abort();
        return 'ok';
      });

      assert.equal(answer, 'ok');
    });

    it('ends a pause with the last failure', async () => {
      const stop = new AbortController();
      const { options, clock } = setUp({ stopRepeating: stop.signal });
      clock.onSleep = () => stop.abort();
      const failure = anApiError();

      await assert.rejects(withRetry(options, failing(failure).attempt), failure);
    });

    it('ends a pause with the reason of a cancel', async () => {
      const stop = new AbortController();
      const cancel = new AbortController();
      const { options, clock } = setUp({ stopRepeating: stop.signal, signal: cancel.signal });
      const reason = new Error('cancelled');
      clock.onSleep = () => cancel.abort(reason);

      await assert.rejects(withRetry(options, failing(anApiError()).attempt), reason);
    });
  });
});
