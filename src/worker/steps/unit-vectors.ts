import type { Turns } from '../../formats/turns.js';
import { fillNormal } from '../../linalg/normal.js';
import type { RandomStream } from '../../linalg/philox.js';

/** Part of a vector's norm that must be left when its parts along the others are taken away; less is rounding. */
const dependent = 1e-12;

/** Some vectors of one length in f64, one behind the other, each of norm 1 or zero. */
export class UnitVectors {
  /** [count, length], row-major. */
  readonly data: Float64Array;
  readonly count: number;
  readonly length: number;

  constructor(data: Float64Array, count: number, length: number) {
    this.data = data;
    this.count = count;
    this.length = length;
  }

  /** Independent normal entries; vector i takes numbers i·length … of the stream. */
  static async gaussian(stream: RandomStream, count: number, length: number, turns: Turns): Promise<UnitVectors> {
    const vectors = new UnitVectors(new Float64Array(count * length), count, length);
    for (let i = 0; i < count && length > 0; i++) {
      await turns.take();
      fillNormal(stream, vectors.#at(i), i * length);
      vectors.scale(i, 1 / Math.sqrt(squaredNorm(vectors.#at(i))));
    }
    return vectors;
  }

  /** 1, or 0 of a vector that depended on others; what scaling made of it. */
  squaredNorm(i: number): number {
    return squaredNorm(this.#at(i));
  }

  scale(i: number, factor: number): void {
    const vector = this.#at(i);
    for (let k = 0; k < vector.length; k++) vector[k]! *= factor;
  }

  /** own ← √(1 − weight)·own + √weight·other, one by one. A zero vector of `other` leaves `own` as it is. */
  blend(other: UnitVectors, weight: number): void {
    const keep = Math.sqrt(1 - weight);
    const take = Math.sqrt(weight);
    for (let i = 0; i < this.count; i++) {
      const [own, direction] = [this.#at(i), other.#at(i)];
      if (direction.every((value) => value === 0)) continue;
      for (let k = 0; k < own.length; k++) own[k] = keep * own[k]! + take * direction[k]!;
    }
  }

  /** Modified Gram–Schmidt, twice over each vector. One that depends on those before it becomes zero. */
  async orthonormalise(turns: Turns): Promise<void> {
    for (let i = 0; i < this.count; i++) {
      const vector = this.#at(i);
      const before = Math.sqrt(squaredNorm(vector));
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j < i; j++) {
          const other = this.#at(j);
          let cosine = 0;
          for (let k = 0; k < vector.length; k++) cosine += vector[k]! * other[k]!;
          for (let k = 0; k < vector.length; k++) vector[k]! -= cosine * other[k]!;
        }
        await turns.take();
      }
      const after = Math.sqrt(squaredNorm(vector));
      if (after > dependent * before) this.scale(i, 1 / after);
      else vector.fill(0);
    }
  }

  #at(i: number): Float64Array {
    return this.data.subarray(i * this.length, (i + 1) * this.length);
  }
}

export function squaredNorm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
