import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { aboveNoise, spectrumMeasures } from '../../../src/linalg/spectrum.js';
import { gaussian } from '../../oracles/matrices.js';
import { dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';

const of = (...s: number[]) => spectrumMeasures([{ s: Float64Array.from(s) }]);

function near(value: number | null, expected: number, what: string, tolerance = 1e-12): void {
  assert.ok(
    value !== null && Math.abs(value - expected) <= tolerance * Math.abs(expected),
    `${what}: ${value}, not ${expected}`,
  );
}

test('r equal singular values count r, whatever their size, and rank one counts one', () => {
  for (const size of [1e-30, 1 / 3, 1, 7e30]) {
    for (const r of [1, 2, 5, 257]) {
      const measures = of(...new Array<number>(r).fill(size));
      near(measures.effectiveRank, r, `effective rank of ${r} × ${size}`);
      near(measures.stableRank, r, `stable rank of ${r} × ${size}`);
      near(measures.participationRatio, r, `participation of ${r} × ${size}`);
      near(measures.frobeniusNorm, size * Math.sqrt(r), 'norm');
      assert.is(measures.spectralNorm, size);
      assert.is(measures.rank, r);
    }
  }
});

test('measures of a matrix agree with those of its Gram matrix and elements, without its singular values', () => {
  for (const [rows, columns] of [
    [7, 5],
    [5, 11],
    [9, 9],
  ] as const) {
    const a = gaussian(rows, columns, `spectrum ${rows}×${columns}`);
    const { s } = svdOracle(a);
    const measures = spectrumMeasures([{ s: aboveNoise(s) }]);
    const gram = multiply(transpose(a), a);
    const trace = a.data.reduce((sum, value) => sum + value ** 2, 0);
    // Σσ⁴ is the energy of AᵀA.
    const fourth = gram.data.reduce((sum, value) => sum + value ** 2, 0);
    near(measures.participationRatio, trace ** 2 / fourth, 'participation');
    near(measures.stableRank, trace / largestEigenvalue(gram.data, columns), 'stable rank', 1e-9);
    near(measures.frobeniusNorm, Math.sqrt(trace), 'norm');
    assert.ok(
      measures.participationRatio! <= measures.effectiveRank! && measures.effectiveRank! <= Math.min(rows, columns),
    );
  }
});

test('a spectrum by hand', () => {
  const measures = of(3, 1);
  near(measures.effectiveRank, Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))), 'effective rank');
  near(measures.stableRank, 10 / 9, 'stable rank');
  near(measures.participationRatio, 100 / 82, 'participation');
});

test('noise has no part: a matrix of rank two with many rounding errors counts as one of rank two', () => {
  const s = Float64Array.from([1, 1, ...new Array<number>(4000).fill(2e-7)]);
  near(spectrumMeasures([{ s: aboveNoise(s) }]).effectiveRank, 2, 'effective rank');
  assert.ok(spectrumMeasures([{ s }]).effectiveRank! > 2.005);
});

test('several spectra are those of one matrix with blocks, which may count twice; zero blocks add nothing', () => {
  const [a, b] = [Float64Array.of(5, 2), Float64Array.of(3)];
  const whole = spectrumMeasures([{ s: a }, { s: new Float64Array(0) }, { s: b, copies: 2 }]);
  const joined = of(5, 3, 3, 2);
  assert.is(whole.rank, 4);
  for (const name of ['effectiveRank', 'stableRank', 'participationRatio', 'frobeniusNorm', 'spectralNorm'] as const) {
    near(whole[name], joined[name]!, name);
  }
});

test('a zero matrix has norms and no ranks', () => {
  const none = { effectiveRank: null, stableRank: null, participationRatio: null };
  const zero = { rank: 0, frobeniusNorm: 0, spectralNorm: 0, ...none };
  assert.equal(spectrumMeasures([{ s: aboveNoise(new Float64Array(4)) }]), zero);
  assert.equal(spectrumMeasures([]), zero);
});

/** Power iteration on a symmetric positive matrix. */
function largestEigenvalue(gram: Float64Array, n: number): number {
  let x = dense(n, 1, new Float64Array(n).fill(1));
  let value = 0;
  for (let step = 0; step < 3000; step++) {
    const y = multiply(dense(n, n, gram), x);
    value = Math.sqrt(y.data.reduce((sum, v) => sum + v * v, 0));
    x = dense(
      n,
      1,
      y.data.map((v) => v / value),
    );
  }
  return value;
}

test.run();
