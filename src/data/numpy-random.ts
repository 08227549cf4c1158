/**
 * numpy's `default_rng(seed)`: SeedSequence (O'Neill's seed_seq_fe) feeding PCG64 (XSL-RR 128/64), and
 * `Generator.permutation(n)` on it. Hugging Face's `dataset.shuffle(seed)` draws its order this way, so a published
 * recipe's rows can be reproduced to the row.
 */
const mask32 = 0xffffffffn;
const mask64 = (1n << 64n) - 1n;
const mask128 = (1n << 128n) - 1n;
const multiplier = (2549297995355413924n << 64n) | 4865540595714422341n;

/** A stream of uniform integers of 0 … bound (bound < 2^32). Seed: an integer ≥ 0. */
export function numpyIntegers(seed: number): (bound: number) => number {
  const next32 = pcg64(seed);
  return (bound) => (bound === 0 ? 0 : boundedByRejection(next32, bound));
}

/** The order of `n` rows: `numpy.random.default_rng(seed).permutation(n)`. n < 2^32. */
export function numpyPermutation(seed: number, n: number): Uint32Array {
  const integer = numpyIntegers(seed);
  const order = Uint32Array.from({ length: n }, (_, index) => index);
  for (let i = n - 1; i >= 1; i--) {
    const j = integer(i);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}

/** A uniform integer of 0 … bound: draws are cut to the bound's bits and drawn again while above it (numpy's random_interval). */
function boundedByRejection(next32: () => number, bound: number): number {
  const shift = Math.clz32(bound);
  for (;;) {
    const value = (next32() << shift) >>> shift;
    if (value <= bound) return value;
  }
}

/** 32-bit draws: the low half of each 64-bit output first, then its high half. */
function pcg64(seed: number): () => number {
  const [a, b, c, d] = seedState(seed);
  const increment = ((((c << 64n) | d) << 1n) | 1n) & mask128;
  let state = (increment + ((a << 64n) | b)) & mask128;
  state = (state * multiplier + increment) & mask128;
  let buffered: number | undefined;
  return () => {
    if (buffered !== undefined) {
      const high = buffered;
      buffered = undefined;
      return high;
    }
    state = (state * multiplier + increment) & mask128;
    const folded = ((state >> 64n) ^ state) & mask64;
    const turn = state >> 122n;
    const output = ((folded >> turn) | (folded << (64n - turn))) & mask64;
    buffered = Number(output >> 32n);
    return Number(output & mask32);
  };
}

/** `SeedSequence(seed).generate_state(4, uint64)` with the default pool of four words. */
function seedState(seed: number): [bigint, bigint, bigint, bigint] {
  const entropy: number[] = [];
  for (let rest = BigInt(seed); rest > 0n || entropy.length === 0; rest >>= 32n) entropy.push(Number(rest & mask32));
  let hashConstant = 0x43b0d7e5;
  const hash = (value: number): number => {
    let mixed = (value ^ hashConstant) >>> 0;
    hashConstant = Math.imul(hashConstant, 0x931e8875) >>> 0;
    mixed = Math.imul(mixed, hashConstant) >>> 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const mix = (x: number, y: number): number => {
    const mixed = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) >>> 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const pool = [0, 1, 2, 3].map((index) => hash(entropy[index] ?? 0));
  for (let source = 0; source < 4; source++) {
    for (let target = 0; target < 4; target++) {
      if (source !== target) pool[target] = mix(pool[target]!, hash(pool[source]!));
    }
  }
  for (const word of entropy.slice(4)) {
    for (let target = 0; target < 4; target++) pool[target] = mix(pool[target]!, hash(word));
  }
  let outputConstant = 0x8b51f9dd;
  const words = Array.from({ length: 8 }, (_, index) => {
    let value = (pool[index % 4]! ^ outputConstant) >>> 0;
    outputConstant = Math.imul(outputConstant, 0x58f38ded) >>> 0;
    value = Math.imul(value, outputConstant) >>> 0;
    return BigInt((value ^ (value >>> 16)) >>> 0);
  });
  const word64 = (index: number): bigint => words[2 * index]! | (words[2 * index + 1]! << 32n);
  return [word64(0), word64(1), word64(2), word64(3)];
}
