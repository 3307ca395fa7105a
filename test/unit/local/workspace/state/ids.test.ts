import assert from 'node:assert/strict';
import { createIdSource, wireId } from '../../../../../local/workspace/state/ids';

describe('createIdSource', () => {
  it('gives increasing ids of 15 digits', () => {
    const ids = createIdSource(() => 1_763_362_265_630, false);

    assert.deepEqual([ids.next(), ids.next()], ['176336226563000', '176336226563001']);
  });

  it('follows the clock', () => {
    let now = 1_763_362_265_630;
    const ids = createIdSource(() => now, false);
    ids.next();
    now += 1;

    assert.equal(ids.next(), '176336226563100');
  });

  it('gives odd ids above 2^53 when they are to be large', () => {
    const ids = createIdSource(() => 1_763_362_265_630, true);
    const all = [ids.next(), ids.next(), ids.next()];

    assert.equal(new Set(all).size, 3);
    assert.ok(all.every((id) => wireId(id) > 2n ** 53n && wireId(id) % 2n === 1n));
    assert.ok(all.every((id) => String(Number(id)) !== id));
  });
});
