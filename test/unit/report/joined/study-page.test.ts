import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { claimEffects } from '../../../../src/eval/claims/registry.js';
import { digestOf } from '../../../../src/formats/digest.js';
import type { StudyReportParams } from '../../../../src/report/joined/study.js';
import { type StudyPageInput, studyPage } from '../../../../src/report/joined/study-page.js';
import { runPlaces } from '../../../../src/report/run/places.js';
import { claimColumns } from '../../../../src/report/tables/claims.js';
import { writeTable } from '../../../../src/report/tables/csv.js';
import { browserTest, seriousFindings } from '../../../chromium.js';
import { exampleNames, exampleReport } from '../example.js';
import { payloads } from '../payloads.js';

const allParts = ['energy', 'behaviour', 'trade-off', 'overlap', 'loss'];

interface Names {
  readonly title: string;
  readonly axis: string;
  readonly labels: readonly string[];
  readonly claim: string;
  readonly text: string;
}

const plain: Names = {
  title: 'Study',
  axis: 'profile',
  labels: ['profile=a', 'profile=b', 'profile=c'],
  claim: 'above-chance',
  text: 'a text',
};

/** A study of three cells, of which the last measures no overlap. */
function study(
  names: Names = plain,
  { layers = 1, parts = allParts }: { layers?: number; parts?: string[] } = {},
): StudyPageInput {
  const example = exampleReport(layers, { ...exampleNames, title: names.title });
  const verdicts = ['holds', 'fails', 'undecided'];
  const row = (of: string, verdict: string) => ({
    claim: names.claim,
    kind: 'above-baseline',
    case: of,
    verdict,
    effect: 0.1,
    ci_low: 0,
    ci_high: 0.2,
    n: 9,
    holds_above: 0,
    holds_below: null,
    note: names.text,
    training_seed: null,
  });
  const groups = names.labels.map((label, cell) => ({
    label,
    cells: [cell],
    values: [label],
    shown: {
      ...example.params,
      files: [...example.files.keys()].filter((file) => cell < 2 || file !== 'overlap.csv'),
    },
    figures: parts,
    tables: parts,
  }));
  const texts = [{ label: names.text, text: names.text, of: names.labels[0]! }];
  const params: StudyReportParams = {
    title: names.title,
    workflow: names.title,
    axes: [names.axis],
    groups,
    asked: [{ axis: names.axis, values: names.labels }],
    cells: names.labels.map((label) => ({ label, values: [label], folder: `cells/${label}`, claims: true })),
    texts,
    provenance: texts,
    claims: { figure: true, table: true },
  };
  const csv = (rows: ReturnType<typeof row>[]) => writeTable(claimColumns, rows);
  return {
    params,
    groups: groups.map(({ shown }) => {
      return { params: shown, files: new Map([...example.files].filter(([file]) => shown.files.includes(file))) };
    }),
    claims: new Map(
      names.labels.map((_, cell) => [cell, csv([row('', verdicts[cell]!), row('case', verdicts[cell]!)])]),
    ),
    claimsOverCells: csv([row('', 'fails')]),
    claimEffects,
  };
}

const origin = { digests: new Map([['profile=a: energy.csv', digestOf('x')]]), version: '1.2.3' };
const pageOf = (input: StudyPageInput) => studyPage(input, origin);

test('the front page has what was asked, verdicts over all cells and in each, every section, links and places for the run', async () => {
  const page = await pageOf(study());
  const { document } = parseHTML(page);
  const textOf = (selector: string) => document.querySelector(selector)!.textContent!.replaceAll(/\s+/g, ' ');
  assert.match(textOf('#summary'), 'Axis profile');
  assert.match(textOf('#summary'), 'profile=a, profile=b, profile=c');
  const verdicts = [...document.querySelectorAll('#summary table tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent!.replaceAll(/[^a-z=-]+/g, ' ').trim()),
  );
  assert.equal(verdicts, [
    ['all cells', 'fails'],
    ['profile=a', 'holds'],
    ['profile=b', 'fails'],
    ['profile=c', 'undecided'],
  ]);
  const links = [...document.querySelectorAll('#cells a')].map((link) => link.getAttribute('href'));
  assert.equal(links, ['a', 'b', 'c'].map((name) => `cells/profile%3D${name}/report.html`)); // biome-ignore format: one line
  for (const part of ['claims', ...allParts, 'provenance']) assert.ok(document.querySelector(`section#${part}`), part);
  for (const place of Object.values(runPlaces)) assert.is(page.split(place).length, 2, place);
  assert.is(page.split('<script').length, 2);
});

test('figures hold a panel a cell, and a section that a cell does not have is said to be missing in it', async () => {
  const { document } = parseHTML(await pageOf(study()));
  const titles = (figure: string) =>
    [...document.querySelectorAll(`#figure-${figure} h4`)].map((one) => one.textContent!);
  const energy = titles('energy');
  assert.equal(
    energy.slice(0, 3).map((title) => title.split(':')[0]),
    ['profile=a', 'profile=b', 'profile=c'],
  );
  assert.not(titles('overlap').some((title) => title.startsWith('profile=c')));
  assert.match(document.querySelector('#overlap')!.textContent!, /Not in: profile=c\./);
  assert.not.match(document.querySelector('#energy')!.textContent!, 'Not in:');
  const table = document.querySelector('#energy table')!;
  assert.is(table.querySelector('th')!.textContent, 'profile');
  assert.is(document.querySelectorAll('#energy > details').length, 3, 'tables in full, cell by cell');
});

test('with more claims than cells the cells stand in the columns', async () => {
  const input = study();
  const rows = ['one', 'two', 'three', 'four'].map((claim) => input.claimsOverCells!.split('\n')[1]!.replace('above-chance', claim)); // biome-ignore format: one line
  const csv = [input.claimsOverCells!.split('\n')[0], ...rows, ''].join('\n');
  const { document } = parseHTML(await pageOf({ ...input, claimsOverCells: csv }));
  const heads = [...document.querySelectorAll('#summary thead th')].map((head) => head.textContent);
  assert.equal(heads, ['claim', 'all cells', 'profile=a', 'profile=b', 'profile=c']);
});

test('the same input gives the same bytes', async () => {
  assert.is(await pageOf(study()), await pageOf(study()));
});

test('hostile names make no element, no handler and no address', async () => {
  const kinds = (page: string) => {
    const { document } = parseHTML(page);
    for (const element of document.querySelectorAll('*')) {
      for (const name of element.getAttributeNames()) assert.not.match(name, /^on/);
    }
    for (const link of document.querySelectorAll('a')) {
      assert.match(link.getAttribute('href')!, /^(#|data:text\/csv;|[\w%.~!'()*-]+(\/|\.csv|\.json))/);
    }
    return [...new Set([...document.querySelectorAll('*')].map(({ localName }) => localName))].sort();
  };
  const few = { parts: ['energy', 'trade-off'] };
  const expected = kinds(await pageOf(study(plain, few)));
  for (let index = 0; index < payloads.length; index += 3) {
    const [payload, ...others] = Array.from({ length: 7 }, (_, at) => payloads[(index + at) % payloads.length]!);
    const [title, axis, claim, text, ...labels] = [payload!, ...others];
    const names = {
      title: title!,
      axis: axis!,
      claim: claim!,
      text: text!,
      labels: labels.map((label, at) => `${at}${label}`),
    };
    const page = await pageOf(study(names, few));
    assert.equal(kinds(page), expected, payload);
    assert.is(parseHTML(page).document.querySelectorAll('script').length, 1);
  }
});

browserTest(
  'the page of a study fits a desk and a phone, shows every figure, and axe-core finds nothing serious',
  async (chromium) => {
    const html = await pageOf(study(plain, { layers: 4 }));
    for (const screen of [{ width: 1280 }, { width: 390, dark: true }, { width: 1280, scripting: false }]) {
      const { page, trouble } = await chromium.open(html, screen);
      const where = JSON.stringify(screen);
      if (screen.scripting !== false) {
        const found = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          panels: [...document.querySelectorAll('.panel svg')].map(
            (svg) => svg.querySelectorAll('path, circle, rect').length,
          ),
        }));
        assert.ok(found.width <= screen.width, `${found.width} px wide: ${where}`);
        assert.ok(found.panels.length > 20 && found.panels.every((marks) => marks > 2), where);
        assert.equal(await seriousFindings(page), [], where);
      }
      assert.equal(trouble, [], where);
      await page.close();
    }
  },
);

test("results of the user's own steps are linked in every cell", async () => {
  const input = study();
  const steps = [{ name: 'ranking', files: ['ranking.csv', 'notes/first.txt'] }];
  const cells = input.params.cells.map((cell, index) => (index === 2 ? cell : { ...cell, steps }));
  const page = await studyPage({ ...input, params: { ...input.params, cells } }, { digests: new Map(), version: '1' });
  const { document } = parseHTML(page);
  assert.equal(
    [...document.querySelectorAll('#steps a')].map((link) => link.getAttribute('href')),
    ['profile%3Da', 'profile%3Db'].flatMap((cell) =>
      ['ranking.csv', 'notes/first.txt'].map((file) => `cells/${cell}/steps/ranking/${file}`),
    ),
  );
  assert.not.ok(
    parseHTML(await studyPage(input, { digests: new Map(), version: '1' })).document.querySelector('#steps'),
  );
});

test.run();
