import type { ExtensionManifest, FullManifest } from '../manifests/load-manifests';
import type { VsixFiles } from './read-vsix';

/** What was packed, as a check needs it. */
export interface PackedExtension {
  readonly files: VsixFiles;
  /** Size of the VSIX in bytes. */
  readonly size: number;
  /** The vss-extension.json that it was made of. */
  readonly manifest: ExtensionManifest;
  /** Folder of the repository, which must not be named in any file. */
  readonly root: string;
}

/** One task of it. */
export interface PackedTask {
  /** Path of its folder in the package. */
  readonly folder: string;
  readonly manifest: FullManifest;
}

/** Whether a file is a PNG of `size` x `size` pixels. */
export function isPicture(content: Buffer | undefined, size: number): boolean {
  return (
    content !== undefined &&
    content.length > 24 &&
    content.subarray(1, 4).toString('latin1') === 'PNG' &&
    content.readUInt32BE(16) === size &&
    content.readUInt32BE(20) === size
  );
}
