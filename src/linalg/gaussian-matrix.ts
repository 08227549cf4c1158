import { Turns } from '../formats/turns.js';
import { fillNormal } from './normal.js';
import { RandomStream } from './philox.js';
import type { TallMatrix } from './tall-matrix.js';

/** Which random matrix: a function of seed and stream only. */
export interface RandomMatrix {
  readonly seed: number;
  readonly stream: string;
}

/** Numbers drawn between two turns of the event loop. */
const partLength = 2 ** 18;

/** Independent standard normal elements; element (i, j) of the tall orientation is number i·columns + j of the stream. */
export function gaussianMatrix(shape: Omit<TallMatrix, 'window'>, { seed, stream }: RandomMatrix): TallMatrix {
  const numbers = new RandomStream(seed, stream);
  const turns = new Turns();
  return {
    ...shape,
    window: async (start, count) => {
      const window = new Float32Array(count * shape.columns);
      for (let at = 0; at < window.length; at += partLength) {
        await turns.take();
        fillNormal(numbers, window.subarray(at, at + partLength), start * shape.columns + at);
      }
      return window;
    },
  };
}
