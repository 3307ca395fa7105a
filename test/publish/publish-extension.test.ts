import assert from 'node:assert/strict';
import { runTfx, type TfxEnd } from '../../scripts/package/tfx';
import { createGallery, type Gallery, isNewer } from '../../scripts/publish/gallery';
import {
  checkMarketplace,
  describeNext,
  describeStatus,
  publishVsix,
  shareWith,
} from '../../scripts/publish/publish-extension';
import { type FakeMarketplace, startFakeMarketplace } from '../helpers/fake-marketplace';
import { folderWithVsix } from '../unit/scripts/publish/packages';

const token = 'abc123';
const names = { publisher: 'me', id: 'my-copy', version: '1.2.3' };
const validated = { flags: 'validated', lastUpdated: '2026-01-01T00:00:00Z' };

describe('publishing to a Marketplace', function () {
  this.timeout(60_000);
  const folder = folderWithVsix();
  let fake: FakeMarketplace;
  const target = () => ({ ...names, serviceUrl: fake.url });
  const tools = (tfx = (args: readonly string[]): Promise<TfxEnd> => runTfx(args, token)) => ({
    gallery: createGallery(fake.url, token),
    tfx,
    say: (line: string) => said.push(line),
  });
  let said: string[];

  beforeEach(async () => {
    fake = await startFakeMarketplace(token);
    said = [];
  });
  afterEach(() => fake.close());

  describe('checkMarketplace', () => {
    it('finds a version that is new', async () => {
      fake.extensions.set('me.my-copy', {
        versions: [{ version: '1.2.2', ...validated }],
        sharedWith: [{ name: 'contoso', type: 'account' }],
      });

      const published = await checkMarketplace(target(), tools().gallery);

      assert.deepEqual(published, {
        versions: [{ version: '1.2.2', validation: 'done' }],
        sharedWith: ['contoso'],
        isPublic: false,
      });
    });

    it('refuses a version that is not newer than the newest', async () => {
      fake.extensions.set('me.my-copy', {
        versions: ['1.2.3', '1.10.0'].map((version) => ({ version, ...validated })),
        sharedWith: [],
      });

      await assert.rejects(checkMarketplace(target(), tools().gallery), {
        kind: 'version',
        message:
          'Publishing me.my-copy 1.2.3 failed: version 1.2.3 is not newer than 1.10.0. Raise the version in package.json, vss-extension.json, and (Minor and Patch) each tasks/*/task.json.',
      });
    });

    it('tells a publisher that does not exist', async () => {
      fake.publishers.clear();

      await assert.rejects(checkMarketplace(target(), tools().gallery), {
        kind: 'publisher',
        message:
          'Asking the Marketplace for me.my-copy failed: there is no publisher "me". Create it at https://marketplace.visualstudio.com/manage with exactly the ID "me", signed in as the owner of the token; or give the right one with --publisher.',
      });
    });

    it('tells a token that is not accepted', async () => {
      await assert.rejects(checkMarketplace(target(), createGallery(fake.url, 'other')), {
        kind: 'token',
      });
    });

    it('takes a sign-in page for a token that is not accepted', async () => {
      fake.refusals.push({
        request: /./,
        status: 203,
        body: '<html><title>Sign In</title></html>',
      });

      await assert.rejects(checkMarketplace(target(), tools().gallery), { kind: 'token' });
    });

    it('tells missing rights', async () => {
      const message = 'Access Denied: aa11 needs the following permission(s) on the resource /me';
      fake.refusals.push({ request: /^GET .*publishers\/me$/, status: 403, body: { message } });

      await assert.rejects(checkMarketplace(target(), tools().gallery), {
        kind: 'permission',
        message: /The Marketplace said: "HTTP 403, Access Denied: aa11 needs/,
      });
    });
  });

  describe('publishVsix', () => {
    it('explains a version that somebody else has published meanwhile', async () => {
      fake.extensions.set('me.my-copy', {
        versions: [{ version: '1.2.3', ...validated }],
        sharedWith: [],
      });

      await assert.rejects(publishVsix(folder.vsix, true, target(), tools()), {
        kind: 'version',
        message:
          /The Marketplace said: "Version number must increase each time.*Updated version: 1\.2\.3"\.$/,
      });
    });

    it('explains a failed validation', async () => {
      fake.validationMessage = 'The icon cannot be read.';

      await assert.rejects(publishVsix(folder.vsix, true, target(), tools()), {
        kind: 'validation',
        message: /The icon cannot be read\.".$/,
      });
    });

    it('explains missing rights', async () => {
      const tfx = async () => ({
        exitCode: 255,
        text: 'error: Received response 403 (Forbidden). Check that you have access to this resource. Message from server: Access Denied: aa11',
      });

      await assert.rejects(publishVsix(folder.vsix, true, target(), tools(tfx)), {
        kind: 'permission',
        message: /The Marketplace said: "Received response 403.*Access Denied: aa11"\.$/,
      });
    });

    it('does not believe tfx when nothing was taken', async () => {
      fake.refusals.push({ request: /^POST/, status: 404, body: '' });

      await assert.rejects(publishVsix(folder.vsix, false, target(), tools()), {
        kind: 'lost',
        message: `Publishing me.my-copy 1.2.3 failed: tfx reported success, but the Marketplace does not list version 1.2.3. Look again in a minute with npm run publish -- --status --publisher me --id my-copy --service-url ${fake.url}. If it stays away, check that ${fake.url} is a Marketplace and that the owner of the token is a member of the publisher "me".`,
      });
    });

    it('tells that a version is not validated yet', async () => {
      const taken = async () => {
        fake.extensions.set('me.my-copy', {
          versions: [{ version: '1.2.3', ...validated, flags: 'none' }],
          sharedWith: [],
        });
        return { exitCode: 0, text: '' };
      };

      const result = await publishVsix(folder.vsix, false, target(), tools(taken));

      assert.deepEqual(result, { validation: 'pending', isPublic: false });
    });
  });

  describe('shareWith', () => {
    beforeEach(() => {
      fake.extensions.set('me.my-copy', { versions: [], sharedWith: [] });
    });

    it('shares, and leaves alone what is shared already', async () => {
      await shareWith(['contoso', 'Fabrikam'], ['fabrikam'], target(), tools());

      assert.deepEqual(said, ['Shared with contoso.', 'Already shared with Fabrikam.']);
      assert.deepEqual(fake.extensions.get('me.my-copy')?.sharedWith, [
        { name: 'contoso', type: 'account' },
      ]);
    });

    it('does not believe tfx when there is no such organisation, and goes on', async () => {
      const sharing = shareWith(['nowhere', 'contoso'], [], target(), tools());

      await assert.rejects(sharing, {
        name: 'PackagingError',
        message: `Sharing with nowhere had no effect: the Marketplace knows no organisation of that name. Give the NAME of https://dev.azure.com/NAME. Version 1.2.3 itself is published; share it in the Marketplace: ${fake.url}/manage/publishers/me, Share.`,
      });
      assert.deepEqual(said, ['Shared with contoso.']);
    });

    it('explains a refusal', async () => {
      const tfx = async () => ({
        exitCode: 255,
        text: 'error: Received response 403 (Forbidden).',
      });

      await assert.rejects(shareWith(['contoso'], [], target(), tools(tfx)), {
        message: /^Sharing me\.my-copy with contoso failed: the owner of the token may not/,
      });
    });

    it('takes "already shared" for what was wanted', async () => {
      const tfx = async () => ({ exitCode: 255, text: 'error: The extension is already shared.' });

      await shareWith(['contoso'], [], target(), tools(tfx));

      assert.deepEqual(said, ['Already shared with contoso.']);
    });

    it('says so when the Marketplace does not tell with whom it is shared', async () => {
      const gallery: Gallery = {
        hasPublisher: async () => true,
        readExtension: async () => ({ versions: [], sharedWith: undefined, isPublic: false }),
      };

      const tfx = async () => ({ exitCode: 0, text: '' });

      await shareWith(['contoso'], [], target(), { ...tools(tfx), gallery });

      assert.deepEqual(said, [
        'Shared with contoso, says tfx; the Marketplace did not confirm it.',
      ]);
    });
  });
});

describe('describeNext', () => {
  const target = { ...names, serviceUrl: 'https://marketplace.visualstudio.com' };

  it('says where to install what is shared', () => {
    const lines = describeNext(target, { validation: 'done', isPublic: false }, ['contoso']);

    assert.deepEqual(lines, [
      'me.my-copy 1.2.3 is published and validated.',
      'Page and installation: https://marketplace.visualstudio.com/items?itemName=me.my-copy',
      'Installation in contoso: https://dev.azure.com/contoso/_settings/extensions?tab=shared',
    ]);
  });

  it('says how to share and how to look again', () => {
    const lines = describeNext(target, { validation: 'pending', isPublic: false }, []);

    assert.deepEqual(lines, [
      'me.my-copy 1.2.3 is published but not validated yet.',
      'Look again: npm run publish -- --status --publisher me --id my-copy',
      'Page and installation: https://marketplace.visualstudio.com/items?itemName=me.my-copy',
      'It is private and shared with nobody yet: add --share-with ORGANIZATION next time, or share it now: https://marketplace.visualstudio.com/manage/publishers/me, Share.',
    ]);
  });
});

describe('describeStatus', () => {
  const target = { ...names, serviceUrl: 'https://marketplace.visualstudio.com' };

  it('says what is wrong with the newest version', () => {
    const lines = describeStatus(target, {
      versions: [{ version: '1.2.3', validation: { failed: 'The icon cannot be read.' } }],
      sharedWith: ['contoso'],
      isPublic: false,
    });

    assert.deepEqual(lines, [
      'me.my-copy 1.2.3: validation failed: The icon cannot be read.',
      'Private, shared with: contoso',
      'https://marketplace.visualstudio.com/items?itemName=me.my-copy',
    ]);
  });

  it('says that nothing is published', () => {
    assert.deepEqual(describeStatus(target, undefined), [
      "me.my-copy is not published, or the token's owner may not see it.",
    ]);
  });
});

describe('isNewer', () => {
  const cases = [
    ['0.10.0', '0.9.9', true],
    ['1.0.0', '1.0.0', false],
    ['1.0.0', '1.0.0.1', false],
    ['1.0.0.2', '1.0.0', true],
  ] as const;
  for (const [version, other, expected] of cases)
    it(`finds that ${version} is ${expected ? '' : 'not '}newer than ${other}`, () => {
      assert.equal(isNewer(version, other), expected);
    });
});
