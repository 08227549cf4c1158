import type { FloatType } from '../../src/formats/float-conversion.js';

/** Bits of a mantissa, exponent of the smallest number, largest number of a type. */
const types = {
  F32: { bits: 23, smallest: -149, largest: (2 - 2 ** -23) * 2 ** 127 },
  BF16: { bits: 7, smallest: -133, largest: (2 - 2 ** -7) * 2 ** 127 },
  F16: { bits: 10, smallest: -24, largest: 65504 },
} as const;

/** An exact sum, as numerator · 2^exponent, rounded once to the nearest number of a type, ties to even: by integers alone. */
export function roundedSum(
  terms: readonly (readonly [value: number, times: number])[],
  type: Exclude<FloatType, 'F64'>,
): number {
  const { bits, smallest, largest } = types[type];
  let sum = 0n;
  for (const [value, times] of terms) sum += scaled(value) * scaled(times);
  if (sum === 0n) return 0;
  const magnitude = sum < 0n ? -sum : sum;
  // The sum is `sum` · 2^(−2·scale); a number of the type is a multiple of 2^step.
  const exponent = magnitude.toString(2).length - 1 - 2 * scale;
  const step = Math.max(smallest, exponent - bits);
  const unit = 1n << BigInt(step + 2 * scale);
  let multiple = magnitude / unit;
  const rest = 2n * (magnitude % unit);
  if (rest > unit || (rest === unit && multiple % 2n === 1n)) multiple++;
  const rounded = Number(multiple) * 2 ** step;
  return (sum < 0n ? -1 : 1) * (rounded > largest ? Number.POSITIVE_INFINITY : rounded);
}

const scale = 1100;

/** x · 2^scale, an integer for every f64 number. */
function scaled(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const all = view.getBigUint64(0);
  const biased = Number((all >> 52n) & 0x7ffn);
  const mantissa = (all & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
  const magnitude = mantissa << BigInt(Math.max(biased, 1) - 1075 + scale);
  return all >> 63n === 1n ? -magnitude : magnitude;
}
