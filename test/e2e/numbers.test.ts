import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FloatType } from '../../src/formats/float-conversion.js';
import { permutation } from '../../src/linalg/permutation.js';
import { type FixtureTensor, moved, randomTensors, writeFixture } from '../checkpoint-fixtures.js';
import {
  columnsOf,
  type Dense,
  dense,
  multiply,
  type SvdOracle,
  svdOracle,
  transpose,
} from '../oracles/one-sided-jacobi.js';
import { difference, energy, inMode, project, randomLike, roundTo } from '../oracles/projection.js';
import { type OracleTensor, readSafetensors } from '../oracles/safetensors.js';
import { Sandbox } from '../sandbox.js';

/**
 * energy.csv, energy-by-tensor.csv and overlap.csv of the command line against the definitions, computed here in double
 * precision from the checkpoint files: every mode, side and subspace, both semantics, files of several types.
 */
const test = suite<{ sandbox: Sandbox }>('numbers of a run');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

type Semantics = 'paper' | 'reference';
type Mode = 'parallel' | 'orthogonal' | 'opposite';
type Side = 'left' | 'right';
type Row = Readonly<Record<string, string>>;

const fractions = [0.01, 0.25, 0.5, 0.75, 0.99, 1];
const ranks = [2, 5, 50];
const energies = [0.01, 0.3, 0.5, 0.9, 0.99];
const zero = 'model.layers.0.mlp.down_proj.weight';
const head = 'lm_head.weight';
const shapes = {
  'model.embed_tokens.weight': [20, 6],
  'model.layers.0.conv.weight': [4, 3, 2],
  [zero]: [6, 10],
  'model.layers.0.mlp.gate_proj.weight': [7, 11],
  'model.layers.0.mlp.up_proj.weight': [10, 6],
  'model.layers.0.self_attn.q_proj.weight': [8, 8],
  'model.norm.weight': [6],
  [head]: [20, 6],
};
const counted = Object.keys(shapes).filter((name) => name !== head);

const workflow = `
runflow: 1
name: numbers
models:
  base: { path: base }
  aligned: { path: aligned }
  useful: { path: useful }
  same: { path: same }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  nothing: { from: aligned, to: same }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment, seeds: [1] }
  random: { kind: random, like: alignment, seeds: [3] }
sweeps:
  left: { project: useful, onto: [top-k, random-k, random], mode: parallel, side: left, fractions: [${fractions}], ranks: [${ranks}] }
  right: { project: useful, onto: [top-k, random-k, random], mode: parallel, side: right, fractions: [${fractions}], ranks: [${ranks}] }
  orthogonal: { project: useful, onto: [top-k, random-k, random], mode: orthogonal, fractions: [${fractions}], ranks: [${ranks}] }
  opposite: { project: [useful, nothing], onto: [top-k, random-k, random], mode: opposite, fractions: [${fractions}], ranks: [${ranks}] }
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment], [nothing, alignment]], energies: [${energies}] }
`;

/** Three checkpoints whose updates have decaying spectra, and a copy of the second under another name. */
async function writeCheckpoints(sandbox: Sandbox, types: readonly [FloatType, FloatType, FloatType]): Promise<void> {
  const base = tied(randomTensors(shapes, 1));
  const aligned = tied(scaledRows(base, moved(base, 2, 0.1)));
  const useful = tied({ ...scaledRows(aligned, moved(aligned, 3, 0.1)), [zero]: aligned[zero]! });
  const config = { model_type: 'llama', tie_word_embeddings: true };
  await writeFixture(sandbox.path('base'), base, { dtype: types[0], config });
  await writeFixture(sandbox.path('aligned'), aligned, { dtype: types[1], config });
  await writeFixture(sandbox.path('same'), aligned, { dtype: types[1], config });
  // The tensor without an update must be the same number after rounding too.
  const stored = new Map(readSafetensors(sandbox.path('aligned/model.safetensors')));
  const unchanged = { ...useful[zero]!, values: Float32Array.from(stored.get(zero)!.matrix.data) };
  await writeFixture(sandbox.path('useful'), { ...useful, [zero]: unchanged }, { dtype: types[2], config });
}

/** With the embedding stored once more as the output layer. */
function tied(tensors: Record<string, FixtureTensor>): Record<string, FixtureTensor> {
  return { ...tensors, [head]: tensors['model.embed_tokens.weight']! };
}

/** Row i of the update shrinks with i, so that singular values are apart and rank cuts are at gaps. */
function scaledRows(from: Record<string, FixtureTensor>, to: Record<string, FixtureTensor>) {
  return Object.fromEntries(
    Object.entries(to).map(([name, { shape, values }]) => {
      const width = values.length / shape[0]!;
      const before = from[name]!.values;
      const shrunk = values.map((value, i) => before[i]! + (value - before[i]!) * 0.7 ** Math.floor(i / width));
      return [name, { shape, values: shrunk }];
    }),
  );
}

/** What the files hold, as the semantics reads it. */
class Truth {
  readonly models: Readonly<Record<string, ReadonlyMap<string, OracleTensor>>>;
  readonly #semantics: Semantics;
  readonly #types: Readonly<Record<string, FloatType>>;
  readonly #decompositions = new Map<string, SvdOracle>();
  readonly #random: ReadonlyMap<string, Dense>;

  constructor(
    sandbox: Sandbox,
    semantics: Semantics,
    types: Readonly<Record<string, FloatType>>,
    random: ReadonlyMap<string, Dense>,
  ) {
    this.#semantics = semantics;
    this.#types = types;
    this.#random = random;
    this.models = Object.fromEntries(
      ['base', 'aligned', 'useful', 'same'].map((name) => [
        name,
        readSafetensors(sandbox.path(name, 'model.safetensors')),
      ]),
    );
  }

  /** The energy rank of a zero update. */
  get zeroRank(): number {
    return this.#semantics === 'reference' ? 1 : 0;
  }

  ends(update: string): [string, string] {
    return { alignment: ['base', 'aligned'], useful: ['aligned', 'useful'], nothing: ['aligned', 'same'] }[update] as [
      string,
      string,
    ];
  }

  weights(model: string, tensor: string): Dense {
    const { matrix } = this.models[model]!.get(tensor)!;
    return this.#semantics === 'reference' ? roundTo(matrix, 'F16') : matrix;
  }

  update(name: string, tensor: string): Dense {
    const [from, to] = this.ends(name);
    const exact = difference(this.weights(to, tensor), this.weights(from, tensor));
    return this.#semantics === 'reference' ? roundTo(exact, 'F16') : exact;
  }

  svd(update: string, tensor: string): SvdOracle {
    const key = `${update} ${tensor}`;
    const known = this.#decompositions.get(key) ?? this.#decompose(this.update(update, tensor));
    this.#decompositions.set(key, known);
    return known;
  }

  /** The published code takes what LAPACK returns for a zero matrix: unit vectors. */
  #decompose(delta: Dense): SvdOracle {
    const found = svdOracle(delta);
    if (this.#semantics === 'paper' || energy(delta) > 0) return found;
    const unit = (rows: number) =>
      dense(
        rows,
        found.s.length,
        Array.from({ length: rows * found.s.length }, (_, at) =>
          Number(Math.floor(at / found.s.length) === at % found.s.length),
        ),
      );
    return { ...found, u: unit(delta.rows), v: unit(delta.columns) };
  }

  /** How often a tensor counts in sums over the model: the published code lists a tied output layer, too. */
  copies(tensor: string): number {
    return this.#semantics === 'reference' && tensor === 'model.embed_tokens.weight' ? 2 : 1;
  }

  /** ⟨Δ, A⟩, ‖Δ‖² and ‖A‖², A the alignment update. */
  products(update: string, tensor: string): { product: number; energy: number; onto: number } {
    const [delta, onto] = [this.update(update, tensor), this.update('alignment', tensor)];
    const product = delta.data.reduce((sum, value, i) => sum + value * onto.data[i]!, 0);
    return { product, energy: energy(delta), onto: energy(onto) };
  }

  /** ‖Δ‖², and of the projected update: its energy, what is really added to the stored weights, and how far off each may be. */
  projected(row: Row, tensor: string) {
    const { update, subspace, seed, mode } = row as unknown as {
      update: string;
      subspace: string;
      seed: string;
      mode: Mode;
    };
    const dimensions = this.models.base!.get(tensor)!.shape.length;
    const vector = dimensions === 1;
    const side: Side = vector ? 'left' : (row.side as Side);
    const delta = this.update(update, tensor);
    const rankMax = vector ? 1 : Math.min(delta.rows, delta.columns);
    const fraction = Number(row.fraction);
    // A rank is a number of directions: published code knows fractions alone, and its exceptions are theirs.
    const asked = Number(row.rank_asked ?? row.rank);
    const scalar = asked === 0 && this.#semantics === 'reference' && !vector && (fraction >= 1 || dimensions > 2);
    const count = asked > 0 ? Math.min(asked, rankMax) : Math.max(1, pythonRound(fraction * rankMax));
    const k = scalar ? undefined : count;
    const inside = scalar
      ? this.#scalarProjection(delta, tensor, subspace === 'random' ? seed : undefined)
      : this.#insideSubspace(delta, { subspace, seed, side }, tensor, k!);
    const projected = inMode(delta, inside, mode);
    const bar = scalar || subspace === 'random' ? 2e-6 : this.#bar(tensor, subspace, seed, k!, rankMax);
    return {
      total: energy(delta),
      kept: energy(projected),
      k,
      rankMax,
      bar,
      ...this.#realised(update, tensor, delta, projected, bar),
    };
  }

  #scalarProjection(delta: Dense, tensor: string, seed: string | undefined): Dense {
    const onto = seed === undefined ? this.update('alignment', tensor) : randomLike(delta, Number(seed), tensor);
    const product = delta.data.reduce((sum, value, i) => sum + value * onto.data[i]!, 0);
    return { ...onto, data: onto.data.map((value) => (value * product) / energy(onto)) };
  }

  #insideSubspace(delta: Dense, how: { subspace: string; seed: string; side: Side }, tensor: string, k: number): Dense {
    const { subspace, seed, side } = how;
    if (subspace === 'random')
      return project(delta, this.#random.get(`random-basis[random#${seed},${side},${tensor}]`)!, k, side);
    const { u, v } = this.svd('alignment', tensor);
    const basis = side === 'left' ? u : v;
    return project(
      delta,
      subspace === 'top-k' ? basis : reordered(basis, orderOf(seed, tensor, basis.columns)),
      k,
      side,
    );
  }

  /** How far a subspace computed in f32 may be off: 8 ε σ₁ over the smallest gap between a vector inside and one outside. */
  #bar(tensor: string, subspace: string, seed: string, k: number, rankMax: number): number {
    const { s } = this.svd('alignment', tensor);
    const order = subspace === 'top-k' ? [...s.keys()] : [...orderOf(seed, tensor, rankMax)];
    // What is outside of all of them has singular value 0, where there is anything.
    let gap = Math.min(...s);
    for (const i of order.slice(0, k)) for (const j of order.slice(k)) gap = Math.min(gap, Math.abs(s[i]! - s[j]!));
    return Math.max(2e-6, (8 * 2 ** -23 * s[0]!) / gap);
  }

  #realised(update: string, tensor: string, delta: Dense, projected: Dense, bar: number) {
    const [from] = this.ends(update);
    const weights = this.weights(from, tensor);
    const storage = this.#semantics === 'reference' ? 'F16' : this.#types[from]!;
    const slack = bar * Math.max(...delta.data.map(Math.abs));
    const change = (offset: number) => {
      const moved = { ...projected, data: projected.data.map((value) => value + offset) };
      const added = this.#semantics === 'reference' ? roundTo(moved, 'F16') : moved;
      const sum = { ...weights, data: weights.data.map((value, i) => value + added.data[i]!) };
      return difference(roundTo(sum, storage), weights);
    };
    const [low, high] = [change(-slack), change(slack)];
    // An element on the border between two stored numbers may go either way.
    const doubt = low.data.reduce((sum, value, i) => sum + Math.abs(value ** 2 - high.data[i]! ** 2), 0);
    return { realised: energy(change(0)), doubt };
  }
}

/** Halves to the even number, as Python's round. */
function pythonRound(value: number): number {
  const below = Math.floor(value);
  if (value - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(value);
}

/** Which singular vector comes first, second, … in the random-k subspace of a seed. */
function orderOf(seed: string, tensor: string, vectors: number): number[] {
  const order = [...permutation(vectors, { seed: Number(seed), stream: tensor })];
  assert.equal(
    [...order].sort((a, b) => a - b),
    [...order.keys()],
  );
  return order;
}

function reordered({ rows, columns, data }: Dense, order: readonly number[]): Dense {
  return dense(
    rows,
    columns,
    data.map((_, at) => data[Math.floor(at / columns) * columns + order[at % columns]!]!),
  );
}

function table(sandbox: Sandbox, file: string): Row[] {
  return parse(readFileSync(sandbox.path('results/numbers', file)), { columns: true }) as Row[];
}

/** The random bases that the run made, from its store, checked to be orthonormal. */
async function randomBases(sandbox: Sandbox, semantics: Semantics): Promise<Map<string, Dense>> {
  const { stdout } = await sandbox.runflow([
    'explain',
    'numbers.yaml',
    'random-basis',
    '--json',
    '--semantics',
    semantics,
  ]);
  const bases = new Map<string, Dense>();
  for (const { id, params, outputs } of JSON.parse(stdout)) {
    const hex = outputs.q.digest.slice('sha256:'.length);
    const bytes = readFileSync(join(sandbox.store, 'objects/sha256', hex.slice(0, 2), hex));
    const values = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    const basis = dense(params.rows, params.columns, values);
    const gram = multiply(transpose(basis), basis);
    for (const [at, value] of gram.data.entries()) {
      assert.ok(Math.abs(value - (at % (basis.columns + 1) === 0 ? 1 : 0)) < 4e-6, id);
    }
    bases.set(id, basis);
  }
  return bases;
}

function checkRatio(cell: string, expected: number, total: number, tolerance: number, what: string): void {
  if (total === 0) {
    assert.is(cell, '', what);
    return;
  }
  assert.ok(cell !== '', what);
  const off = Math.abs(Number(cell) - expected / total);
  assert.ok(off <= tolerance, `${what}: ${cell}, ${expected / total} expected, off by ${off}, allowed ${tolerance}`);
}

/** ‖Δ‖², the cosine of the update and what is kept of it, and that of the update and the alignment. */
function checkRelations(
  row: Row,
  products: readonly { product: number; energy: number; onto: number }[],
  total: number,
  kept: number,
  bar: number,
): void {
  const what = JSON.stringify(row);
  assert.ok(Math.abs(Number(row.update_energy) - total) <= 2e-6 * total, what);
  const sum = (of: 'product' | 'energy' | 'onto') => products.reduce((all, part) => all + part[of], 0);
  const norms = Math.sqrt(sum('energy') * sum('onto'));
  if (norms === 0) assert.is(row.cosine_alignment, '', what);
  else assert.ok(Math.abs(Number(row.cosine_alignment) - sum('product') / norms) <= 1e-6, what);
  if (total === 0) assert.is(row.cosine_projected, '', what);
  else {
    // The square is what is known to `bar`: where nothing is kept but round-off, so is the cosine.
    assert.ok(Math.abs(Number(row.cosine_projected) ** 2 - kept / total) <= bar + 1e-9, what);
    const sign = row.mode === 'opposite' ? -1 : 1;
    if (kept > bar * total) assert.is(Math.sign(Number(row.cosine_projected)), sign, what);
  }
}

function checkEnergies(sandbox: Sandbox, truth: Truth): void {
  const curves = { left: 1, right: 1, orthogonal: 1, opposite: 2 };
  const points = Object.values(curves).reduce(
    (sum, updates) => sum + updates * 3 * (fractions.length + ranks.length),
    0,
  );
  const byTensor = table(sandbox, 'energy-by-tensor.csv');
  const whole = table(sandbox, 'energy.csv');
  assert.is(byTensor.length, points * counted.length);
  assert.is(whole.length, points);
  let sharp = 0;
  for (const row of byTensor) {
    const what = JSON.stringify(row);
    const { total, kept, realised, doubt, k, rankMax, bar } = truth.projected(row, row.tensor!);
    assert.equal([row.rank, row.rank_max], [k === undefined ? '' : String(k), String(rankMax)], what);
    checkRatio(row.energy_kept!, kept, total, bar, what);
    checkRatio(row.energy_realised!, realised, total, bar + doubt / total, what);
    checkRelations(row, [truth.products(row.update!, row.tensor!)], total, kept, bar);
    if (bar < 1e-4) sharp += 1;
  }
  assert.ok(sharp > 0.8 * byTensor.length, `only ${sharp} of ${byTensor.length} rows are at a gap`);
  for (const row of whole) {
    const summed = counted.flatMap((tensor) => Array.from({ length: truth.copies(tensor) }, () => tensor));
    const parts = summed.map((tensor) => truth.projected(row, tensor));
    const sum = (value: (part: (typeof parts)[number]) => number) => parts.reduce((all, part) => all + value(part), 0);
    const total = sum((part) => part.total);
    const bar = sum((part) => part.bar * part.total) / total;
    checkRatio(
      row.energy_kept!,
      sum((part) => part.kept),
      total,
      bar,
      JSON.stringify(row),
    );
    checkRatio(
      row.energy_realised!,
      sum((part) => part.realised),
      total,
      bar + sum((part) => part.doubt) / total,
      JSON.stringify(row),
    );
    const relations = summed.map((tensor) => truth.products(row.update!, tensor));
    checkRelations(
      row,
      relations,
      total,
      sum((part) => part.kept),
      bar,
    );
  }
}

/** The smallest k that reaches η, and how near the running sum is to η at either end of it. */
function energyRank(s: Float64Array, eta: number, zeroRank: number): { k: number; margin: number } {
  const squares = [...s].map((value) => value * value);
  const total = squares.reduce((sum, value) => sum + value, 0);
  if (total === 0) return { k: zeroRank, margin: 1 };
  let running = 0;
  let margin = 1;
  for (const [i, value] of squares.entries()) {
    margin = Math.min(margin, Math.abs(running / total - eta), Math.abs((running + value) / total - eta));
    running += value;
    if (running / total >= eta) return { k: i + 1, margin };
  }
  return { k: squares.length, margin };
}

function checkOverlaps(sandbox: Sandbox, truth: Truth): void {
  const rows = table(sandbox, 'overlap.csv');
  assert.is(rows.length, 2 * counted.length * energies.length);
  for (const row of rows) {
    const what = JSON.stringify(row);
    const [a, b] = row.pair!.split(':').map((update) => truth.svd(update, row.tensor!)) as [SvdOracle, SvdOracle];
    const [rankA, rankB] = [a, b].map(({ s }) => energyRank(s, Number(row.energy), truth.zeroRank));
    assert.ok(rankA!.margin > 1e-5 && rankB!.margin > 1e-5, `${what}: too near to a step to tell the rank`);
    const [kA, kB] = [rankA!.k, rankB!.k];
    assert.equal([row.k_a, row.k_b, row.d], [String(kA), String(kB), String(a.u.rows)], what);
    if (kA === 0 || kB === 0) {
      assert.equal([row.overlap, row.baseline], ['', ''], what);
      continue;
    }
    const shared = energy(multiply(transpose(columnsOf(a.u, kA)), columnsOf(b.u, kB)));
    const bar = [a, b].reduce((sum, { s }, i) => sum + spanBar(s, [kA, kB][i]!), 0);
    const off = Math.abs(Number(row.overlap) - shared / Math.min(kA, kB));
    assert.ok(off <= bar, `${what}: off by ${off}, allowed ${bar}`);
    assert.ok(Math.abs(Number(row.baseline) - Math.max(kA, kB) / a.u.rows) < 1e-15, what);
  }
}

function spanBar(s: Float64Array, k: number): number {
  const gap = s[k - 1]! - (s[k] ?? 0);
  return s[0] === 0 ? 2e-6 : Math.max(2e-6, (8 * 2 ** -23 * s[0]!) / gap);
}

const files: readonly (readonly [string, readonly [FloatType, FloatType, FloatType]])[] = [
  ['f32 and f64', ['F64', 'F32', 'F32']],
  ['bf16 and f16', ['BF16', 'BF16', 'F16']],
];
for (const [name, types] of files) {
  for (const semantics of ['paper', 'reference'] as const) {
    test(`energies and overlaps of ${name} files are those of the definitions, ${semantics} semantics`, async ({
      sandbox,
    }) => {
      await writeCheckpoints(sandbox, types);
      await sandbox.write('numbers.yaml', workflow);
      await sandbox.run(['numbers.yaml', '--semantics', semantics, '--out', 'results/numbers']);
      const [base, aligned, useful] = types;
      const truth = new Truth(
        sandbox,
        semantics,
        { base, aligned, useful, same: aligned },
        await randomBases(sandbox, semantics),
      );
      checkEnergies(sandbox, truth);
      checkOverlaps(sandbox, truth);
    });
  }
}

test.run();
