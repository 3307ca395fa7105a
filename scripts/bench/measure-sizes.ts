import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadExtension, repositoryRoot } from '../manifests/load-manifests';
import { createPackage } from '../package/create-package';
import { type Bench, kilobytes } from './bench';
import { type Row, type Section, withBar } from './results';

const packageBar = 3e6;

/** Bytes of index.js and of the whole folder, of each task, and of the VSIX. */
export interface Sizes {
  readonly tasks: readonly {
    readonly name: string;
    readonly index: number;
    readonly all: number;
  }[];
  readonly vsix: number;
}

/** Packs the built tasks, and weighs them. */
export async function weigh({ tasksFolder }: Bench): Promise<Sizes> {
  const tasks = readdirSync(tasksFolder)
    .sort()
    .map((name) => {
      const folder = join(tasksFolder, name);
      const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
      return {
        name,
        index: statSync(join(folder, 'index.js')).size,
        all: sizes.reduce((sum, size) => sum + size, 0),
      };
    });
  const { publisher, id } = loadExtension();
  const { size } = await createPackage(repositoryRoot, { publisher, id });
  return { tasks, vsix: size };
}

/** Sizes of what is installed. */
export async function measureSizes(bench: Bench): Promise<Section> {
  bench.say('Packing');
  const { tasks, vsix } = await weigh(bench);
  const rows: readonly Row[] = [
    withBar('VSIX with all tasks', `${(vsix / 1e6).toFixed(2)} MB`, {
      text: 'under 3 MB',
      atMost: packageBar,
      worst: vsix,
    }),
    ...tasks.map(({ name, index, all }) => ({
      what: name,
      measured: `index.js ${kilobytes(index)}`,
      remark: `with what is loaded when needed, licences and icon ${kilobytes(all)}`,
    })),
  ];
  return {
    name: 'sizes',
    title: 'Sizes',
    method: 'The bundles as `npm run build` makes them, and the packed extension.',
    rows,
  };
}
