import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeManifest,
  encodeManifest,
  findArchives,
  hashContent,
  isSameManifest,
  type Manifest,
  type ManifestEntry,
} from '../../../../../tasks/ImportNotebooks/manifest/manifest';

const entry: ManifestEntry = { hash: 'h', format: 'SOURCE', objectId: '7', modifiedAt: 12 };

describe('manifest', () => {
  it('is a JSON file with one line per object, by path', () => {
    const text = encodeManifest(
      new Map([
        ['x/b', { ...entry, format: 'JUPYTER' }],
        ['a', entry],
      ]),
    ).toString();

    assert.deepEqual(text.split('\n').slice(3), [
      '  "objects": {',
      '    "a": {"hash":"h","format":"SOURCE","object_id":"7","modified_at":12},',
      '    "x/b": {"hash":"h","format":"JUPYTER","object_id":"7","modified_at":12}',
      '  }',
      '}',
      '',
    ]);
    assert.equal(JSON.parse(text).version, 1);
    assert.match(JSON.parse(text).about, /Deleting this file costs one full import/);
  });

  it('comes back as it was written', () => {
    const anEntry = fc.record(
      {
        hash: fc.string(),
        format: fc.constantFrom('SOURCE' as const, 'RAW' as const),
        objectId: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String),
        modifiedAt: fc.nat(),
      },
      { noNullPrototype: true },
    );
    const path = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__'));
    fc.assert(
      fc.property(fc.array(fc.tuple(path, anEntry)), (entries) => {
        const manifest: Manifest = new Map(
          entries.filter(([name]) => !/\p{Surrogate}/u.test(name)),
        );

        assert.deepEqual(
          [...(decodeManifest(encodeManifest(manifest)) ?? [])].sort(),
          [...manifest].sort(),
        );
      }),
    );
  });

  it('keeps of an archive that it was imported, whatever is known of its folder', () => {
    const archive = {
      hash: 'h',
      format: 'DBC',
      objectId: undefined,
      modifiedAt: undefined,
    } as const;
    const manifest: Manifest = new Map([['lib', archive]]);

    const text = encodeManifest(manifest).toString();

    assert.match(text, /"lib": \{"hash":"h","format":"DBC"\}/);
    const decoded = decodeManifest(Buffer.from(text));
    assert.deepEqual(decoded, manifest);
    assert.deepEqual(findArchives(new Map([...manifest, ['a', entry]])), ['lib']);
  });

  const foreign: readonly string[] = [
    '',
    'not JSON',
    'null',
    '[]',
    '{}',
    '{"version": 2, "objects": {}}',
    '{"version": "1", "objects": {}}',
    '{"version": 1}',
    '{"version": 1, "objects": []}',
  ];
  for (const text of foreign) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(decodeManifest(Buffer.from(text)), undefined);
    });
  }

  const broken: readonly [string, unknown][] = [
    ['without time', { hash: 'h', format: 'RAW', object_id: '7' }],
    ['with a time that is none', { hash: 'h', format: 'RAW', object_id: '7', modified_at: 'now' }],
    ['without id', { hash: 'h', format: 'RAW', modified_at: 1 }],
    ['without hash', { format: 'RAW', object_id: '7', modified_at: 1 }],
    ['without format', { hash: 'h', object_id: '7', modified_at: 1 }],
    ['that is a text', 'x'],
    ['that is nothing', null],
  ];
  for (const [what, value] of broken) {
    it(`does without an entry ${what}`, () => {
      const good = { hash: 'h', format: 'SOURCE', object_id: '7', modified_at: 12 };
      const text = JSON.stringify({ version: 1, objects: { a: value, b: good } });

      assert.deepEqual([...(decodeManifest(Buffer.from(text)) ?? [])], [['b', entry]]);
    });
  }

  it('is never an error, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (content) => {
        decodeManifest(content);
      }),
    );
  });

  it('is the same in any order, and another with another entry', () => {
    const one: Manifest = new Map([
      ['a', entry],
      ['b', entry],
    ]);

    assert.equal(isSameManifest(one, new Map([...one].reverse())), true);
    assert.equal(
      isSameManifest(one, new Map([...one, ['b', { ...entry, modifiedAt: 13 }]])),
      false,
    );
    assert.equal(isSameManifest(one, new Map([['a', entry]])), false);
  });

  it('takes contents for the same by their SHA-256', () => {
    assert.equal(hashContent(Buffer.from('abc')), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=');
  });
});
