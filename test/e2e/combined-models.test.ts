import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { energyColumns } from '../../src/report/tables/energy.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { ranSteps, Sandbox } from '../sandbox.js';

const example = fileURLToPath(new URL('../../../examples/combined-models.yaml', import.meta.url));

const test = suite<{ sandbox: Sandbox }>('combined models');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

/** The example with less to learn and to answer. */
async function small(): Promise<string> {
  return (await readFile(example, 'utf8'))
    .replace('rows: 800', 'rows: 64')
    .replaceAll(/rows: (?:200|400)/g, 'rows: 32')
    .replaceAll(/rows: (?:60|100)/g, 'rows: 8')
    .replace('epochs: 4', 'epochs: 1');
}

test('multiples of terms: ends of an interpolation are the models, one changed multiple measures itself', async ({
  sandbox,
}) => {
  const text = await small();
  await sandbox.write('combined.yaml', text);
  await sandbox.run(['combined.yaml']);
  const file = sandbox.path('results', 'combined-models', 'evaluation.csv');
  const rows = readTable(await readFile(file, 'utf8'), evaluationColumns);
  const value = (metric: string, model: string, times: number | null) =>
    rows.find((row) => row.metric === metric && row.model === model && row.times === times)?.value;
  for (const metric of ['utility', 'harmfulness']) {
    assert.is(value(metric, 'between', 0), value(metric, 'aligned', null), metric);
    assert.is(value(metric, 'between', 1), value(metric, 'harmful', null), metric);
    assert.is(value(metric, 'resta', 0), value(metric, 'harmful', null), metric);
    assert.is.not(value(metric, 'basin', 0.5), undefined);
  }
  assert.equal(ranSteps(await sandbox.run(['combined.yaml'])), []);

  await sandbox.write('combined.yaml', text.replace('[0, 0.25, 0.5, 1]', '[0, 0.25, 0.75, 1]'));
  const again = ranSteps(await sandbox.run(['combined.yaml']));
  assert.equal(
    again.filter((id) => !/^(evaluation-table|figures|tables|report)$/.test(id) && !id.includes('resta')),
    [],
  );
  assert.ok(again.length <= 6, again.join(' '));
});

test('LoX measures how much of an update lies in its own directions: R² is the left-sided energy kept', async ({
  sandbox,
}) => {
  // R = ‖U_k U_kᵀ Δ‖ / ‖Δ‖ of base → tuned, U_k of the alignment (VITA-Group/LoX); one matrix, so that the mean is its value.
  const text = `runflow: 1
name: lox
models:
  base: { init: { family: llama, hidden: 24, layers: 1, heads: 2, mlp: 40, vocabulary: 30 }, seed: 1 }
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.8 }
  tuned: { perturb: aligned, seed: 3, norm: 0.05, decay: 0.8 }
  inside: { combine: base, terms: [{ update: whole, times: 1, onto: top-k, mode: parallel, side: left, rank: 5 }] }
updates:
  alignment: { from: base, to: aligned, tensors: "*up_proj*" }
  whole: { from: base, to: tuned, tensors: "*up_proj*" }
  inside: { from: base, to: inside, tensors: "*up_proj*" }
subspaces: { top-k: { kind: top-k, of: alignment } }
sweeps: { kept: { project: whole, onto: top-k, mode: parallel, side: left, ranks: [5] } }
metrics: { sizes: { kind: spectrum, of: [whole, inside] } }
`;
  await writeFile(sandbox.path('lox.yaml'), text);
  await sandbox.run(['lox.yaml']);
  const table = async (name: string) => readFile(sandbox.path('results', 'lox', name), 'utf8');
  const [energy] = readTable(await table('energy.csv'), energyColumns);
  const norms = (await table('spectrum.csv'))
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const column = norms[0]!.indexOf('frobenius_norm');
  const normOf = (update: string) => Number(norms.find((row) => row[0] === update && row[1] === '')![column]);
  const r = normOf('inside') / normOf('whole');
  assert.ok(r > 0.1 && r < 0.99, String(r));
  assert.ok(Math.abs(r * r - energy!.energy_kept!) < 1e-5, `${r * r} and ${energy!.energy_kept}`);
});

test('an exported combined model opens as a model again', async ({ sandbox }) => {
  await sandbox.write('combined.yaml', await small());
  const { status, stderr } = await sandbox.runflow(['export', 'combined.yaml', 'lox', '--to', 'lox']);
  assert.is(status, 0, stderr);
  await sandbox.write(
    'read.yaml',
    'runflow: 1\nmodels: { a: { path: lox }, b: { perturb: a, seed: 1, norm: 0.1, decay: 1 } }\nupdates: { d: { from: a, to: b } }\nmetrics: { s: { kind: spectrum, of: [d] } }\n',
  );
  await sandbox.run(['read.yaml']);
});

test.run();
