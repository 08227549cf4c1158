import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportPage } from '../../../src/report/page.js';
import { exampleReport } from './example.js';

const browser = findBrowser(['chromium', 'chromium-browser', 'google-chrome']);
const name = 'the report fits a phone and a desk, and its policy lets everything it needs through';

if (browser === undefined) {
  console.log('skipped: there is no Chromium on the PATH to lay the report out');
  test.skip(name, () => {});
} else {
  test(name, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runflow-report-'));
    try {
      const page = await reportPage(exampleReport(28), { digests: new Map(), version: '1.2.3' });
      for (const found of await layouts(browser, folder, page, [360, 1280])) {
        assert.ok(found.styled, 'the content security policy lets the style sheet through');
        assert.ok(found.pageWidth <= found.width, `${found.pageWidth} px wide on a screen of ${found.width}`);
        assert.ok(found.figureWidths.length >= 30);
        for (const figure of found.figureWidths) assert.ok(figure >= 250, `a figure is ${figure} px wide`);
        assert.is(found.figuresSideBySide, found.width > 1000);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

interface Layout {
  /** Of the screen. */
  readonly width: number;
  readonly styled: boolean;
  readonly pageWidth: number;
  readonly figureWidths: readonly number[];
  readonly figuresSideBySide: boolean;
}

/** Lays the page out in frames of the given widths and measures it from outside, as its policy allows no script inside. */
async function layouts(
  browserPath: string,
  folder: string,
  page: string,
  widths: readonly number[],
): Promise<Layout[]> {
  const harness = `<!doctype html><body style="margin:0"><script>
    const page = ${JSON.stringify(page).replaceAll('<', '\\u003c')};
    const measured = ${JSON.stringify(widths)}.map((width) => new Promise((resolve) => {
      const frame = document.createElement('iframe');
      Object.assign(frame, { width, height: 900, srcdoc: page, style: 'border:0' });
      frame.onload = () => {
        const inner = frame.contentDocument;
        const panels = [...inner.querySelectorAll('.panel')];
        const [first, second] = panels.map((panel) => panel.getBoundingClientRect());
        resolve({
          width,
          styled: getComputedStyle(inner.querySelector('main')).maxWidth !== 'none',
          pageWidth: inner.documentElement.scrollWidth,
          figureWidths: panels.map((panel) => panel.querySelector('svg').getBoundingClientRect().width),
          figuresSideBySide: first.top === second.top,
        });
      };
      document.body.append(frame);
    }));
    Promise.all(measured).then((found) => document.body.replaceChildren(JSON.stringify(found)));
  </script></body>`;
  const file = join(folder, 'harness.html');
  writeFileSync(file, harness);
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--virtual-time-budget=5000',
    '--window-size=1400,1000',
  ];
  const { stdout } = await promisify(execFile)(
    browserPath,
    [...options, `--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', `file://${file}`],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  const found = /<body[^>]*>(\[\{.*\}\])<\/body>/s.exec(stdout);
  if (!found) throw new Error(`Chromium did not lay the page out: ${stdout.slice(-500)}`);
  return JSON.parse(found[1]!) as Layout[];
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

test.run();
