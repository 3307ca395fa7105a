import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { PreviewData } from './page/model';
import { escapeHtml } from './render-help';

const pageFolder = join(__dirname, 'page');

/** The whole page as one text. It loads nothing, and its own policy forbids it to. */
export async function buildPage(data: PreviewData): Promise<string> {
  const style = readFileSync(join(pageFolder, 'style.css'), 'utf8');
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(data.extensionName)}: forms</title>
<style>
${style}</style>
</head>
<body>
<script type="application/json" id="data">${embeddedJson(data)}</script>
<script>
${await bundleScript()}</script>
</body>
</html>
`;
}

/** JSON that cannot end the script element it stands in. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(pageFolder, 'main.ts')],
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    minify: true,
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
