/**
 * Python's `random.Random(seed)`: MT19937 (Matsumoto & Nishimura 1998) seeded by `init_by_array`, and `sample` on it.
 * lm-evaluation-harness draws its few-shot examples this way, and the published code its prompts.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(624);
  #next = 624;

  /** Seed: a non-negative safe integer. */
  constructor(seed: number) {
    const key: number[] = [];
    for (let rest = BigInt(seed); rest > 0n || key.length === 0; rest >>= 32n) key.push(Number(rest & 0xffffffffn));
    this.#seedByArray(key);
  }

  /** `random.sample(range(population), count)`: distinct positions in drawing order. */
  sample(population: number, count: number): number[] {
    if (count > population) throw new RangeError(`a sample of ${count} from ${population}`);
    // Python keeps a pool when it is no larger than a set of the chosen ones would be.
    const setSize = count > 5 ? 21 + 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 21;
    if (population <= setSize) {
      const pool = Array.from({ length: population }, (_, index) => index);
      return Array.from({ length: count }, (_, drawn) => {
        const at = this.#below(population - drawn);
        const chosen = pool[at]!;
        pool[at] = pool[population - drawn - 1]!;
        return chosen;
      });
    }
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(this.#below(population));
    return [...chosen];
  }

  /** A uniform integer of 0 … bound − 1 from as many bits as the bound has, drawn again while too large. */
  #below(bound: number): number {
    const bits = 32 - Math.clz32(bound);
    for (;;) {
      const value = this.#draw() >>> (32 - bits);
      if (value < bound) return value;
    }
  }

  #draw(): number {
    if (this.#next === 624) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < 624; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % 624]! & 0x7fffffff);
      state[i] = state[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  #seedByArray(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
    let i = 1;
    let j = 0;
    const advance = (): void => {
      i++;
      if (i === 624) {
        state[0] = state[623]!;
        i = 1;
      }
    };
    for (let count = Math.max(624, key.length); count > 0; count--) {
      const mixed = state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1664525);
      state[i] = mixed + key[j]! + j;
      advance();
      j = (j + 1) % key.length;
    }
    for (let count = 623; count > 0; count--) {
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1566083941)) - i;
      advance();
    }
    state[0] = 0x80000000;
  }
}
