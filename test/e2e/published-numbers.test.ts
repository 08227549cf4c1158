import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeFixture } from '../checkpoint-fixtures.js';
import { Sandbox } from '../sandbox.js';

/** The command line in reference semantics against what the published code computes: test/fixtures/published/make.py. */
interface Published {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly base: Readonly<Record<string, readonly number[]>>;
  readonly aligned: Readonly<Record<string, readonly number[]>>;
  readonly tuned: Readonly<Record<string, readonly number[]>>;
  readonly energies: readonly (readonly [string | null, string, number, number, number, number])[];
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

function table(sandbox: Sandbox, file: string): Row[] {
  return parse(readFileSync(sandbox.path('results/published', file)), { columns: true }) as Row[];
}

function near(cell: string | undefined, expected: number, tolerance: number, what: string): void {
  assert.ok(cell !== '' && cell !== undefined, `${what}: empty`);
  const off = Math.abs(Number(cell) - expected);
  assert.ok(off <= tolerance, `${what}: ${cell}, ${expected} expected, off by ${off}`);
}

test('energies of every tensor and of the whole model, at every fraction and in every mode', ({ sandbox }) => {
  const [byTensor, whole] = [table(sandbox, 'energy-by-tensor.csv'), table(sandbox, 'energy.csv')];
  assert.is(byTensor.length + whole.length, published.energies.length);
  for (const [tensor, mode, fraction, total, kept, changed] of published.energies) {
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
});

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

test.run();
