import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { loadManifests, repositoryRoot } from '../manifests/load-manifests';

/** A drawing and the picture that is made of it; paths below the repository's root, with `/`. */
export interface Icon {
  readonly svg: string;
  readonly png: string;
  /** Width and height in pixels. */
  readonly size: number;
}

/** A rendered drawing. */
export interface Rendering {
  readonly png: Uint8Array;
  /** Rows from the top, four bytes a pixel (RGBA, colour multiplied by opacity). */
  readonly pixels: Uint8Array;
}

/** A picture on disk that is missing or not what its drawing gives, and the bytes it should have. */
export interface StaleIcon {
  readonly icon: Icon;
  readonly expected: Uint8Array;
}

const extensionIcons: readonly Icon[] = [
  { svg: 'images/extension-icon.svg', png: 'images/extension-icon.png', size: 128 },
  { svg: 'images/extension-icon.svg', png: 'images/extension-icon-large.png', size: 512 },
  { svg: 'images/connection-icon.svg', png: 'images/connection-icon.png', size: 32 },
];

/** All icons: those of the extension, then one for each task, drawn in images/tasks/<Folder>.svg. */
export function listIcons(root = repositoryRoot): Icon[] {
  const taskIcons = loadManifests(root).map(({ folder }) => ({
    svg: `images/tasks/${folder}.svg`,
    png: `tasks/${folder}/icon.png`,
    size: 32,
  }));
  return [...extensionIcons, ...taskIcons];
}

/** Compares all pictures with their drawings. Throws an Error that names a drawing which is missing or no SVG. */
export async function findStaleIcons(root = repositoryRoot): Promise<StaleIcon[]> {
  const stale: StaleIcon[] = [];
  for (const icon of listIcons(root)) {
    const expected = await renderIcon(icon, root);
    const file = join(root, icon.png);
    if (!existsSync(file) || !readFileSync(file).equals(expected)) stale.push({ icon, expected });
  }
  return stale;
}

/** Renders a square drawing; the same drawing gives the same bytes on every machine. `background` is a CSS colour, else transparent. */
export async function renderDrawing(
  svg: string,
  size: number,
  background?: string,
): Promise<Rendering> {
  await startRenderer();
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'width', value: size },
    font: { loadSystemFonts: false },
    ...(background === undefined ? {} : { background }),
  });
  const image = drawing.render();
  try {
    return { png: image.asPng(), pixels: image.pixels };
  } finally {
    image.free();
    drawing.free();
  }
}

async function renderIcon({ svg, png, size }: Icon, root: string): Promise<Uint8Array> {
  const file = join(root, svg);
  if (!existsSync(file)) throw new Error(`${svg} is missing; draw it, for it becomes ${png}`);
  try {
    return (await renderDrawing(readFileSync(file, 'utf8'), size)).png;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${svg} cannot be rendered: ${reason}`, { cause });
  }
}

let started: Promise<void> | undefined;

/** The renderer refuses a second start, so every caller waits for the first. */
function startRenderer(): Promise<void> {
  started ??= initWasm(readFileSync(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return started;
}
