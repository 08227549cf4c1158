import { log } from './elementary.js';
import type { RandomStream } from './philox.js';

/** Horner's rule; coefficients from the highest power down. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + coefficients[i]!;
  return sum;
}

const centreNumerator = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const centreDenominator = [
  5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const middleNumerator = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const middleDenominator = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const tailNumerator = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const tailDenominator = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

/**
 * The normal deviate whose lower tail probability is p, 0 < p < 1, to about 1e-16: algorithm AS 241 (PPND16),
 * M. J. Wichura, Applied Statistics 37 (1988) 477–484. Uses only operations that IEEE 754 rounds exactly.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(centreNumerator, r)) / polynomial(centreDenominator, r);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const magnitude =
    r <= 5
      ? polynomial(middleNumerator, r - 1.6) / polynomial(middleDenominator, r - 1.6)
      : polynomial(tailNumerator, r - 5) / polynomial(tailDenominator, r - 5);
  return q < 0 ? -magnitude : magnitude;
}

const chunk = 4096;

/**
 * Fills `out` with independent standard normal numbers `start`, `start` + 1, … of the stream, one 32-bit number each
 * (so |x| ≤ 6.34), the same on every machine.
 */
export function fillNormal(stream: RandomStream, out: Float32Array | Float64Array, start = 0): void {
  const bits = new Uint32Array(Math.min(chunk, out.length));
  for (let at = 0; at < out.length; at += chunk) {
    const part = bits.subarray(0, Math.min(chunk, out.length - at));
    stream.fill(part, start + at);
    for (let i = 0; i < part.length; i++) out[at + i] = normalQuantile((part[i]! + 0.5) / 2 ** 32);
  }
}
