import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExtensionManifest } from '../manifests/load-manifests';
import { findPackageProblems } from './check-vsix';
import type { ExtensionIdentity } from './extension-identity';
import { PackagingError } from './packaging-error';
import { readVsix, type VsixFiles } from './read-vsix';
import { stageExtension } from './stage-extension';
import { runTfx } from './tfx';

/** A VSIX that was read back and found to be right. */
export interface CreatedPackage {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly files: VsixFiles;
  readonly manifest: ExtensionManifest;
}

/** Packs the built tasks to `dist/<publisher>.<id>-<version>.vsix` and reads it back. Throws PackagingError. */
export async function createPackage(
  root: string,
  identity: ExtensionIdentity,
): Promise<CreatedPackage> {
  const target = join(root, 'dist', `extension-${process.pid}`);
  try {
    const manifest = stageExtension({ root, target, identity });
    const name = `${identity.publisher}.${identity.id}-${manifest.version}.vsix`;
    const file = resolve(root, 'dist', name);
    mkdirSync(join(root, 'dist'), { recursive: true });
    await pack(target, file);
    const files = await readVsix(file);
    const { size } = statSync(file);
    const problems = findPackageProblems({ files, size, manifest, root });
    if (problems.length > 0) throw refusal(problems);
    return { file, size, files, manifest };
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

async function pack(root: string, file: string): Promise<void> {
  const { exitCode, text } = await runTfx([
    'extension',
    'create',
    '--root',
    root,
    '--manifests',
    'vss-extension.json',
    '--output-path',
    file,
  ]);
  // tfx only warns of a task.json that the service would refuse.
  const complaints = text.split('\n').filter((line) => /^(error|warning):/.test(line));
  if (exitCode === 0 && complaints.length === 0) return;
  throw refusal(complaints.length > 0 ? complaints : [text]);
}

function refusal(problems: readonly string[]): PackagingError {
  const list = problems.map((problem) => `\n  - ${problem}`).join('');
  return new PackagingError('The package is not right', `Nothing was published. Correct:${list}`);
}
