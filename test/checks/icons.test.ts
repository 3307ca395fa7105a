import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findStaleIcons, listIcons, renderDrawing } from '../../scripts/icons/render-icons';
import { loadManifests, repositoryRoot } from '../../scripts/manifests/load-manifests';

const icons = listIcons();
const drawings = [...new Set(icons.map(({ svg }) => svg))];
const taskDrawings = drawings.filter((svg) => svg.startsWith('images/tasks/'));

/** Background and its name: the light and the dark theme of Azure DevOps. */
const backgrounds = [
  ['white', '#ffffff', 1],
  ['dark', '#1f1f1f', 0.0137],
] as const;

/** Luminance of the notebook, #0e7a72, that the drawings stand on. */
const pageLuminance = 0.152;

function read(file: string): Buffer {
  return readFileSync(join(repositoryRoot, file));
}

function draw(svg: string, background: string): Promise<{ readonly pixels: Uint8Array }> {
  return renderDrawing(read(svg).toString('utf8'), 32, background);
}

/** Relative luminance of each pixel, 0 to 1, as WCAG 2 defines it. */
function luminances(pixels: Uint8Array): number[] {
  const linear = (value: number): number => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return Array.from({ length: pixels.length / 4 }, (_, index) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(index * 4, index * 4 + 3);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  });
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** Opacity of each pixel, 0 to 255. */
async function opacities(svg: string): Promise<number[]> {
  const { pixels } = await renderDrawing(read(svg).toString('utf8'), 32);
  return Array.from({ length: pixels.length / 4 }, (_, index) => pixels[index * 4 + 3]!);
}

function sharePassing<T>(items: readonly T[], isPassing: (item: T, index: number) => boolean) {
  return items.filter(isPassing).length / items.length;
}

describe('the icons', () => {
  it('are those that the extension names', () => {
    const manifest = JSON.parse(read('vss-extension.json').toString('utf8')) as {
      icons: Record<string, string>;
      contributions: { properties: { icon?: string } }[];
    };

    const named = [
      ...Object.values(manifest.icons),
      ...manifest.contributions.flatMap(({ properties }) => properties.icon ?? []),
    ];

    assert.deepEqual(
      named.sort(),
      icons
        .map(({ png }) => png)
        .filter((png) => png.startsWith('images/'))
        .sort(),
    );
  });

  it('are made of all drawings there are', () => {
    const svgs = readdirSync(join(repositoryRoot, 'images'), { recursive: true })
      .map((name) => `images/${String(name).replaceAll('\\', '/')}`)
      .filter((name) => name.endsWith('.svg'));

    assert.deepEqual(svgs.sort(), [...drawings].sort());
  });

  it('are what their drawings give', async () => {
    const stale = await findStaleIcons();

    assert.deepEqual(
      stale.map(({ icon }) => icon.png),
      [],
      'run npm run generate',
    );
  });

  for (const icon of icons) {
    describe(icon.png, () => {
      it(`is a PNG of ${icon.size} by ${icon.size} pixels with transparency`, () => {
        const png = read(icon.png);

        assert.equal(png.toString('latin1', 1, 4), 'PNG');
        assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [icon.size, icon.size]);
        assert.equal(png[25], 6, 'the colour type is RGBA');
      });

      it('is small', () => {
        const limit = icon.size === 32 ? 3_000 : 20_000;

        assert.ok(statSync(join(repositoryRoot, icon.png)).size < limit);
      });
    });
  }

  for (const svg of drawings) {
    describe(svg, () => {
      it('consists of paths with strokes of at least two pixels', () => {
        const text = read(svg).toString('utf8');

        const elements = [...text.matchAll(/<([a-z!?][\w-]*)/gi)].map(([, name]) => name);
        const widths = [...text.matchAll(/stroke-width="([^"]*)"/g)].map(([, width]) => width);

        assert.deepEqual([...new Set(elements)], ['svg', 'path']);
        assert.ok(widths.every((width) => Number(width) >= 2));
      });

      it('is drawn on the notebook that all icons share', () => {
        const notebook = (file: string) => read(file).toString('utf8').split('\n').slice(0, 4);

        assert.deepEqual(notebook(svg), notebook('images/extension-icon.svg'));
      });

      it('is transparent around the notebook and opaque inside', async () => {
        const opacity = await opacities(svg);

        assert.equal(opacity[0], 0);
        assert.equal(opacity[32 * 32 - 1], 0);
        assert.ok(sharePassing(opacity, (value) => value === 255) > 0.7);
      });

      for (const [name, color, luminance] of backgrounds) {
        it(`shows its shape on a ${name} background`, async () => {
          const opacity = await opacities(svg);
          const { pixels } = await draw(svg, color);

          const body = luminances(pixels).filter((_, index) => opacity[index] === 255);

          assert.ok(sharePassing(body, (seen) => contrast(seen, luminance) >= 3) > 0.6);
        });
      }

      it('shows what stands on the notebook', async () => {
        const { pixels } = await draw(svg, '#ffffff');

        const inside = luminances(pixels).filter((_, index) => index % 32 >= 11);

        assert.ok(sharePassing(inside, (seen) => contrast(seen, pageLuminance) >= 3) > 0.15);
      });
    });
  }

  for (const [index, one] of taskDrawings.entries()) {
    for (const other of taskDrawings.slice(index + 1)) {
      it(`tell ${one} and ${other} apart without colour`, async () => {
        const [left, right] = await Promise.all(
          [one, other].map(async (svg) => luminances((await draw(svg, '#ffffff')).pixels)),
        );

        const share = sharePassing(left!, (seen, at) => contrast(seen, right![at]!) >= 2);

        assert.ok(share > 0.1, `only ${share} of the pixels differ`);
      });
    }
  }
});

describe('findStaleIcons', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'icons-'));
    for (const { folder } of loadManifests()) {
      mkdirSync(join(root, 'tasks', folder), { recursive: true });
      writeFileSync(join(root, 'tasks', folder, 'task.json'), '{}');
    }
    for (const svg of drawings) cpSync(join(repositoryRoot, svg), join(root, svg));
    for (const { png } of icons) cpSync(join(repositoryRoot, png), join(root, png));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('finds nothing where every picture is what its drawing gives', async () => {
    assert.deepEqual(await findStaleIcons(root), []);
  });

  it('names a picture that is missing and one that is another', async () => {
    rmSync(join(root, 'images', 'connection-icon.png'));
    cpSync(
      join(root, 'tasks', 'RunNotebook', 'icon.png'),
      join(root, 'tasks', 'WaitForRun', 'icon.png'),
    );

    const stale = await findStaleIcons(root);

    assert.deepEqual(
      stale.map(({ icon, expected }) => [icon.png, read(icon.png).equals(expected)]),
      [
        ['images/connection-icon.png', true],
        ['tasks/WaitForRun/icon.png', true],
      ],
    );
  });

  it('says which drawing is missing', async () => {
    rmSync(join(root, 'images', 'tasks', 'RunNotebook.svg'));

    await assert.rejects(findStaleIcons(root), {
      message:
        'images/tasks/RunNotebook.svg is missing; draw it, for it becomes tasks/RunNotebook/icon.png',
    });
  });

  it('says which drawing is no SVG', async () => {
    writeFileSync(join(root, 'images', 'tasks', 'RunNotebook.svg'), '<svg');

    await assert.rejects(findStaleIcons(root), {
      message:
        'images/tasks/RunNotebook.svg cannot be rendered: SVG data parsing failed cause the document does not have a root node',
    });
  });
});
