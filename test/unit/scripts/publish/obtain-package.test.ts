import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPackage } from '../../../../scripts/publish/obtain-package';
import { zip } from '../../../helpers/zip';
import { folderWithVsix } from './packages';

describe('openPackage', () => {
  const folder = folderWithVsix();

  it('reads who published which version', async () => {
    const { publisher, id, version, size } = await openPackage(folder.vsix);

    assert.deepEqual([publisher, id, version, size > 500], ['me', 'my-copy', '1.2.3', true]);
  });

  it('refuses a file that is missing', async () => {
    await assert.rejects(openPackage('nowhere.vsix'), {
      name: 'PackagingError',
      message: 'There is no file nowhere.vsix. npm run package makes one, in dist.',
    });
  });

  it('refuses a file that is no archive', async () => {
    const file = join(folder.path, 'text.vsix');
    writeFileSync(file, 'text');

    await assert.rejects(openPackage(file), {
      message: `${file} is no VSIX. npm run package makes one, in dist.`,
    });
  });

  it('refuses an archive without manifest', async () => {
    const file = join(folder.path, 'other.vsix');
    writeFileSync(file, zip({ 'a.txt': 'a' }));

    await assert.rejects(openPackage(file), {
      message: `${file} does not say its Publisher. Pack it with npm run package.`,
    });
  });
});
