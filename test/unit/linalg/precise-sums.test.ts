import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { RandomStream } from '../../../src/linalg/philox.js';
import { PreciseSums } from '../../../src/linalg/precise-sums.js';
import { roundedSum } from '../../oracles/rounding.js';

const types = ['F32', 'BF16', 'F16'] as const;

/** f32 numbers of many exponents, with zeros and repeats among them. */
function numbers(count: number, stream: string, exponents: number): Float32Array {
  const bits = new Uint32Array(2 * count);
  new RandomStream(3, stream).fill(bits);
  return Float32Array.from({ length: count }, (_, i) => {
    const [mantissa, other] = [bits[2 * i]!, bits[2 * i + 1]!];
    if (other % 17 === 0) return 0;
    const exponent = ((other >>> 8) % exponents) - Math.floor(exponents / 2);
    // Few digits make ties, which are what a second rounding gets wrong.
    const digits = other % 3 === 0 ? 8 : 24;
    return ((mantissa >>> (32 - digits)) / 2 ** digits) * 2 ** exponent * (other & 64 ? -1 : 1);
  });
}

function stored(sums: PreciseSums, type: (typeof types)[number]): Float32Array {
  return toFloat32(fromFloat32(sums.rounded(type), type), type);
}

test('sums are exact and rounded once to each type, whatever cancels', () => {
  const count = 20_000;
  for (const [exponents, factors] of [
    [4, [1, -1, 0.5]],
    [40, [1, -0.75, 3]],
    [200, [-1, 1, 1]],
    [20, [1, -1, 2 ** -30]],
    [8, [0.3, -0.3, 1 / 7]],
  ] as const) {
    const [start, ...terms] = ['start', 'a', 'b', 'c'].map((name) => numbers(count, `${name} ${exponents}`, exponents));
    const sums = new PreciseSums(start!);
    for (const [index, term] of terms.entries()) sums.add(term, factors[index]!);
    for (const type of types) {
      const found = stored(sums, type);
      for (let i = 0; i < count; i++) {
        const exact = [[start![i]!, 1], ...terms.map((term, index) => [term[i]!, factors[index]!])] as [
          number,
          number,
        ][];
        const expected = roundedSum(exact, type);
        if (!(found[i] === expected))
          assert.unreachable(`${type}, ${exponents}: ${found[i]}, not ${expected} of ${exact.join(' + ')}`);
      }
    }
  }
});

test('numbers between two of a type are rounded by all of their digits, ties to even', () => {
  // Just above and below ties of bf16 and f16, by less than an f32, and an f64, number shows.
  for (const [type, step] of [
    ['BF16', 2 ** -7],
    ['F16', 2 ** -10],
    ['F32', 2 ** -23],
  ] as const) {
    for (const odd of [0, 1]) {
      for (const bit of [2 ** -40, 2 ** -70]) {
        for (const sign of [1, -1, 0]) {
          const start = 1 + odd * step;
          const terms = [
            [start, 1],
            [step, 0.5],
            [bit, sign],
          ] as const;
          const sums = new PreciseSums([start]);
          sums.add([step], 0.5);
          sums.add([bit], sign);
          const up = sign === 1 || (sign === 0 && odd === 1);
          assert.is(stored(sums, type)[0], start + (up ? step : 0), `${type} ${odd} ${bit} ${sign}`);
          assert.is(roundedSum(terms, type), start + (up ? step : 0));
        }
      }
    }
  }
});

test('beyond the range of a type lies infinity, and small numbers are its subnormals', () => {
  for (const [type, first, infinite] of [
    ['F16', 65519.99, false],
    ['F16', 65520, true],
    ['BF16', 3.3895e38, false],
    ['BF16', 3.4e38, true],
    ['F32', 3.4e38, false],
    ['F32', 3.5e38, true],
  ] as const) {
    for (const sign of [1, -1]) {
      const [value] = stored(new PreciseSums([sign * first]), type);
      assert.is(value, roundedSum([[sign * first, 1]], type));
      assert.is(Number.isFinite(value), !infinite, `${type} ${first}`);
    }
  }
  for (const type of types) {
    for (const value of [1e-7, -3e-8, 2.98e-8, 1e-40, -1.5e-45, 7e-46, 1e-60]) {
      assert.is(stored(new PreciseSums([value]), type)[0]! + 0, roundedSum([[value, 1]], type) + 0, `${type} ${value}`);
    }
  }
});

test('elements that are not kept stay as they are', () => {
  const sums = new PreciseSums([1, 2, 3]);
  sums.add([10, 20, 30], 0.5, Uint8Array.of(1, 0, 1));
  assert.equal([...sums.rounded('F32')], [6, 2, 18]);
});

test.run();
