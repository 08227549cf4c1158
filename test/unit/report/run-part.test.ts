import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportPage } from '../../../src/report/page.js';
import type { RunFacts, StepGroup } from '../../../src/report/run/run-facts.js';
import { withRunPart } from '../../../src/report/run/run-part.js';
import { type ClaimRow, claimColumns } from '../../../src/report/tables/claims.js';
import { writeTable } from '../../../src/report/tables/csv.js';
import { browserTest, seriousFindings } from '../../chromium.js';
import { exampleReport } from './example.js';
import { payloads } from './payloads.js';

const group = (name: string, after: readonly string[], counts: Partial<StepGroup['counts']>): StepGroup => ({
  name,
  after,
  seconds: 75,
  counts: { ran: 0, cached: 0, failed: 0, notRun: 0, ...counts },
});

const claims = (...verdicts: readonly string[]) =>
  writeTable(
    claimColumns,
    verdicts.map((verdict, index): ClaimRow => {
      const numbers = { effect: 1, ci_low: 0, ci_high: 2, n: 9, holds_above: 0, holds_below: null };
      return { ...numbers, claim: `claim-${index}`, kind: 'comparison', case: '', verdict, note: '' };
    }),
  );

const facts: RunFacts = {
  run: '20261127T000000000-abcdef',
  started: new Date('2026-11-27T10:20:30Z'),
  seconds: 97,
  counts: { ran: 4, cached: 10, failed: 0 },
  command: "runflow run exp1.yaml --set 'a.b=x y'",
  workflow: { file: 'workflows/exp1.yaml', text: 'runflow: 1\nname: exp1\n', isApplied: true },
  timeline: 'timeline.json',
  repository: { commit: '0123456789abcdef0123456789abcdef01234567', state: 'changed' },
  device: 'llvmpipe',
  versions: { runflow: '0.1.0', node: '20.11.0' },
  hub: [{ name: 'base', repo: 'a/b', commit: 'f'.repeat(40) }],
  changes: {
    since: '2026-11-26T09:00:00.000Z',
    reasons: [{ text: 'parameter peak: 0.001 → 0.0003', steps: 3 }],
    files: ['energy.csv'],
    claims: { before: claims('holds', 'undecided'), now: claims('holds', 'fails', 'holds') },
  },
  groups: [
    group('Datasets', [], { cached: 2 }),
    group('Model base', ['Datasets'], { ran: 2 }),
    group('Energy', ['Model base', 'Datasets'], { failed: 1, ran: 1 }),
    group('Report', ['Energy', 'Model base'], { notRun: 1 }),
  ],
  spans: [
    { group: 'Model base', start: 1, end: 61 },
    { group: 'Energy', start: 61, end: 70 },
    { group: 'Energy', start: 70.01, end: 90 },
    { group: 'Energy', start: 95, end: 96 },
  ],
};

const body = reportPage(exampleReport(1), { digests: new Map(), version: '1.2.3' });
const sectionOf = async (changed: Partial<RunFacts> = {}) =>
  parseHTML(withRunPart(await body, { ...facts, ...changed })).document;
const textOf = (element: Element | null) => element!.textContent.replaceAll(/\s+/g, ' ').trim();

test('the summary says what changed: verdicts, tables, and why steps ran', async () => {
  const summary = textOf((await sectionOf()).querySelector('#summary'));
  assert.match(summary, 'Since the results of 2026-11-26 09:00 UTC: 4 steps ran, 10 were in the store.');
  assert.match(summary, 'Claim claim-1: undecided → fails');
  assert.match(summary, 'Claim claim-2: not judged → holds');
  assert.not.match(summary, 'Claim claim-0');
  assert.match(summary, '3 steps: parameter peak: 0.001 → 0.0003');
  const same = { ...facts.changes, claims: { before: claims('holds'), now: claims('holds') }, files: [] };
  assert.match(
    textOf((await sectionOf({ changes: same })).querySelector('#summary')),
    'No verdict changed. No table changed.',
  );
  const unknown = { ...facts.changes, claims: undefined };
  assert.not.match(textOf((await sectionOf({ changes: unknown })).querySelector('#summary')), /verdict changed/);
  const first = { ...facts.changes, since: undefined };
  assert.match(
    textOf((await sectionOf({ changes: first })).querySelector('#summary')),
    'the first results in this folder: 4 steps ran',
  );
  const nothing = { counts: { ran: 0, cached: 14, failed: 0 } };
  assert.match(
    textOf((await sectionOf(nothing)).querySelector('#summary')),
    'Nothing ran: all 14 steps were in the store.',
  );
});

test('of a study the verdicts over all cells are compared, which stand before those of the cells', async () => {
  const table = (...verdicts: readonly string[]) => claims(...verdicts).replaceAll(/claim-\d/g, 'claim');
  const changed = { before: table('holds', 'holds', 'undecided'), now: table('fails', 'fails', 'undecided') };
  const of = await sectionOf({ changes: { ...facts.changes, claims: changed } });
  assert.match(textOf(of.querySelector('#summary')), 'Claim claim: holds → fails');
  const workflow = { ...facts.workflow, isApplied: false };
  assert.match(textOf((await sectionOf({ workflow })).querySelector('#run')), 'The workflow’s file as it was read');
});

test('provenance, the command and the workflow are told', async () => {
  const section = (await sectionOf()).querySelector('#run');
  const told = textOf(section);
  assert.match(told, 'Started2026-11-27 10:20 UTC, took 1 min 37 s');
  assert.match(told, 'commit 0123456789abcdef0123456789abcdef01234567, with changes that are not committed');
  assert.match(told, `From the hub: basea/b at ${'f'.repeat(40)}`);
  assert.match(told, 'runflow 0.1.0, node 20.11.0');
  assert.is(section!.querySelector('pre')!.textContent, facts.command);
  assert.is(section!.querySelector('details pre')!.textContent.trim(), facts.workflow.text.trim());
  assert.match(textOf((await sectionOf({ repository: undefined })).querySelector('#run')), 'in no git repository');
});

test('groups stand below those they take from, with a line where no other says so', async () => {
  const document = await sectionOf();
  const boxes = [...document.querySelectorAll('.dag g[transform]')].map((box) => ({
    state: box.getAttribute('class'),
    title: box.querySelector('title')!.textContent,
    y: Number(/,(.*)\)/.exec(box.getAttribute('transform')!)![1]),
  }));
  assert.equal(
    boxes.map(({ state }) => state),
    ['cached', 'ran', 'failed', 'not-run'],
  );
  assert.is(boxes[2]!.title, 'Energy: 1 failed · 1 ran, 1 min 15 s');
  assert.equal(
    boxes.map(({ y }) => y),
    boxes.map(({ y }) => y).toSorted((a, b) => a - b),
  );
  assert.is(
    document.querySelectorAll('.dag .links path').length,
    3,
    'Datasets → Energy and Model base → Report go without saying',
  );
  const rows = [...document.querySelectorAll('#run tbody tr')].map((row) => [...row.children].map(textOf).join(' '));
  assert.equal(rows[1], 'Model base 2 0 0 0 1 min 15 s');
});

test('groups that need each other, and many side by side, are drawn', async () => {
  const circular = [group('A', ['B'], { ran: 1 }), group('B', ['A'], { ran: 1 })];
  assert.is((await sectionOf({ groups: circular })).querySelectorAll('.dag .links path').length, 1);
  const many = Array.from({ length: 11 }, (_, index) => group(`G${index}`, [], { ran: 1 }));
  const places = [...(await sectionOf({ groups: many })).querySelectorAll('.dag g[transform]')];
  assert.is(new Set(places.map((box) => box.getAttribute('transform'))).size, 11);
});

test('the timeline has a row a group and closes gaps that nobody would see', async () => {
  const rows = [...(await sectionOf()).querySelectorAll('.timeline g')];
  assert.equal(
    rows.map((row) => row.querySelector('title')!.textContent),
    ['Model base: 1 step, from 1.0 s to 1 min 1 s', 'Energy: 3 steps, from 1 min 1 s to 1 min 36 s'],
  );
  assert.equal(
    rows.map((row) => row.querySelectorAll('rect').length),
    [1, 2],
  );
  const ends = [...rows[1]!.querySelectorAll('rect')].map(
    (bar) => Number(bar.getAttribute('x')) + Number(bar.getAttribute('width')),
  );
  assert.ok(ends.every((end) => end <= 930));
  assert.match(textOf((await sectionOf({ spans: [] })).querySelector('#run')), 'Timeline Nothing ran.');
});

test('a hundred thousand steps make no larger a page than a hundred', async () => {
  const spans = Array.from({ length: 100_000 }, (_, index) => ({
    group: `G${index % 40}`,
    start: index,
    end: index + 1,
  }));
  const section = (await sectionOf({ spans, seconds: 100_000 })).querySelector('.timeline')!;
  assert.ok(section.querySelectorAll('rect').length <= 40 * 700);
  assert.match(textOf(section), '12 h 0 min');
});

test('a page takes the part of one run, in its places, and nothing else of it changes', async () => {
  const page = withRunPart(await body, facts);
  assert.not.match(page, /<!--run/);
  assert.throws(() => withRunPart(page, facts), /the report has not one/);
  const document = parseHTML(page).document;
  document.querySelector('#run')!.remove();
  assert.is(document.querySelectorAll('script').length, 1);
});

/** Facts whose every text is one that would act. */
const hostile = (text: string): Partial<RunFacts> => ({
  run: text,
  command: text,
  workflow: { file: text, text, isApplied: true },
  repository: { commit: text, state: text },
  device: text,
  versions: { [text]: text },
  hub: [{ name: text, repo: text, commit: text }],
  changes: { ...facts.changes, reasons: [{ text, steps: 1 }], files: [text], claims: undefined },
  groups: [group(text, [], { ran: 1 })],
  spans: [{ group: text, start: 0, end: 1 }],
});

test('texts of a run make no element and no handler', async () => {
  const kinds = (document: Document) =>
    [...new Set([...document.querySelectorAll('*')].map(({ localName }) => localName))].sort();
  const plain = kinds(await sectionOf(hostile('plain')));
  for (const payload of payloads) {
    const document = await sectionOf(hostile(payload));
    assert.equal(kinds(document), plain, payload);
    for (const element of document.querySelectorAll('*')) {
      for (const name of element.getAttributeNames()) assert.not.match(name, /^on|^srcdoc$/);
    }
  }
});

browserTest(
  'with the part of its run the page fits a phone and paper, and axe-core finds nothing serious',
  async (chromium) => {
    const groups = Array.from({ length: 9 }, (_, index) =>
      group(`Energy of a long name in subspace ${index}`, index < 5 ? [] : ['Energy of a long name in subspace 0'], {
        ran: 1,
      }),
    );
    const { page, trouble } = await chromium.open(withRunPart(await body, { ...facts, groups }), { width: 390 });
    const widths = () =>
      page.evaluate(() => [
        document.documentElement.scrollWidth,
        ...[...document.querySelectorAll('.dag, .timeline')].map((each) => each.scrollWidth - each.clientWidth),
      ]);
    const [width, ...hidden] = await widths();
    assert.is(width, 390);
    assert.ok(
      hidden.every((pixels) => pixels > 0),
      'they scroll by themselves',
    );
    assert.equal(await seriousFindings(page), []);
    await page.emulateMediaType('print');
    await page.setViewport({ width: 718, height: 1047 });
    const [, ...onPaper] = await widths();
    assert.ok(
      onPaper.every((pixels) => pixels <= 0),
      'on paper all of them is there',
    );
    assert.equal(trouble, []);
  },
);

test.run();
