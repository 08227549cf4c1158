import { fillNormal } from './normal.js';
import { RandomStream } from './philox.js';
import type { TallMatrix } from './tall-matrix.js';

/** Which random matrix: a function of seed and stream only. */
export interface RandomMatrix {
  readonly seed: number;
  readonly stream: string;
}

/** Independent standard normal elements; element (i, j) of the tall orientation is number i·columns + j of the stream. */
export function gaussianMatrix(shape: Omit<TallMatrix, 'window'>, { seed, stream }: RandomMatrix): TallMatrix {
  const numbers = new RandomStream(seed, stream);
  return {
    ...shape,
    window: async (start, count) => {
      const window = new Float32Array(count * shape.columns);
      fillNormal(numbers, window, start * shape.columns);
      return window;
    },
  };
}
