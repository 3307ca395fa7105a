import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Fault,
  FaultList,
  faultKinds,
  parseFault,
  serviceRateLimits,
} from '../../../../local/workspace/faults';

describe('parseFault', () => {
  const refused: [string, unknown, RegExp][] = [
    ['text', 'x', /must be a JSON object/],
    ['no match', { kind: 'hang' }, /needs "match"/],
    ['a match without method', { match: '/api', kind: 'hang' }, /needs "match"/],
    ['an unknown kind', { match: '* /*', kind: 'explode' }, /needs "kind": one of latency,/],
    ['a negative number', { match: '* /*', kind: 'hang', after: -1 }, /"after" of a fault/],
    ['headers that are none', { match: '* /*', kind: 'hang', headers: 1 }, /"headers" of a fault/],
    ['a rate limit without rate', { match: '* /*', kind: 'rate-limit' }, /needs "perSecond"/],
    ['an unknown member', { match: '* /*', kind: 'hang', tims: 1 }, /no member "tims"/],
  ];
  for (const [title, value, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseFault(value), { message });
    });
  }

  it('takes every kind and gives it back', () => {
    const numbers = { status: 429, after: 1, times: 2, delayMs: 3, perSecond: 4 };
    fc.assert(
      fc.property(fc.constantFrom(...faultKinds), (kind) => {
        const fault = { match: 'GET /api/*', kind, headers: { a: 'b' }, body: null, ...numbers };
        assert.deepEqual(parseFault(fault), fault);
      }),
    );
  });
});

describe('FaultList', () => {
  let time = 0;

  function hits(faults: readonly Fault[], requests: readonly string[]): string[][] {
    const list = new FaultList(() => time);
    for (const fault of faults) list.add(fault);
    return requests.map((request) => {
      const [method = '', target = ''] = request.split(' ');
      const [path = '', query = ''] = target.split('?');
      return list.take(method, path, query).map(({ kind }) => kind);
    });
  }

  const matches: [string, string, boolean][] = [
    ['* /*', 'GET /api/2.0/x', true],
    ['GET /api/*/x', 'GET /api/2.0/x', true],
    ['POST /api/*', 'GET /api/2.0/x', false],
    ['GET /api/2.0/x', 'GET /api/2.0/xy', false],
    ['GET /api/2.0/x', 'GET /api/2a0/x', false],
    ['GET /x?a=1', 'GET /x?a=1', true],
    ['GET /x?a=1', 'GET /x?a=2', false],
    ['GET /x', 'GET /x?a=2', true],
    ['GET /x?*id=7*', 'GET /x?a=2&id=7', true],
  ];
  for (const [match, request, isHit] of matches) {
    it(`${match} ${isHit ? 'hits' : 'leaves'} ${request}`, () => {
      assert.equal(hits([{ match, kind: 'hang' }], [request])[0]?.length, isHit ? 1 : 0);
    });
  }

  it('lets the first requests pass and hits as many as it should', () => {
    const fault = { match: 'GET /x', kind: 'status', after: 1, times: 2 } as const;

    assert.deepEqual(hits([fault], ['GET /x', 'GET /y', 'GET /x', 'GET /x', 'GET /x']), [
      [],
      [],
      ['status'],
      ['status'],
      [],
    ]);
  });

  it('delivers one fault at a time besides latency', () => {
    const faults = (['status', 'latency', 'html'] as const).map((kind) => ({
      match: '* /*',
      kind,
      times: 1,
    }));

    assert.deepEqual(hits(faults, ['GET /x', 'GET /x', 'GET /x']), [
      ['status', 'latency'],
      ['html'],
      [],
    ]);
  });

  it('limits the rate within each second', () => {
    const list = new FaultList(() => time);
    list.add({ match: '* /*', kind: 'rate-limit', perSecond: 2 });
    const take = (at: number): number => {
      time = at;
      return list.take('GET', '/x', '').length;
    };

    assert.deepEqual([0, 1, 2, 999, 1001, 1002, 1003].map(take), [0, 0, 1, 1, 0, 0, 1]);
  });

  it('knows the limits of the service', () => {
    const requests = Array.from({ length: 31 }, () => 'POST /api/2.0/workspace/import');

    const all = hits(serviceRateLimits, requests);

    assert.equal(all.filter((kinds) => kinds.length > 0).length, 1);
  });
});
