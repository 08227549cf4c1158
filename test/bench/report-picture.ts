/**
 * Takes the picture of a report that the README shows: one section of it, as Chromium draws the page.
 *
 *   node dist/test/bench/report-picture.js REPORT.html SECTION PICTURE.png [WIDTH HEIGHT]
 *
 * Needs `chromium` on the path. The README's is made of the toy profile's experiment 1:
 *
 *   npx runflow run workflows/exp1.yaml
 *   node dist/test/bench/report-picture.js results/exp1/report.html energy examples/report.png 1120 600
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { parseHTML } from 'linkedom';

const [report, section, picture, width = '1120', height = '600'] = process.argv.slice(2);
if (report === undefined || section === undefined || picture === undefined) {
  throw new Error('usage: report-picture.js REPORT.html SECTION PICTURE.png [WIDTH HEIGHT]');
}

const { document } = parseHTML(readFileSync(report, 'utf8'));
if (document.getElementById(section) === null) throw new Error(`${report} has no section ${section}`);
for (const element of document.querySelectorAll('main > *, body > header, body > nav')) {
  if (element.id !== section && element.querySelector(`#${section}`) === null) element.remove();
}
// The page's policy allows only its own styles, by their hash.
document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.remove();
document.getElementById(section)!.setAttribute('style', 'margin-top: -4.6rem; border-top: none');
const folder = mkdtempSync(join(tmpdir(), 'runflow-picture-'));
try {
  const page = join(folder, 'page.html');
  writeFileSync(page, document.toString());
  await execa('chromium', [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--window-size=${width},${height}`],
    ...[`--screenshot=${resolve(picture)}`, `--user-data-dir=${join(folder, 'profile')}`, pathToFileURL(page).href],
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
