import type { FloatType } from '../formats/float-conversion.js';

/**
 * Sums of many elements side by side, Σ times · x, each held in two f64 numbers: right to about 2⁻¹⁰⁰ of the largest term where
 * x are f32 numbers, and 2⁻⁷⁵ where they are f64 numbers. What cancels leaves nothing behind, and the order of the terms is not
 * seen.
 */
export class PreciseSums {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  /** @param first what is summed first, once */
  constructor(first: ArrayLike<number>) {
    this.#high = Float64Array.from(first);
    this.#low = new Float64Array(first.length);
  }

  /** @param keeps of each element whether it is added: 0 is no; absent: all are */
  add(values: ArrayLike<number>, times: number, keeps?: Uint8Array): void {
    const [high, low] = [this.#high, this.#low];
    // 24 and 29 bits: their products with an f32 number are exact.
    const factor = Math.fround(times);
    const rest = times - factor;
    for (let i = 0; i < high.length; i++) {
      if (keeps !== undefined && keeps[i] === 0) continue;
      const value = values[i]!;
      const x = Math.fround(value);
      const product = factor * x;
      const sum = high[i]!;
      const next = sum + product;
      // What rounding the sum lost, exactly (Knuth's TwoSum).
      const added = next - sum;
      low[i]! += sum - (next - added) + (product - added) + (rest * x + times * (value - x));
      high[i] = next;
    }
  }

  /** The sums in a storage type (of F64 as f32), each rounded once, to nearest even; infinite beyond the type's range. */
  rounded(type: FloatType): Float32Array {
    const result = new Float32Array(this.#high.length);
    const narrow = type === 'BF16' || type === 'F16';
    for (let i = 0; i < result.length; i++) {
      const high = this.#high[i]!;
      const sum = high + this.#low[i]!;
      const rest = this.#low[i]! - (sum - high);
      const double = rest === 0 ? sum : oddDouble(sum, rest);
      result[i] = narrow ? oddSingle(double) : double;
    }
    return result;
  }
}

const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);
const single = new Float32Array(1);
const singleWord = new Uint32Array(single.buffer);

/**
 * The f64 number of odd mantissa beside sum + rest, where rest is what rounding left: a number so rounded is rounded to fewer
 * bits as if it had all of its digits (Boldo and Melquiond, "When double rounding is odd", 2005).
 */
function oddDouble(sum: number, rest: number): number {
  double[0] = sum;
  if ((doubleWords[0]! & 1) === 1) return sum;
  if (rest > 0 === sum > 0) doubleWords[0]! |= 1;
  else {
    if (doubleWords[0] === 0) doubleWords[1]!--;
    doubleWords[0]!--;
  }
  return double[0];
}

/** The f32 number of odd mantissa beside x, or x where it is an f32 number. */
function oddSingle(x: number): number {
  single[0] = x;
  const rounded = single[0];
  if (rounded === x || (singleWord[0]! & 1) === 1 || Number.isNaN(x)) return rounded;
  if (Math.abs(x) > Math.abs(rounded)) singleWord[0]! |= 1;
  else singleWord[0]!--;
  return single[0];
}
