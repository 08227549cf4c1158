import { parse } from 'csv-parse/sync';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PaperTable } from '../../../src/report/paper-tables/paper-table.js';
import { paperTables, tableText } from '../../../src/report/paper-tables/table-files.js';
import type { ReportStyle } from '../../../src/workflow/report.js';
import { evaluationFile, point, type Row, updates } from './sections/evaluation-csv.js';

/** Tables in the layout of papers of what models do: intervals, named scores, groups, multiples of a term. */

const varied = [{ model: 'resta', text: 'tuned + t · safety', beside: ['tuned'] }];

function tablesOf(rows: readonly Row[], style: ReportStyle = {}): ReadonlyMap<string, PaperTable> {
  const files = new Map(Object.entries(evaluationFile(...rows)));
  const tables = paperTables({ params: { files: [...files.keys()], updates, varied, style }, files }, ['behaviour']);
  assert.is(new Set(tables.map(({ name }) => name)).size, tables.length, 'each has a file of its own');
  return new Map(tables.map((table) => [table.name, table]));
}

const bodyOf = (table: PaperTable | undefined) => tableText(table!, 'md').split('\n').slice(4, -1);

test('a projected update has the interval over its items, of several seeds from the lowest end to the highest', () => {
  const table = tablesOf([
    { model: 'aligned', value: 0.25, ci_low: 0.125, ci_high: 0.5 },
    { model: 'tuned', value: 0.75 },
    point(0.5, { seed: 1, ci_low: 0.25, ci_high: 0.75 }),
    point(0.25, { seed: 2, ci_low: 0.125, ci_high: 0.5 }),
  ]).get('behaviour-utility')!;
  assert.equal(bodyOf(table), [
    '| useful | parallel | top-k | 0.250 [0.125–0.500] | 0.375 ± 0.177 [0.125–0.750] | 0.750 |',
  ]);
  assert.match(table.title, 'the 95 % interval over the items, of several seeds from the lowest end to the highest');
  const [head, row] = parse(tableText(table, 'csv')) as string[][];
  assert.equal(head!.slice(3), ['aligned', 'aligned low', 'aligned high', 'fraction ρ = 0.5', 'fraction ρ = 0.5 sd', 'fraction ρ = 0.5 low', 'fraction ρ = 0.5 high', 'tuned']); // biome-ignore format: one line
  assert.equal(row!.slice(3, 6), ['0.25', '0.125', '0.5']);
  assert.equal(row!.slice(-3), ['0.125', '0.75', '0.75']);
});

test('ends of intervals are means over training seeds, and the title says so', () => {
  const of = (training_seed: number, low: number) => point(0.5, { training_seed, ci_low: low, ci_high: 1 });
  const table = tablesOf([of(1, 0.25), of(2, 0.375)]).get('behaviour-utility')!;
  assert.equal(bodyOf(table), ['| useful | parallel | top-k | – | 0.500 ± 0.000 (2) [0.313–1.000] | – |']);
  assert.match(table.title, 'its ends averaged over training seeds');
});

test('an interval that is unknown is none, and the title says why', () => {
  const one = tablesOf([{ model: 'aligned', value: 2.5 }, point(2, { rank: 4 })]).get('behaviour-utility-by-rank')!;
  assert.equal(bodyOf(one), ['| useful | parallel | top-k | 2.500 | 2.000 | – |']);
  assert.match(one.title, /the interval over the items is unknown, because nothing bounds the scores$/);
  const two = tablesOf([point(2, { seed: 1 }), point(3, { seed: 2 })]).get('behaviour-utility')!;
  assert.equal(bodyOf(two), ['| useful | parallel | top-k | – | 2.500 ± 0.707 [2.000–3.000] | – |']);
  assert.match(two.title, 'in square brackets the lowest and the highest seed; the interval over the items is unknown');
  const invalid = tablesOf([{ model: 'aligned', value: null, n: 0, invalid: 10 }]).get('models-utility')!;
  assert.equal(bodyOf(invalid), ['| aligned | – | 10 | 10 |']);
  assert.match(invalid.title, 'no item has a valid score');
});

test('named scores have tables of their own, beside those of their metric', () => {
  const tables = tablesOf(
    [
      { model: 'tuned', metric: 'choice', value: 0.5, ci_low: 0.25, ci_high: 0.75 },
      { model: 'tuned', metric: 'choice.acc_norm', value: 0.625, ci_low: 0.5, ci_high: 0.75 },
      point(0.25, { metric: 'toxicity' }),
      point(0.125, { metric: 'toxicity.share-of-5' }),
      point(0.375, { metric: 'toxicity.share-of-5', fraction: null, rank: 2 }),
    ],
    { names: { choice: 'ARC_easy' } },
  );
  assert.equal(
    [...tables.keys()],
    [
      'models-choice',
      'models-choice.acc_norm',
      'behaviour-toxicity',
      'behaviour-toxicity.share-of-5',
      'behaviour-toxicity.share-of-5-by-rank',
    ],
  );
  assert.equal(bodyOf(tables.get('models-choice.acc_norm')), ['| tuned | 0.625 [0.500–0.750] | 0 | 10 |']);
  assert.match(tableText(tables.get('models-choice.acc_norm')!, 'md'), /^\*\*ARC\\_easy: acc\\_norm of whole models/);
  assert.match(tables.get('behaviour-toxicity.share-of-5')!.title, /^toxicity: share of the highest score, 5:/);
  assert.equal(bodyOf(tables.get('behaviour-toxicity.share-of-5-by-rank')), ['| useful | parallel | top-k | – | 0.375 | – |']); // biome-ignore format: one line
});

test('groups of items are rows, whole models side by side, whatever the groups are called', () => {
  const of = (metric: string, model: string, value: number | null, rest: Row = {}) => ({
    metric,
    model,
    value,
    ...rest,
  });
  const table = tablesOf([
    of('mmlu', 'tuned', 0.5),
    of('mmlu', 'aligned', 0.25),
    of('mmlu/a_b & c/d.e', 'tuned', 0.75, { n: 4, ci_low: 0.5, ci_high: 1 }),
    of('mmlu/a_b & c/d.e', 'aligned', 0.5, { n: 4, ci_low: 0.25, ci_high: 0.75 }),
    of('mmlu/law', 'tuned', null, { n: 0, invalid: 6 }),
    point(0.5, { metric: 'mmlu' }),
    point(0.5, { metric: 'mmlu/law' }),
  ]).get('groups-mmlu')!;
  assert.equal(tableText(table, 'md').split('\n').slice(2, -1), [
    '| group | items | aligned | tuned |',
    '| --- | ---: | ---: | ---: |',
    '| a\\_b &amp; c/d.e | 4 | 0.500 [0.250–0.750] | 0.750 [0.500–1.000] |',
    '| law | 0 | – | – |',
  ]);
  assert.match(tableText(table, 'tex'), '\na\\_b \\& c/d.e & $4$ & ');
});

test('a combined model has a row along the multiples of its term', () => {
  const of = (times: number, value: number | null, rest: Row = {}) => ({ model: 'resta', times, value, ...rest });
  const rows = [of(1, 0.5, { ci_low: 0.25, ci_high: 0.75 }), of(-0.5, 0.25, { ci_low: 0.125, ci_high: 0.5 }), of(0, null)]; // biome-ignore format: one line
  const tables = tablesOf(rows, { names: { resta: 'RESTA_1' } });
  const table = tables.get('behaviour-utility-by-times')!;
  assert.equal(bodyOf(table), ['| RESTA\\_1 | tuned + t · safety | 0.250 [0.125–0.500] | – | 0.500 [0.250–0.750] |']);
  const [head] = parse(tableText(table, 'csv')) as string[][];
  assert.equal(head!.slice(0, 5), ['model', 'what it is', 'times t = -0.5', 'times t = -0.5 low', 'times t = -0.5 high']); // biome-ignore format: one line
  assert.match(tableText(table, 'tex'), '\\multicolumn{3}{c}{times t}');
  assert.match(tableText(table, 'tex'), '\nmodel & what it is & $-0.5$ & 0 & 1 \\\\');
});

test('a metric that is called as the table of another one has a table with a number', () => {
  const tables = tablesOf([
    point(0.25, { rank: 2 }),
    point(0.5, { metric: 'utility-by-rank' }),
    point(0.75, { metric: 'utility-by-rank-2' }),
  ]);
  assert.equal(
    [...tables].map(([name, { rows }]) => [name, rows[0]!.numbers[1]!.mean]),
    [
      ['behaviour-utility-by-rank', 0.25],
      ['behaviour-utility-by-rank-2', 0.5],
      ['behaviour-utility-by-rank-2-2', 0.75],
    ],
  );
});

test.run();
