import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { type Context, type Test, test } from 'uvu';

/** A page as a reader has it open, and what it did that it must not do. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, errors that nothing caught, and addresses that were asked for. */
  readonly trouble: string[];
}

export interface Screen {
  readonly width: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** False: the reader's browser runs no scripts. */
  readonly scripting?: boolean;
}

/** A Chromium without a window, driven from outside. */
export class Chromium {
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start(executablePath: string): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), 'runflow-chromium-'));
    const args = ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'];
    const userDataDir = join(folder, 'profile');
    return new Chromium(await puppeteer.launch({ executablePath, args, userDataDir, timeout: 120_000 }), folder);
  }

  /** Opens a page as a file from disk. */
  async open(html: string, { width, height = 900, dark = false, scripting = true }: Screen): Promise<OpenPage> {
    const file = join(this.#folder, 'report.html');
    writeFileSync(file, html);
    const page = await this.#browser.newPage();
    const address = pathToFileURL(file).href;
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => trouble.push(`error: ${error instanceof Error ? error.message : String(error)}`));
    page.on('dialog', (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== address) trouble.push(`request: ${request.url()}`);
    });
    await page.setViewport({ width, height });
    await page.setJavaScriptEnabled(scripting);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await page.goto(address, { waitUntil: 'load', timeout: 120_000 });
    return { page, trouble };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What axe-core finds wrong that keeps somebody from reading or using the page: a line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run({ preload: false })')) as axe.AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 300)}`));
}

/** A test in a browser; where there is no Chromium it is skipped with a word. */
export function browserTest(
  name: string,
  run: (chromium: Chromium) => Promise<void>,
  into: Test<Context> = test,
): void {
  const browser = findBrowser(['chromium', 'chromium-browser', 'google-chrome']);
  if (browser === undefined) {
    console.log('skipped: there is no Chromium on the PATH to lay the report out');
    into.skip(name, () => {});
    return;
  }
  into(name, async () => {
    const chromium = await Chromium.start(browser);
    try {
      await run(chromium);
    } finally {
      await chromium.close();
    }
  });
}

function findBrowser(names: readonly string[]): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((each) => join(folder, each)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
