import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import { reportPage } from '../../../src/report/page.js';
import { claimColumns } from '../../../src/report/tables/claims.js';
import { writeTable } from '../../../src/report/tables/csv.js';
import { sampleColumns } from '../../../src/report/tables/samples.js';
import { browserTest } from '../../chromium.js';
import { exampleNames, exampleReport } from './example.js';
import { payloads } from './payloads.js';

/** Where texts that others wrote reach the page. */
const sinks = ['title', 'name', 'tensor', 'prompt', 'response', 'note', 'label', 'file'] as const;
type Texts = Readonly<Record<(typeof sinks)[number], string>>;

/** A report with a text in each place. */
function pageWith(texts: Texts): Promise<string> {
  const input = exampleReport(1, {
    title: texts.title,
    updates: [`useful${texts.name}`, `harmful${texts.name}`],
    subspaces: exampleNames.subspaces.map((name) => `${name}${texts.name}`),
    tensorPrefix: `${texts.tensor}.`,
  });
  const [holds, sample] = [{ effect: 1, ci_low: 0, ci_high: 2, n: 9, holds_above: 0, holds_below: null }, { item: 0, score: 1 }]; // biome-ignore format: one line
  const files = new Map([
    ...input.files,
    ['samples.csv', writeTable(sampleColumns, [{ ...sample, metric: 'utility', model: 'aligned', prompt: texts.prompt, response: texts.response }])], // biome-ignore format: one line
    ['claims.csv', writeTable(claimColumns, [
      { ...holds, claim: texts.name, kind: 'comparison', case: '', verdict: 'holds', note: texts.note },
      { ...holds, claim: texts.name, kind: 'comparison', case: texts.name, verdict: texts.note, note: texts.note },
    ])], // biome-ignore format: one line
  ] as const);
  const parts = { figures: ['energy', 'claims'], tables: ['energy', 'claims', 'behaviour'] };
  const params = {
    ...input.params,
    ...parts,
    workflow: texts.name,
    provenance: [{ label: texts.label, text: texts.note }],
    asked: [{ label: texts.label, text: texts.note }],
  };
  const digests = new Map([[texts.file, digestOf('x')]]);
  return reportPage({ ...input, params, files }, { digests, version: texts.label });
}

const of = (choose: (sink: number) => string) =>
  Object.fromEntries(sinks.map((sink, index) => [sink, choose(index)])) as Texts;
/** As many pages as payloads, on which every payload is once in every place. */
const attacks = payloads.map((_, page) => of((sink) => payloads[(page + sink) % payloads.length]!));
const kinds = (document: Document) =>
  [...new Set([...document.querySelectorAll('*')].map(({ localName }) => localName))].sort();

test('a text in any place makes no element, no handler and no address', async () => {
  const plain = kinds(parseHTML(await pageWith(of(() => 'plain'))).document);
  assert.ok(payloads.length >= 17 && sinks.length >= 8);
  for (const texts of attacks) {
    const { document } = parseHTML(await pageWith(texts));
    assert.equal(kinds(document), plain, JSON.stringify(texts));
    for (const element of document.querySelectorAll('*')) {
      for (const name of element.getAttributeNames()) assert.not.match(name, /^on|^srcdoc$/);
      assert.match(element.getAttribute('href') ?? '#', /^(#|data:text\/csv;|[^:/]+(\/[^:/]+)*$)/);
    }
  }
});

browserTest('in a browser they do nothing, whatever is opened, focused or pointed at', async (chromium) => {
  for (const texts of attacks) {
    const { page, trouble } = await chromium.open(await pageWith(texts), { width: 1280 });
    const shown = await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
      for (const element of document.querySelectorAll('*')) {
        for (const type of ['pointerover', 'mouseover', 'focus']) element.dispatchEvent(new Event(type));
      }
      const values = [...document.querySelectorAll('[data-value]')].map((mark) => mark.getAttribute('data-value'));
      return document.body.textContent + values.join(' ');
    });
    await page.focus('a');
    for (const text of Object.values(texts)) assert.ok(shown.includes(text.slice(0, 20)), `the text is there: ${text}`);
    assert.equal(trouble, [], JSON.stringify(texts));
    await page.close();
  }
});

test.run();
