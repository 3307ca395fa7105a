import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { pipeline, type Shot, shots } from './shots';

export interface ScreenshotOptions {
  /** Program of Chromium or Chrome. */
  readonly browser: string;
  /** file: URL of the page. */
  readonly page: string;
  /** Places to make a whole picture of, for looking through the forms. */
  readonly forms: readonly string[];
  readonly formFolder: string;
  readonly screenshotFolder: string;
}

/** Makes the screenshots of the Marketplace page and a long picture of each form. Resolves to the files written. */
export async function takeScreenshots(options: ScreenshotOptions): Promise<string[]> {
  const { browser: program, page, forms, formFolder, screenshotFolder } = options;
  mkdirSync(screenshotFolder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: program,
    args: [
      // For root in a container; the page is ours and loads nothing.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
    await context.setOffline(true);
    const files: string[] = [];
    for (const shot of shots) {
      const file = join(screenshotFolder, `${shot.name}.png`);
      await takeShot(context, page, shot, file);
      files.push(file);
    }
    for (const form of forms) {
      const file = join(formFolder, `${form}.png`);
      await takeForm(context, page, form, file);
      files.push(file);
    }
    return files;
  } finally {
    await browser.close();
  }
}

async function takeShot(
  context: BrowserContext,
  address: string,
  shot: Shot,
  file: string,
): Promise<void> {
  const page = await context.newPage();
  await page.goto(address);
  for (const [place, values] of Object.entries(pipeline)) {
    await go(page, place);
    await fill(page, values);
  }
  await go(page, shot.place);
  await fill(page, shot.values);
  if (shot.showsYaml) await page.click('.view-yaml');
  for (const group of shot.groups) await page.click(`[data-group="${group}"] .section-header`);
  if (shot.press !== undefined) await page.click(`button:text-is("${shot.press}")`);
  await page.evaluate(scrollToTop);
  if (shot.openList !== undefined) await page.click(`[data-input="${shot.openList}"] .arrow`);
  else await page.evaluate('document.activeElement.blur()');
  if (shot.openHelp !== undefined) await page.click(`[data-input="${shot.openHelp}"] .info`);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: file });
  await page.close();
}

async function takeForm(
  context: BrowserContext,
  address: string,
  place: string,
  file: string,
): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${address}#${place}`);
  const closed = page.locator('.section-header[aria-expanded="false"]');
  while ((await closed.count()) > 0) await closed.first().click();
  await page.addStyleTag({ content: 'html, body, main { height: auto; overflow: visible }' });
  await page.screenshot({ path: file, fullPage: true });
  await page.close();
}

/** Filling in and pressing may have scrolled. */
const scrollToTop = `document.querySelectorAll('main, .dialog-body').forEach((box) => box.scrollTo(0, 0))`;

async function go(page: Page, place: string): Promise<void> {
  await page.click(`[data-place="${place}"]`);
}

async function fill(page: Page, values: Shot['values']): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const control = page.locator(`[data-input="${name}"] :is(input, textarea)`);
    if (typeof value === 'boolean') await control.setChecked(value);
    else await control.fill(value);
  }
}
