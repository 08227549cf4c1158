/** The power of two in (x/2, x] for a positive finite x, as an exponent: multiplying by 2^−exponent is exact and gives [1, 2). */
export function exponentOf(x: number): number {
  float64[0] = x;
  const biased = (words[1]! >>> 20) & 0x7ff;
  if (biased > 0) return biased - 1023;
  return exponentOf(x * 2 ** 64) - 64;
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

export function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** values · 2^exponent in place. */
export function scaleByPowerOfTwo(values: Float32Array, exponent: number): void {
  const factor = 2 ** exponent;
  for (let i = 0; i < values.length; i++) values[i]! *= factor;
}
