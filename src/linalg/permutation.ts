import { RandomStream } from './philox.js';

/** A uniformly random permutation of 0 … n − 1 (Fisher–Yates), a function of (n, seed, stream) only. */
export function permutation(n: number, random: { readonly seed: number; readonly stream: string }): Uint32Array {
  const stream = new RandomStream(random.seed, `permutation/${random.stream}`);
  // Two 32-bit numbers a draw: 53 bits leave no bias worth rejecting for.
  const bits = new Uint32Array(2 * n);
  stream.fill(bits);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const uniform = ((bits[2 * i]! >>> 5) * 2 ** 26 + (bits[2 * i + 1]! >>> 6)) / 2 ** 53;
    const j = Math.floor(uniform * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
