import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RealignmentRule } from '../../../src/formats/realignment.js';
import { type AlignmentEnergies, alignmentCosine, chooseTensors } from '../../../src/linalg/realignment.js';
import { gaussian, orthonormal } from '../../oracles/matrices.js';
import { type Dense, dense, multiply, transpose } from '../../oracles/one-sided-jacobi.js';

/** V = U Σ Wᵀ by its parts. */
interface Alignment {
  readonly v: Dense;
  readonly u: Dense;
  readonly s: Float64Array;
}

function alignment(rows: number, columns: number, values: readonly number[], name: string): Alignment {
  const r = Math.min(rows, columns);
  const u = orthonormal(rows, r, `${name}/u`);
  const s = Float64Array.from({ length: r }, (_, i) => values[i] ?? 0);
  const scaled = dense(rows, r, u.data.map((x, at) => x * s[at % r]!)); // biome-ignore format: one line
  return { v: multiply(scaled, transpose(orthonormal(columns, r, `${name}/w`))), u, s };
}

const norm = ({ data }: Dense) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
const inner = (a: Dense, b: Dense) => a.data.reduce((sum, x, i) => sum + x * b.data[i]!, 0);

/** From the definition: C = V Vᵀ / ‖V‖, a d × d matrix. */
function cosineByDefinition({ v }: Alignment, delta: Dense): number {
  const c = multiply(v, transpose(v));
  const product = multiply(dense(c.rows, c.columns, c.data.map((x) => x / norm(v))), delta); // biome-ignore format: one line
  return inner(product, delta) / (norm(product) * norm(delta));
}

function energies({ u, s }: Alignment, delta: Dense): AlignmentEnergies {
  const along = multiply(transpose(u), delta);
  const rows = Array.from({ length: along.rows }, (_, i) =>
    along.data.subarray(i * along.columns, (i + 1) * along.columns),
  );
  return { total: norm(delta) ** 2, along: rows.map((row) => row.reduce((sum, x) => sum + x * x, 0)), s };
}

test('the cosine is that of the definition, on every shape and rank', () => {
  for (const [rows, columns, values] of [
    [7, 5, [3, 2, 1, 0.5, 0.1]],
    [5, 11, [1, 1, 1, 1, 1]],
    [9, 9, [1e-4, 1e-6]],
    [13, 3, [2e-9, 1e-9, 1e-12]],
    [1, 6, [4]],
    [6, 1, [4]],
    [8, 4, [1e12, 1e3, 1, 1e-3]],
  ] as const) {
    const v = alignment(rows, columns, values, `v ${rows} ${columns}`);
    const delta = gaussian(rows, columns, `delta ${rows}`);
    const expected = cosineByDefinition(v, delta);
    const actual = alignmentCosine(energies(v, delta))!;
    assert.ok(Math.abs(actual - expected) < 1e-12, `[${rows}, ${columns}]: ${actual} instead of ${expected}`);
  }
});

test('it is 1 in the main direction of a rank-one alignment, 0 outside, and unknown of nothing', () => {
  const one = alignment(6, 4, [2], 'one');
  const inside = multiply(
    dense(
      6,
      1,
      Array.from({ length: 6 }, (_, i) => one.u.data[i * 4]!),
    ),
    gaussian(1, 4, 'row'),
  );
  assert.ok(Math.abs(alignmentCosine(energies(one, inside))! - 1) < 1e-12);
  assert.is(alignmentCosine({ total: 1, along: [0, 0, 0, 0], s: one.s }), 0);
  assert.is(alignmentCosine({ total: 0, along: [0, 0, 0, 0], s: one.s }), null);
  assert.is(alignmentCosine({ total: 1, along: [0, 0], s: [0, 0] }), null);
});

/** Energies whose cosine is given: all of the update outside the one direction, but for c². */
const withCosine = (c: number): AlignmentEnergies => ({ total: 1, along: [c * c], s: [1] });

function changed(rule: RealignmentRule, cosines: Readonly<Record<string, AlignmentEnergies>>): string[] {
  const choice = chooseTensors(Object.entries(cosines), rule);
  return Object.keys(choice).filter((name) => choice[name]!.changed);
}

test('SafeLoRA takes cosines up to the threshold, or the lowest with all that tie', () => {
  const tensors = { a: withCosine(0.5), b: withCosine(0.25), c: withCosine(0.75), d: withCosine(0.5) };
  assert.equal(changed({ method: 'safelora', threshold: 0.5 }, tensors), ['a', 'b', 'd']);
  assert.equal(changed({ method: 'safelora', threshold: 0.49 }, tensors), ['b']);
  assert.equal(changed({ method: 'safelora', lowest: 1 }, tensors), ['b']);
  assert.equal(changed({ method: 'safelora', lowest: 2 }, tensors), ['a', 'b', 'd']);
  assert.equal(changed({ method: 'safelora', lowest: 99 }, tensors), ['a', 'b', 'c', 'd']);
});

test('SafeMERGE takes cosines strictly below the threshold, rounded to five digits', () => {
  const tensors = { below: withCosine(0.34999), at: withCosine(0.35), rounds: withCosine(0.349996) };
  assert.equal(changed({ method: 'safemerge', threshold: 0.35 }, tensors), ['below']);
});

test('without an alignment SafeLoRA changes nothing and SafeMERGE merges; without an update nothing changes', () => {
  const tensors = {
    flat: { total: 1, along: [0.5], s: [0] },
    tiny: { total: 1, along: [1], s: [1e-10] },
    still: { total: 0, along: [0], s: [1] },
  };
  assert.equal(changed({ method: 'safelora', threshold: 0.9 }, tensors), []);
  assert.equal(changed({ method: 'safelora', lowest: 3 }, { flat: tensors.flat, still: tensors.still }), []);
  assert.equal(changed({ method: 'safemerge', threshold: 0.35 }, tensors), ['flat', 'tiny']);
});

test.run();
