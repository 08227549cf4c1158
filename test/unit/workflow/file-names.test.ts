import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadStudy } from '../../../src/workflow/load.js';
import { load, problems } from './loading.js';
import { memoryFiles } from './memory-files.js';

/** Names by which two definitions would write one file. */

const text = (metrics: string, sweeps: string, more = '') => ({
  'lab/main.yaml': `runflow: 1
models: { base: { path: base }, aligned: { path: aligned } }
datasets: { rows: { path: rows.jsonl } }
updates: { safety: { from: base, to: aligned } }
subspaces: { top: { kind: top-k, of: safety }${more === 'subspace' ? ', Top: { kind: top-k, of: safety }' : ''} }
metrics: { ${metrics} }
sweeps: { ${sweeps} }
${more === 'subspace' ? '' : more}
`,
});

const metric = (name: string) => `${name}: { kind: loss, on: rows }`;
const sweep = (name: string, extents: string, measured: string) =>
  `${name}: { project: safety, onto: top, mode: parallel, ${extents}, measure: [${measured}] }`;
const two = `${metric('tone')}, ${metric('tone-by-rank')}`;
const crossed = `${sweep('a', 'ranks: [2]', 'tone')}, ${sweep('b', 'fractions: [0.5]', 'tone-by-rank')}`;

test('a metric along ranks and one that is called as its table is are refused', async () => {
  assert.equal(await problems(text(two, crossed)), [
    'lab/main.yaml:6:44: the table of metrics.tone-by-rank along fractions and that of metrics.tone along ranks would both be called behaviour-tone-by-rank',
  ]);
  const capital = `${metric('Tone')}, ${metric('tone-by-rank')}`;
  assert.match((await problems(text(capital, crossed.replace('[tone]', '[Tone]'))))[0]!, /metrics\.Tone along ranks/);
});

test('the same two are taken where they name two tables, or none', async () => {
  await load(text(two, sweep('a', 'ranks: [2]', 'tone, tone-by-rank')));
  await load(text(two, sweep('a', 'fractions: [0.5]', 'tone, tone-by-rank')));
  await load(text(two, crossed, 'report: { tables: [] }'));
  await load(text(two, crossed, 'report: { table-formats: [] }'));
});

test('names of metrics, steps and subspaces do not differ in the case of letters only', async () => {
  const one = sweep('a', 'ranks: [2]', 'tone');
  assert.equal(await problems(text(`${metric('tone')}, ${metric('TONE')}`, one)), [
    'lab/main.yaml:6:44: metrics.TONE differs from metrics.tone in the case of letters only: on some disks their files would be the same',
  ]);
  assert.match(
    (await problems(text(metric('tone'), one, 'subspace')))[0]!,
    /^lab\/main\.yaml:5:.*subspaces\.Top differs/,
  );
  const step = (name: string) => `${name}: { command: { run: [node, a.js] }, files: [a] }`;
  const steps = `steps: { ${step('rank')}, ${step('Rank')} }`;
  assert.match(
    (await problems(text(metric('tone'), one, steps)))[0]!,
    /^lab\/main\.yaml:8:.*steps\.Rank differs from steps\.rank/,
  );
});

/** Two cells, a profile each, with these definitions. */
const cells = (a: string, b: string, more = '') => ({
  'lab/main.yaml': `runflow: 1
name: lab
profile: a
models: { base: { path: base }, aligned: { path: aligned } }
datasets: { rows: { path: rows.jsonl } }
updates: { safety: { from: base, to: aligned } }
subspaces: { top: { kind: top-k, of: safety } }
${more}
matrix: { profile: [a, b] }
profiles:
  a: { ${a} }
  b: { ${b} }
`,
});

async function told(texts: Readonly<Record<string, string>>): Promise<string[]> {
  const loaded = await loadStudy('lab/main.yaml', {}, memoryFiles(texts));
  if (loaded.ok) return [];
  return loaded.diagnostics.map(({ message, range, related = [] }) => {
    return [range!.start.line, message, ...related.map((one) => `${one.range.start.line} ${one.message}`)].join('; ');
  });
}

test('cells whose tables would be joined in one file, though they are of different things, are refused with both places', async () => {
  const byRank = `metrics: { ${metric('x')} }, sweeps: { ${sweep('s', 'ranks: [2]', 'x')} }`;
  const byFraction = `metrics: { ${metric('x-by-rank')} }, sweeps: { ${sweep('s', 'fractions: [0.5]', 'x-by-rank')} }`;
  const said =
    'the table of metrics.x-by-rank along fractions and that of metrics.x along ranks would both be called behaviour-x-by-rank where cells are joined: of profile=b and of profile=a';
  assert.equal(await told(cells(byRank, byFraction)), [`12; ${said}; 11 metrics.x of the cell profile=a`]);
  assert.match((await told(cells(byFraction, byRank))).join(), /^12; .*; 11 metrics\.x-by-rank of the cell profile=a$/);
  assert.equal(await told(cells(byRank, byFraction, 'report: { tables: [] }')), []);
});

test('definitions of two cells that differ in the case of letters only are refused, also tables of one step', async () => {
  const measured = (name: string) => `metrics: { ${metric(name)} }, sweeps: { ${sweep('s', 'ranks: [2]', name)} }`;
  assert.equal(await told(cells(measured('tone'), measured('Tone'))), [
    '12; metrics.Tone of the cell profile=b differs from metrics.tone of the cell profile=a in the case of letters only: on some disks their joined files would be the same; 11 metrics.tone of the cell profile=a',
  ]);
  const step = (table: string) =>
    `${measured('tone')}, steps: { rank: { command: { run: [node] }, tables: [${table}] } }`;
  assert.match(
    (await told(cells(step('a.csv'), step('A.csv')))).join(),
    /^12; steps\/rank\/A\.csv of the cell profile=b differs from steps\/rank\/a\.csv of the cell profile=a/,
  );
  assert.equal(await told(cells(step('a.csv'), step('b.csv'))), []);
});

test.run();
