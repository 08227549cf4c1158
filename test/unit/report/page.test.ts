import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import { background, seriesColors, seriesLook } from '../../../src/report/figures/palette.js';
import { reportPage } from '../../../src/report/page.js';
import type { ReportInput } from '../../../src/report/section.js';
import { sections } from '../../../src/report/sections/registry.js';
import { readTable } from '../../../src/report/tables/csv.js';
import { energyColumns } from '../../../src/report/tables/energy.js';
import { reportPartNames } from '../../../src/workflow/report.js';
import { allParts, exampleNames, exampleReport } from './example.js';

const render = (input: ReportInput) =>
  reportPage(input, {
    digests: new Map([...input.files].map(([file, text]) => [file, digestOf(text)])),
    version: '1.2.3',
  });

test('the report asks for nothing outside itself and holds one script of its own, allowed by its hash', async () => {
  const page = await render(exampleReport());
  const { document } = parseHTML(page);
  assert.is(document.querySelectorAll('link, img, iframe, object, embed, base').length, 0);
  const [script, ...others] = document.querySelectorAll('script');
  assert.equal(others, []);
  assert.is(script!.attributes.length, 1);
  assert.is(page.split('<script').length, 2);
  const text = page.slice(page.indexOf('<script type="module">') + 22, page.indexOf('</script>'));
  const hash = createHash('sha256').update(text).digest('base64');
  const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')!.getAttribute('content');
  assert.is(
    policy,
    `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; connect-src 'none'; base-uri 'none'; form-action 'none'`,
  );
  for (const element of document.querySelectorAll('*')) {
    for (const name of element.getAttributeNames()) assert.not.match(name, /^on/);
  }
  assert.ok(text.length < 12_000, 'a script that can be read');
  assert.not.match(
    text,
    /\b(eval|Function|fetch|XMLHttpRequest|WebSocket|EventSource|innerHTML|outerHTML|import|localStorage)\b/,
  );
  assert.not.match(page.replaceAll(/xmlns(:xlink)?="[^"]*"/g, ''), /https?:|url\(|@import/);
  for (const link of document.querySelectorAll('a')) {
    assert.match(
      link.getAttribute('href')!,
      /^(#[a-z-]+|[a-z-]+\.(csv|json)|items\/[a-z-]+\.jsonl|data:text\/csv;charset=utf-8;base64,[\w+/=]+)$/,
    );
  }
});

test("tables and files of the user's own steps are linked", async () => {
  const example = exampleReport();
  const steps = [{ name: 'ranking', files: ['rank & file.csv', 'notes/first.txt'] }];
  const { document } = parseHTML(await render({ ...example, params: { ...example.params, steps } }));
  const links = [...document.querySelectorAll('#steps a')];
  assert.equal(
    links.map((link) => [link.getAttribute('href'), link.textContent]),
    [
      ['steps/ranking/rank%20%26%20file.csv', 'rank & file.csv'],
      ['steps/ranking/notes/first.txt', 'notes/first.txt'],
    ],
  );
  assert.ok(document.querySelector('nav a[href="#steps"]'));
  assert.not.ok(parseHTML(await render(example)).document.querySelector('#steps'));
});

test('the same input gives the same bytes', async () => {
  const first = await render(exampleReport(1));
  assert.is(await render(exampleReport(1)), first);
});

test('all figures, tables, provenance and links between them are there', async () => {
  const { document } = parseHTML(await render(exampleReport()));
  assert.equal(
    [...document.querySelectorAll('section')].map((section) => section.id),
    ['summary', ...allParts, 'provenance'],
  );
  for (const link of document.querySelectorAll('nav a')) assert.ok(document.querySelector(link.getAttribute('href')!));
  const titles = (id: string) => [...document.querySelectorAll(`#${id} h4`)].map((title) => title.textContent);
  assert.equal(titles('energy').slice(0, 2), ['Update useful, parallel', 'Update harmful, parallel']);
  assert.equal(titles('overlap').slice(0, 2), [
    'All pairs, mean over tensors',
    'useful – harmful, middle half of tensors',
  ]);
  for (const figure of document.querySelectorAll('figure')) {
    assert.ok(figure.querySelector('figcaption p'), 'every figure has a caption');
    for (const svg of figure.querySelectorAll('.panel svg')) assert.ok(svg.getAttribute('aria-label'));
  }
  const labels = document.querySelector('#overlap svg[aria-label]')!.textContent;
  assert.match(labels, 'energy η that the subspaces hold');
  assert.match(labels, 'mode subspace overlap');
});

test('the page has its parts in the order in which the language names them', () => {
  assert.equal(Object.keys(sections), [...reportPartNames]);
});

test('the data behind a figure can be saved from the page and holds the means over seeds', async () => {
  const input = exampleReport();
  const { document } = parseHTML(await render(input));
  const href = document.querySelector('a[download="energy-curves.csv"]')!.getAttribute('href')!;
  const csv = Buffer.from(href.slice(href.indexOf(',') + 1), 'base64').toString('utf8');
  const curves = readTable(csv, {
    update: 'text',
    subspace: 'text',
    fraction: 'number',
    n: 'number',
    mean: 'number',
    min: 'number',
    max: 'number',
  } as const);
  const rows = readTable(input.files.get('energy.csv')!, energyColumns);
  const kept = rows.filter((row) => row.update === 'harmful' && row.subspace === 'random' && row.fraction === 0.25);
  const values = kept.map((row) => row.energy_kept!);
  const curve = curves.find((row) => row.update === 'harmful' && row.subspace === 'random' && row.fraction === 0.25)!;
  assert.is(curve.n, 3);
  assert.ok(Math.abs(curve.mean - (values[0]! + values[1]! + values[2]!) / 3) < 1e-15);
  assert.is(curve.min, Math.min(...values));
  assert.is(curve.max, Math.max(...values));
  const [, , , cell] = [...document.querySelectorAll('#energy tbody tr')]
    .find((row) => row.textContent.includes('random-k'))!
    .querySelectorAll('td');
  assert.match(cell!.textContent, /^\d\.\d{3}\d\.\d{3}–\d\.\d{3}$/);
});

test('a tensor that an update leaves unchanged is no part of a mean, and the page says so', async () => {
  const { document } = parseHTML(await render(exampleReport()));
  const rows = [...document.querySelectorAll('#overlap tbody tr')].map((row) =>
    row.textContent.replaceAll(/\s+/g, ' '),
  );
  assert.match(rows[0]!, /^useful – harmful34/);
  assert.match(rows[1]!, /^useful – alignment29/);
  assert.match(document.querySelector('#overlap .note')!.textContent, '5 tensors that an update leaves unchanged');
});

/** Each would end the element, attribute or comment it stands in, if it were not escaped. */
const hostile = [
  '</title><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</svg><script>alert(1)</script>',
  '<!-- ]]> &lt; &#60;script>',
  '</style><script>alert(1)</script>',
].join(' ');

test('names from a workflow are shown as text, whatever they hold', async () => {
  const named = (name: string) => `${name}${hostile}`;
  const input = exampleReport(2, {
    title: named('title'),
    updates: [named('useful'), named('harmful')],
    subspaces: exampleNames.subspaces.map(named),
    tensorPrefix: `${hostile}.`,
  });
  const provenance = [{ label: named('label'), text: named('text') }];
  const page = await render({ ...input, params: { ...input.params, workflow: named('workflow'), provenance } });
  const { document } = parseHTML(page);
  const tags = (of: Document) => [...new Set([...of.querySelectorAll('*')].map(({ localName }) => localName))].sort();
  assert.equal(tags(document), tags(parseHTML(await render(exampleReport(2))).document), 'no new kinds of elements');
  for (const element of document.querySelectorAll('*')) {
    for (const name of element.getAttributeNames()) assert.not.match(name, /^on/);
  }
  assert.is(document.querySelector('h1')!.textContent, named('title'));
  assert.is(document.querySelector('title')!.textContent, named('title'));
  assert.is(document.querySelector('#energy h4')!.textContent, `Update ${named('useful')}, parallel`);
  assert.is(document.querySelectorAll('#provenance dt')[1]!.textContent, named('label'));
});

test('a section that nothing was measured for is named, not left out in silence', async () => {
  const input = exampleReport();
  const files = new Map([['energy.csv', input.files.get('energy.csv')!]]);
  const params = { ...input.params, files: ['energy.csv'] };
  const { document } = parseHTML(await render({ ...input, params, files }));
  assert.is(document.querySelector('#overlap'), null);
  const notes = [...document.querySelectorAll('main > p.note')].map(({ textContent }) => textContent);
  assert.is(notes.length, allParts.length - 1);
  assert.ok(notes.some((note) => /Overlap of update subspaces: .* nothing in this workflow measures it/.test(note)));
  assert.is(document.querySelectorAll('#energy figure').length, 1);
});

test('a workflow that asks for tables only gets no figures', async () => {
  const input = exampleReport();
  const params = { ...input.params, figures: [], tables: ['overlap'] };
  const { document } = parseHTML(await render({ ...input, params }));
  assert.equal([document.querySelectorAll('figure').length, document.querySelectorAll('table').length], [0, 1]);
});

test('tables of updates that are zero everywhere make a report without curves', async () => {
  const input = exampleReport();
  const files = new Map([
    [
      'energy.csv',
      'update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,update_energy,cosine_projected,cosine_alignment,rank\nuseful,top-k,,parallel,right,0.5,,,0,,,\n',
    ],
    ['overlap.csv', 'pair,tensor,energy,k_a,k_b,d,overlap,baseline\nuseful:harmful,a,0.5,0,0,4,,\n'],
  ]);
  const { document } = parseHTML(await render({ ...input, files }));
  assert.not.match(document.querySelector('main')!.textContent, /NaN|undefined|Infinity/);
});

test('series are told apart by colours of 3:1 contrast in both schemes, and by shape', () => {
  const channel = (hex: string) => {
    const value = Number.parseInt(hex, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = (color: string) =>
    0.2126 * channel(color.slice(1, 3)) + 0.7152 * channel(color.slice(3, 5)) + 0.0722 * channel(color.slice(5, 7));
  for (const scheme of ['light', 'dark'] as const) {
    for (const color of seriesColors) {
      const [low, high] = [luminance(color[scheme]), luminance(background[scheme])].sort((x, y) => x - y);
      assert.ok((high! + 0.05) / (low! + 0.05) >= 3, `${color[scheme]} on ${background[scheme]}`);
    }
  }
  const looks = Array.from({ length: 42 }, (_, index) => JSON.stringify(seriesLook(index)));
  assert.is(new Set(looks).size, 42);
});

test.run();
