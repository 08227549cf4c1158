import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noise, writeFixture } from '../checkpoint-fixtures.js';
import { Sandbox } from '../sandbox.js';

/** The command line in reference semantics against what the published code computes: test/fixtures/published/make.py. */
interface Published {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly base: Readonly<Record<string, readonly number[]>>;
  readonly aligned: Readonly<Record<string, readonly number[]>>;
  readonly tuned: Readonly<Record<string, readonly number[]>>;
  readonly energies: readonly (readonly [string | null, string, number, number, number, number])[];
  readonly paper: Published['energies'];
  readonly cosines: readonly (readonly [string | null, number | null])[];
  readonly overlaps: readonly (readonly [string, string, number, number, number, number])[];
}

type Row = Readonly<Record<string, string>>;

const fixture = new URL('../../../test/fixtures/published/numbers.json', import.meta.url);
const published = JSON.parse(readFileSync(fixture, 'utf8')) as Published;

const workflow = `
runflow: 1
name: published
semantics: reference
models: { base: { path: base }, aligned: { path: aligned }, tuned: { path: tuned }, same: { path: same } }
updates:
  alignment: { from: base, to: aligned }
  tuning: { from: aligned, to: tuned }
  nothing: { from: aligned, to: same }
subspaces: { top-k: { kind: top-k, of: alignment } }
sweeps:
  parallel: { project: tuning, onto: top-k, mode: parallel, fractions: [0.25, 0.6, 1] }
  orthogonal: { project: tuning, onto: top-k, mode: orthogonal, fractions: [0.25, 0.6, 1] }
  opposite: { project: tuning, onto: top-k, mode: opposite, fractions: [0.25, 0.6, 1] }
metrics:
  overlap: { kind: mso, pairs: [[tuning, alignment], [nothing, alignment]], energies: [0.1, 0.5, 0.9, 0.99] }
`;

const test = suite<{ sandbox: Sandbox }>('numbers of the published code');
test.before(async (context) => {
  const sandbox = await Sandbox.make();
  context.sandbox = sandbox;
  const config = { model_type: 'llama', tie_word_embeddings: true };
  for (const [folder, model] of Object.entries({ base: 'base', aligned: 'aligned', tuned: 'tuned', same: 'aligned' })) {
    const values = published[model as 'base' | 'aligned' | 'tuned'];
    const tensors = Object.entries(published.shapes).map(([name, shape]) => [
      name,
      { shape, values: Float32Array.from(values[name]!) },
    ]);
    await writeFixture(sandbox.path(folder), Object.fromEntries(tensors), { config });
  }
  await sandbox.write('published.yaml', workflow);
  await sandbox.run(['published.yaml']);
});
test.after(({ sandbox }) => sandbox.remove());

function table(sandbox: Sandbox, file: string, folder = 'published'): Row[] {
  return parse(readFileSync(sandbox.path('results', folder, file)), { columns: true }) as Row[];
}

function near(cell: string | undefined, expected: number, tolerance: number, what: string): void {
  assert.ok(cell !== '' && cell !== undefined, `${what}: empty`);
  const off = Math.abs(Number(cell) - expected);
  assert.ok(off <= tolerance, `${what}: ${cell}, ${expected} expected, off by ${off}`);
}

test('energies of every tensor and of the whole model, at every fraction and in every mode', ({ sandbox }) => {
  checkEnergies(sandbox, 'published', published.energies);
});

test('in paper semantics the same tensors have the energies of the formulas of the paper', async ({ sandbox }) => {
  await sandbox.run(['published.yaml', '--semantics', 'paper', '--out', 'results/paper']);
  checkEnergies(sandbox, 'paper', published.paper);
});

function checkEnergies(sandbox: Sandbox, folder: string, energies: Published['energies']): void {
  const [byTensor, whole] = [table(sandbox, 'energy-by-tensor.csv', folder), table(sandbox, 'energy.csv', folder)];
  assert.is(byTensor.length + whole.length, energies.length);
  for (const [tensor, mode, fraction, total, kept, changed] of energies) {
    const what = JSON.stringify([tensor, mode, fraction]);
    const row = (tensor === null ? whole : byTensor).find(
      (one) => one.mode === mode && Number(one.fraction) === fraction && (tensor === null || one.tensor === tensor),
    )!;
    near(row.update_energy, total, 1e-6 * total, `${what} ‖Δ‖²`);
    if (total === 0) {
      assert.equal([row.energy_kept, row.energy_realised, row.cosine_projected], ['', '', ''], what);
      continue;
    }
    near(row.energy_kept, kept / total, 2e-6, `${what} kept`);
    // An element on the border between two halves may go either way.
    near(row.energy_realised, changed / total, 2e-3, `${what} realised`);
    const sign = mode === 'opposite' ? -1 : 1;
    if (kept > 1e-4 * total) near(row.cosine_projected, sign * Math.sqrt(kept / total), 1e-4, `${what} cosine`);
  }
}

test('cosines of the task update and the alignment update', ({ sandbox }) => {
  const [byTensor, whole] = [table(sandbox, 'energy-by-tensor.csv'), table(sandbox, 'energy.csv')];
  for (const [tensor, cosine] of published.cosines) {
    const rows = tensor === null ? whole : byTensor.filter((row) => row.tensor === tensor);
    assert.is(rows.length, 9);
    for (const row of rows) {
      if (cosine === null) assert.is(row.cosine_alignment, '', tensor ?? 'model');
      else near(row.cosine_alignment, cosine, 1e-9, tensor ?? 'model');
    }
  }
});

test('overlaps and their ranks, those of zero updates too', ({ sandbox }) => {
  const rows = table(sandbox, 'overlap.csv');
  assert.is(rows.length, published.overlaps.length);
  for (const [tensor, pair, energy, kA, kB, overlap] of published.overlaps) {
    const row = rows.find((one) => one.tensor === tensor && one.pair === pair && Number(one.energy) === energy)!;
    const what = JSON.stringify([tensor, pair, energy]);
    assert.equal([row.k_a, row.k_b], [String(kA), String(kB)], what);
    near(row.overlap, overlap, 2e-5, what);
  }
});

test('a tensor with a side over 10,000 has the ranks of a quarter of its spectrum, and no others', async ({
  sandbox,
}) => {
  const [rows, columns] = [10_001, 12];
  const left = noise(1, rows * columns);
  // Columns fall by a half from each to the next: so do the singular values, nearly.
  const update = left.map((x, i) => x * 0.01 * 0.5 ** (i % columns));
  const zeros = new Float32Array(rows * columns);
  await writeFixture(sandbox.path('before'), { w: { shape: [rows, columns], values: zeros } });
  await writeFixture(sandbox.path('after'), { w: { shape: [rows, columns], values: update } });
  const text = `
runflow: 1
name: large
models: { before: { path: before }, after: { path: after } }
updates: { change: { from: before, to: after }, again: { from: before, to: after } }
metrics: { overlap: { kind: mso, pairs: [[change, again]], energies: [0.5, 0.9, 0.95, 0.999] } }
`;
  await sandbox.write('large.yaml', text);
  const ranks = async (semantics: string) => {
    await sandbox.run(['large.yaml', '--semantics', semantics, '--out', semantics]);
    const rows = parse(readFileSync(sandbox.path(semantics, 'overlap.csv')), { columns: true }) as Row[];
    for (const row of rows) near(row.overlap, 1, 2e-3, JSON.stringify(row));
    return rows.map(({ k_a }) => Number(k_a));
  };
  // Of 1, 1/4, 1/16, …: .5, .9 and .95 of the whole are reached at 1, 2 and 3, .999 at 5; of the first three at 1, 2, 2 and 3.
  assert.equal(await ranks('paper'), [1, 2, 3, 5]);
  assert.equal(await ranks('reference'), [1, 2, 2, 3]);
});

test.run();
