import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems } from './loading.js';

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

test.run();
