import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { loadWorkflow } from '../../../src/workflow/load.js';
import { memoryFiles } from './memory-files.js';

const text = (more: string) => `runflow: 1
models:
  base: { init: { family: llama, hidden: 8, layers: 2, heads: 2, mlp: 12, vocabulary: 16 } }
  tuned: { perturb: base, seed: 1, norm: 0.1, decay: 1 }
datasets:
  mine: { synthetic: problems, rows: 9 }
updates:
  tuning: { from: base, to: tuned }
subspaces:
  top: { kind: top-k, of: tuning }
${more}`;

const load = (main: string, others: Readonly<Record<string, string>> = {}) =>
  loadWorkflow('main.yaml', {}, memoryFiles({ 'main.yaml': main, ...others }));

async function warnings(main: string, others?: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const loaded = await load(main, others);
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.warnings.map(({ message, range }) => `${range?.start.line}: ${message}`);
}

test('a metric that measures nothing is an error at its place, with how to make it', async () => {
  for (const metric of [
    'acc: { kind: exact-match, on: mine }',
    'acc: { kind: judge, on: mine, judge: { openai: m } }',
    'acc: { kind: loss, on: mine }',
    'acc: { kind: loss, on: mine, models: [] }',
  ]) {
    const loaded = await load(text(`metrics:\n  ${metric}\n`));
    assert.not.ok(loaded.ok, metric);
    if (loaded.ok) continue;
    const screen = renderDiagnostics(loaded.diagnostics);
    if (metric.includes('[]')) continue;
    assert.match(screen, /main\.yaml:12:3: error: the metric "acc" measures nothing/);
    assert.match(screen, 'Add `models: [NAME]` to it, or `measure: [acc]` to a sweep.');
  }
});

test('a setting of an idle metric of an include is a warning: one command line may serve several workflows', async () => {
  const files = {
    'main.yaml': 'runflow: 1\ninclude: [lab.yaml]\n',
    'lab.yaml': text('metrics:\n  acc: { kind: exact-match, on: mine }\n'),
  };
  const loaded = await loadWorkflow('main.yaml', { set: ['metrics.acc.max-tokens=3'] }, memoryFiles(files));
  assert.ok(loaded.ok);
  if (loaded.ok) assert.match(loaded.warnings[0]!.message, 'the metric "acc" measures nothing');
});

test('a metric with models, or that a sweep measures, measures something', async () => {
  const sweep = 'sweeps:\n  s: { project: tuning, onto: top, mode: parallel, fractions: [0.5], measure: [acc] }\n';
  assert.equal(await warnings(text(`${sweep}metrics:\n  acc: { kind: exact-match, on: mine }\n`)), []);
  const own = text('metrics:\n  acc: { kind: loss, on: mine, models: base }\n');
  assert.equal(await warnings(own), ['10: subspaces.top is used by nothing']);
});

test('what the text defines and nothing uses is named, and what an include defines is not', async () => {
  const recipes = 'recipes:\n  idle: { lr: 1e-3, steps: 3, batch: 8 }\n';
  assert.equal(await warnings(text(recipes)), [
    '6: datasets.mine is used by nothing',
    '12: recipes.idle is used by nothing',
    '10: subspaces.top is used by nothing',
  ]);
  const included = text(`${recipes}metrics:\n  acc: { kind: exact-match, on: mine }\n`);
  assert.equal(await warnings('runflow: 1\ninclude: [lab.yaml]\n', { 'lab.yaml': included }), []);
  const mix = text('').replace('datasets:\n', 'datasets:\n  both: { mix: { mine: all } }\n');
  assert.equal(await warnings(mix), ['6: datasets.both is used by nothing', '11: subspaces.top is used by nothing']);
});

test('what the report should show and nothing measures is told at its place, of the own text alone', async () => {
  const report = (parts: string) => `report: { figures: [${parts}], tables: [energy] }\n`;
  const sweep = 'sweeps:\n  s: { project: tuning, onto: top, mode: parallel, fractions: [0.5] }\n';
  const loaded = await load(text(`${sweep}${report('energy, loss, claims')}`).replace(/datasets:\n.*\n/, ''));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  const screen = renderDiagnostics(loaded.warnings);
  const message = 'warning: nothing in this workflow measures what the report should show under';
  assert.match(screen, `main.yaml:11:29: ${message} loss`);
  assert.match(screen, `main.yaml:11:35: ${message} claims`);
  assert.match(screen, 'It has results for energy.');
  assert.is(loaded.warnings.length, 2);
  const lab = { 'lab.yaml': text(`${sweep}${report('loss')}`) };
  assert.equal(await warnings('runflow: 1\ninclude: [lab.yaml]\n', lab), []);
});

test.run();
