/**
 * Logarithm and exponential from IEEE 754 additions, multiplications and divisions only. `Math.log` and `Math.exp` are
 * implementation-defined and may change with the JavaScript engine; seeded results that enter digests may not.
 */
const ln2High = 0.6931471803691238; // ln 2 to 32 bits: k · ln2High is exact for |k| < 2^20
const ln2Low = 1.9082149292705877e-10;

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** Natural logarithm of a positive normal number, within a few units in the last place. */
export function log(x: number): number {
  if (!(x >= 2.2250738585072014e-308) || x === Number.POSITIVE_INFINITY) throw new RangeError(`log(${x})`);
  float64[0] = x;
  let exponent = (words[1]! >>> 20) - 1023;
  words[1] = (words[1]! & 0xfffff) | 0x3ff00000;
  let mantissa = float64[0]!;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // log m = 2 artanh s with s = (m − 1)/(m + 1), |s| < 0.172: the series to s^21 leaves less than 1e-18.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let odd = 21; odd >= 3; odd -= 2) series = (series + 1 / odd) * square;
  return exponent * ln2High + (2 * s + (2 * s * series + exponent * ln2Low));
}

/** e^x for x ≤ 700, within a few units in the last place; 0 below −700. */
export function exp(x: number): number {
  if (!(x <= 700)) throw new RangeError(`exp(${x})`);
  if (x < -700) return 0;
  const exponent = Math.round(x / (ln2High + ln2Low));
  const r = x - exponent * ln2High - exponent * ln2Low;
  let series = 1;
  for (let n = 14; n >= 1; n--) series = 1 + (r / n) * series;
  float64[0] = series;
  words[1] = words[1]! + exponent * 0x100000;
  return float64[0]!;
}

/** base^exponent for a positive base. */
export function power(base: number, exponent: number): number {
  return exp(exponent * log(base));
}
