import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { repositoryRoot } from '../manifests/load-manifests';
import { createPackage } from '../package/create-package';
import type { ExtensionIdentity } from '../package/extension-identity';
import { PackagingError } from '../package/packaging-error';
import { readVsix, type VsixFiles } from '../package/read-vsix';

/** A VSIX that is ready to be sent. */
export interface ReadyPackage extends ExtensionIdentity {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly version: string;
  readonly files: VsixFiles;
}

/** Builds the tasks, unless told otherwise, and packs them. Throws PackagingError. */
export async function packAnew(
  identity: ExtensionIdentity,
  build: boolean,
  root = repositoryRoot,
): Promise<ReadyPackage> {
  if (build) {
    const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) throw new PackagingError('The build failed', 'See above.');
  }
  const { file, size, files, manifest } = await createPackage(root, identity);
  return { ...identity, file, size, files, version: manifest.version };
}

/** Reads a VSIX that was packed before. Throws PackagingError. */
export async function openPackage(path: string): Promise<ReadyPackage> {
  const file = resolve(path);
  if (!existsSync(file))
    throw new PackagingError(`There is no file ${path}`, 'npm run package makes one, in dist.');
  const files = await readVsix(file).catch((cause: unknown) => {
    throw new PackagingError(`${path} is no VSIX`, 'npm run package makes one, in dist.', {
      cause,
    });
  });
  const tag =
    /<Identity\b[^>]*>/.exec(files.get('extension.vsixmanifest')?.toString('utf8') ?? '')?.[0] ??
    '';
  const read = (name: string): string => {
    const value = new RegExp(`\\b${name}="([^"]+)"`).exec(tag)?.[1];
    if (value !== undefined) return value;
    throw new PackagingError(`${path} does not say its ${name}`, 'Pack it with npm run package.');
  };
  return {
    file,
    size: statSync(file).size,
    files,
    publisher: read('Publisher'),
    id: read('Id'),
    version: read('Version'),
  };
}
