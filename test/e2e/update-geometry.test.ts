import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FixtureTensor, moved, randomTensors, writeFixture } from '../checkpoint-fixtures.js';
import { columnsOf, type Dense, dense, svdOracle } from '../oracles/one-sided-jacobi.js';
import { anglesOracle } from '../oracles/principal-angles.js';
import { difference, energy, roundTo } from '../oracles/projection.js';
import { readSafetensors } from '../oracles/safetensors.js';
import { Sandbox } from '../sandbox.js';

/**
 * Tables about the shape of updates, from a workflow file to CSV and report, against their definitions in double precision
 * from the checkpoint files: odd shapes, a scalar, a vector, a rank-deficient and a zero tensor, both semantics.
 */
const test = suite<{ sandbox: Sandbox }>('geometry of updates');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

type Semantics = 'paper' | 'reference';
type Row = Readonly<Record<string, string>>;

const unchanged = 'model.layers.0.mlp.down_proj.weight';
const deficient = 'model.layers.0.mlp.up_proj.weight';
const tied = 'model.embed_tokens.weight';
const shapes = {
  [tied]: [20, 6],
  'model.layers.0.conv.weight': [4, 3, 2],
  [unchanged]: [6, 10],
  'model.layers.0.mlp.gate_proj.weight': [7, 11],
  [deficient]: [10, 7],
  'model.layers.0.scale': [],
  'model.norm.weight': [6],
};

const workflow = `
runflow: 1
name: geometry
models:
  base: { path: base }
  aligned: { path: aligned }
  useful: { path: useful }
  same: { path: same }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  undoing: { from: aligned, to: base }
  nothing: { from: aligned, to: same }
metrics:
  sizes: { kind: spectrum, of: [alignment, useful, nothing] }
  overlap: { kind: mso, pairs: [[useful, alignment], [alignment, alignment], [useful, nothing]], energies: [0.3, 0.9] }
  turned: { kind: principal-angles, pairs: [[useful, alignment], [alignment, alignment], [useful, nothing]], energies: [0.3, 0.9] }
  alike: { kind: cosine, pairs: [[useful, alignment], [alignment, alignment], [alignment, undoing], [useful, nothing]] }
`;

async function writeCheckpoints(sandbox: Sandbox): Promise<void> {
  const base = randomTensors(shapes, 1);
  const aligned = withRankTwo(base, moved(base, 2, 0.1));
  const useful = moved(aligned, 3, 0.1);
  // Some elements are changed by one update only.
  const embedding = useful[tied]!.values;
  for (let i = 0; i < embedding.length; i += 5) embedding[i] = aligned[tied]!.values[i]!;
  const config = { model_type: 'llama', tie_word_embeddings: true };
  const models = { base, aligned, useful: { ...useful, [unchanged]: aligned[unchanged]! }, same: aligned };
  for (const [name, tensors] of Object.entries(models)) await writeFixture(sandbox.path(name), tensors, { config });
}

/** The update of one tensor is the sum of two outer products with few digits, so that its elements are exact in f32. */
function withRankTwo(
  from: Record<string, FixtureTensor>,
  to: Record<string, FixtureTensor>,
): Record<string, FixtureTensor> {
  const [rows, columns] = shapes[deficient] as [number, number];
  const before = from[deficient]!.values.map((value) => Math.round(value * 2 ** 10) / 2 ** 10);
  from[deficient] = { shape: [rows, columns], values: before };
  const change = (i: number) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return ((row % 3) - 1) * ((column % 5) - 2) * 2 ** -6 + ((row % 4) - 1) * ((column % 2) + 1) * 2 ** -7;
  };
  return { ...to, [deficient]: { shape: [rows, columns], values: before.map((value, i) => value + change(i)) } };
}

/** The updates as the semantics reads them. */
class Updates {
  readonly #models: ReadonlyMap<string, ReadonlyMap<string, { readonly matrix: Dense }>>;
  readonly #semantics: Semantics;

  constructor(sandbox: Sandbox, semantics: Semantics) {
    this.#semantics = semantics;
    const read = (name: string) => [name, readSafetensors(sandbox.path(name, 'model.safetensors'))] as const;
    this.#models = new Map(['base', 'aligned', 'useful', 'same'].map(read));
  }

  of(update: string, tensor: string): Dense {
    const [from, to] = { alignment: ['base', 'aligned'], useful: ['aligned', 'useful'], undoing: ['aligned', 'base'] }[
      update
    ] ?? ['aligned', 'same'];
    const weights = (model: string) => this.#held(this.#models.get(model)!.get(tensor)!.matrix);
    return this.#held(difference(weights(to!), weights(from!)));
  }

  copies(tensor: string): number {
    return this.#semantics === 'reference' && tensor === tied ? 2 : 1;
  }

  #held(matrix: Dense): Dense {
    return this.#semantics === 'reference' ? roundTo(matrix, 'F16') : roundTo(matrix, 'F32');
  }
}

function table(sandbox: Sandbox, semantics: Semantics, file: string): Row[] {
  const folder = semantics === 'paper' ? 'geometry' : 'geometry@semantics=reference';
  return parse(readFileSync(sandbox.path('results', folder, file)), { columns: true }) as Row[];
}

function checkNumber(cell: string | undefined, expected: number | null, what: string, tolerance = 1e-9): void {
  if (expected === null) assert.is(cell, '', what);
  else {
    assert.not.equal(cell, '', what);
    assert.ok(
      Math.abs(Number(cell) - expected) <= tolerance * Math.max(1, Math.abs(expected)),
      `${what}: ${cell}, not ${expected}`,
    );
  }
}

/** Measures of singular values that may count more than once. */
function measuresOf(s: readonly number[]) {
  const sum = (term: (value: number) => number) => s.reduce((total, value) => total + term(value), 0);
  const [l1, l2] = [sum((value) => value), sum((value) => value ** 2)];
  if (l1 === 0) return { effective_rank: null, stable_rank: null, participation_ratio: null, frobenius_norm: 0 };
  return {
    effective_rank: Math.exp(sum((value) => (value === 0 ? 0 : (-value / l1) * Math.log(value / l1)))),
    stable_rank: l2 / Math.max(...s) ** 2,
    participation_ratio: l2 ** 2 / sum((value) => value ** 4),
    frobenius_norm: Math.sqrt(l2),
  };
}

function checkSpectra(rows: readonly Row[], updates: Updates): void {
  assert.is(rows.length, 3 * (Object.keys(shapes).length + 1));
  for (const update of ['alignment', 'useful', 'nothing']) {
    const all: number[] = [];
    for (const tensor of Object.keys(shapes)) {
      const { s } = svdOracle(updates.of(update, tensor));
      // What is below the last place of f32 is noise.
      const values = [...s].map((value) => (value <= 2 ** -22 * s[0]! ? 0 : value));
      for (let copy = 0; copy < updates.copies(tensor); copy++) all.push(...values);
      const row = rows.find((candidate) => candidate.update === update && candidate.tensor === tensor)!;
      for (const [name, expected] of Object.entries(measuresOf(values))) {
        checkNumber(row[name], expected, `${name} of ${update} ${tensor}`);
      }
      assert.is(row.rank, String(values.filter((value) => value > 0).length), `rank of ${update} ${tensor}`);
    }
    const whole = rows.find((candidate) => candidate.update === update && candidate.tensor === '')!;
    for (const [name, expected] of Object.entries(measuresOf(all))) {
      checkNumber(whole[name], expected, `${name} of ${update}`);
    }
  }
}

function checkCosines(rows: readonly Row[], updates: Updates): void {
  const pairs = ['useful:alignment', 'alignment:alignment', 'alignment:undoing', 'useful:nothing'];
  assert.is(rows.length, pairs.length * (Object.keys(shapes).length + 1));
  for (const pair of pairs) {
    const whole: number[][] = [];
    for (const tensor of ['', ...Object.keys(shapes)].reverse()) {
      const row = rows.find((candidate) => candidate.pair === pair && candidate.tensor === tensor)!;
      let sums: number[];
      if (tensor === '') sums = [0, 1, 2, 3, 4].map((at) => whole.reduce((sum, terms) => sum + terms[at]!, 0));
      else {
        const [a, b] = pair.split(':').map((name) => updates.of(name, tensor).data) as [Float64Array, Float64Array];
        const both = [...a.keys()].filter((i) => a[i] !== 0 && b[i] !== 0);
        const agreeing = both.filter((i) => Math.sign(a[i]!) === Math.sign(b[i]!));
        const product = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
        sums = [product, energy(dense(1, a.length, a)), energy(dense(1, b.length, b)), both.length, agreeing.length];
        whole.push(sums.map((sum) => updates.copies(tensor) * sum));
      }
      const [product, energyA, energyB, both, agreeing] = sums as [number, number, number, number, number];
      const what = `${pair} ${tensor}`;
      checkNumber(row.cosine, energyA * energyB === 0 ? null : product / Math.sqrt(energyA * energyB), what);
      checkNumber(row.sign_agreement, both === 0 ? null : agreeing / both, what);
      assert.is(row.changed_by_both, String(both), what);
      checkNumber(row.norm_a, Math.sqrt(energyA), what);
      checkNumber(row.norm_b, Math.sqrt(energyB), what);
      if (energyA * energyB > 0 && pair === 'alignment:alignment') assert.is(row.cosine, '1', what);
      if (energyA * energyB > 0 && pair === 'alignment:undoing') assert.is(row.cosine, '-1', what);
    }
  }
}

/** Angles of the updates' left singular vectors; their mean cos² is the overlap that the other table has. */
function checkAngles(rows: readonly Row[], overlaps: readonly Row[], updates: Updates): void {
  assert.is(rows.length, overlaps.length);
  assert.is(rows.length, 3 * 2 * Object.keys(shapes).length);
  for (const row of rows) {
    const what = `${row.pair} ${row.tensor} ${row.energy}`;
    const same = ({ pair, tensor, energy: eta }: Row) =>
      pair === row.pair && tensor === row.tensor && eta === row.energy;
    const { overlap, k_a, k_b, d } = overlaps.find(same)!;
    assert.equal([row.k_a, row.k_b, row.d], [k_a, k_b, d], what);
    checkNumber(row.mean_cos_squared, overlap === '' ? null : Number(overlap), what, 3e-6);
    const [nameA, nameB] = row.pair!.split(':') as [string, string];
    const [a, b] = [updates.of(nameA, row.tensor!), updates.of(nameB, row.tensor!)];
    if (energy(a) * energy(b) === 0) continue;
    const leading = (of: Dense, k: string) => columnsOf(svdOracle(of).u, Number(k));
    const angles = anglesOracle(leading(a, row.k_a!), leading(b, row.k_b!));
    const sum = (term: (angle: number) => number) => angles.reduce((total, angle) => total + term(angle), 0);
    // A basis in f32 is turned by its rounding errors over the gap between singular values.
    const tolerance = nameA === nameB ? 1e-6 : 1e-4;
    checkNumber(row.smallest, angles[0]!, what, tolerance);
    checkNumber(row.largest, angles.at(-1)!, what, tolerance);
    checkNumber(row.grassmann, Math.sqrt(sum((angle) => angle ** 2)), what, 3 * tolerance);
    checkNumber(row.chordal, Math.sqrt(sum((angle) => Math.sin(angle) ** 2)), what, 3 * tolerance);
  }
  const nothing = rows.filter(({ pair }) => pair === 'useful:nothing');
  assert.is(nothing.filter(({ k_b }) => k_b === '0').length, updates.copies(tied) === 1 ? nothing.length : 0);
  for (const row of nothing.filter(({ k_b }) => k_b === '0')) {
    assert.equal([row.smallest, row.largest, row.grassmann, row.chordal], ['', '', '', '']);
  }
}

for (const semantics of ['paper', 'reference'] as const) {
  test(`tables are what their definitions say, ${semantics} semantics`, async ({ sandbox }) => {
    await writeCheckpoints(sandbox);
    await sandbox.write('geometry.yaml', workflow);
    const { status, stderr } = await sandbox.runflow(['run', 'geometry.yaml', '--semantics', semantics]);
    assert.is(status, 0, stderr);
    const updates = new Updates(sandbox, semantics);
    checkSpectra(table(sandbox, semantics, 'spectrum.csv'), updates);
    checkCosines(table(sandbox, semantics, 'cosine.csv'), updates);
    checkAngles(table(sandbox, semantics, 'angles.csv'), table(sandbox, semantics, 'overlap.csv'), updates);
    const folder = semantics === 'paper' ? 'geometry' : 'geometry@semantics=reference';
    const report = readFileSync(sandbox.path('results', folder, 'report.html'), 'utf8');
    for (const id of ['spectrum', 'cosine', 'angles']) assert.match(report, `<section id="${id}">`);
  });
}

test('a pair that names no update is refused with its place', async ({ sandbox }) => {
  await sandbox.write('geometry.yaml', workflow.replace('[useful, nothing]] }', '[useful, nothin]] }'));
  const { status, stderr } = await sandbox.runflow(['run', 'geometry.yaml']);
  assert.is(status, 2, stderr);
  assert.match(stderr, /geometry\.yaml:18:\d+.*there is no update "nothin"/s);
  assert.match(stderr, 'Did you mean "nothing"');
});

test.run();
