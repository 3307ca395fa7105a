// npm run package [-- --publisher NAME --id ID]: packs the extension to dist/<publisher>.<id>-<version>.vsix.
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { loadExtension, repositoryRoot } from './manifests/load-manifests';
import { createPackage } from './package/create-package';
import { computeNames } from './package/extension-identity';
import { PackagingError } from './package/packaging-error';
import { unpackVsix } from './package/read-vsix';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      publisher: { type: 'string' },
      id: { type: 'string' },
      unpack: { type: 'string' },
      build: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const original = loadExtension();
  const identity = {
    publisher: values.publisher ?? original.publisher,
    id: values.id ?? original.id,
  };
  if (values.build) build();
  const { file, size, files, manifest } = await createPackage(repositoryRoot, identity);
  if (values.unpack !== undefined) unpackVsix(files, values.unpack);
  console.log(
    `${relative(process.cwd(), file)}: version ${manifest.version}, ${(size / 1e6).toFixed(2)} MB, ${files.size} files`,
  );
  const names = computeNames(original, identity);
  if (names.isCopy)
    console.log(
      `A copy: its tasks are named like ${names.taskName('DatabricksRunNotebook')}@1, so that it can live beside the original.`,
    );
}

function build(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: repositoryRoot,
    stdio: 'inherit',
  });
  if (status !== 0) throw new PackagingError('The build failed', 'See above.');
}

main().catch((error: unknown) => {
  console.error(error instanceof PackagingError ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
