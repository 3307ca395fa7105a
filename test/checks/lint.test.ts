import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';

/** Two defects that only rules still in the nursery of Biome find; a new version must not lose them. */
const defects = `export async function save(): Promise<void> {
  await Promise.resolve();
}
export function floats(): void {
  save();
}
export function misuses(): void {
  ['a', 'b'].forEach(async () => {
    await save();
  });
}
`;

describe('the linter', () => {
  it('finds promises that nobody waits for', function () {
    this.timeout(20_000);
    const folder = mkdtempSync(join(tmpdir(), 'lint-'));
    const biome = join(repositoryRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
    copyFileSync(join(repositoryRoot, 'biome.json'), join(folder, 'biome.json'));
    writeFileSync(join(folder, 'defects.ts'), defects);

    const { stdout, stderr } = spawnSync(
      process.execPath,
      [biome, 'lint', '--vcs-enabled=false', '.'],
      { cwd: folder, encoding: 'utf8' },
    );
    rmSync(folder, { recursive: true });

    assert.match(stdout + stderr, /noFloatingPromises/);
    assert.match(stdout + stderr, /noMisusedPromises/);
  });
});
