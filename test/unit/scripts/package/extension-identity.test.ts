import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  connectionContributionType,
  loadExtension,
  loadManifests,
} from '../../../../scripts/manifests/load-manifests';
import {
  computeNames,
  deriveGuid,
  renameExtension,
  renameTask,
} from '../../../../scripts/package/extension-identity';

const original = { publisher: 'makers', id: 'databricks-notebooks' };
const copy = { publisher: 'me', id: 'my-copy' };
const manifests = loadManifests().map(({ manifest }) => manifest);

describe('the names of a package', () => {
  it('are the originals under the original identity', () => {
    const names = computeNames(original, original);

    assert.deepEqual(
      manifests.map((manifest) => renameTask(manifest, names)),
      manifests,
    );
    assert.equal(names.isCopy, false);
  });

  it('differ for a copy in everything that must be unique in an organisation', () => {
    const names = computeNames(original, copy);

    const [before, after] = [manifests[0]!, renameTask(manifests[0]!, names)];

    assert.notEqual(after.id, before.id);
    assert.equal(after.name, `${before.name}-my-copy`);
    assert.equal(after.friendlyName, `${before.friendlyName} (my-copy)`);
    assert.equal(
      after.inputs.find(({ name }) => name === 'databricksConnection')?.type,
      'connectedService:databricksworkspacememycopy',
    );
  });

  it('name the same type of service connection in tasks and extension', () => {
    const names = computeNames(original, copy);

    const extension = renameExtension(loadExtension(), copy, names);
    const type = extension.contributions.find((one) => one.type === connectionContributionType);

    assert.equal(type?.properties.name, 'databricksworkspacememycopy');
    assert.equal(type?.properties.displayName, 'Databricks workspace (my-copy)');
    assert.equal(extension.publisher, 'me');
    assert.equal(extension.id, 'my-copy');
  });

  it('are the same each time', () => {
    const ids = [1, 2].map(() =>
      manifests.map((manifest) => renameTask(manifest, computeNames(original, copy)).id),
    );

    assert.deepEqual(ids[0], ids[1]);
    assert.equal(new Set(ids[0]).size, manifests.length);
  });

  it('differ between copies', () => {
    const other = { publisher: 'me', id: 'other' };
    const ids = [copy, other].map(
      (identity) => renameTask(manifests[0]!, computeNames(original, identity)).id,
    );

    assert.notEqual(ids[0], ids[1]);
  });

  it('stay within what the service accepts, whatever the copy is called', () => {
    const identities = fc.record({
      publisher: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,60}$/),
      id: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/),
    });

    fc.assert(
      fc.property(identities, (identity) => {
        const names = computeNames(original, identity);
        for (const manifest of manifests) {
          const task = renameTask(manifest, names);
          assert.match(task.name, /^[A-Za-z0-9-]+$/);
          assert.match(task.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
          assert.ok(task.friendlyName.length <= 40);
        }
      }),
    );
  });
});

describe('deriveGuid', () => {
  it('makes the GUIDs of the standard', () => {
    // Example of RFC 9562, appendix A.4: the name www.example.com in the namespace of DNS names.
    assert.equal(
      deriveGuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'),
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });
});
