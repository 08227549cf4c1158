import type { Artifact } from '../formats/artifact.js';
import type { TensorInfo } from '../formats/tensor.js';
import { bytesPerElement, elementCount } from '../formats/tensor.js';
import type { DecoderConfig } from '../nn/config.js';

type Tensor = Pick<TensorInfo, 'dtype' | 'shape'>;

/** An artifact before it exists: what costs follow from. */
export interface Described {
  /** Size; 0 of text whose length is not known: it is not counted. */
  readonly bytes: number;
  readonly tensor?: Tensor;
  /** Place from which it can be read already. */
  readonly artifact?: Artifact;
  /** Number of JSON lines; infinite where nothing bounds it. */
  readonly rows?: number;
  /** Lengths of tokenised rows, or of responses. */
  readonly lengths?: TokenLengths;
  /** What config.json says of a decoder that runflow runs. */
  readonly config?: DecoderConfig;
}

/** The outputs of a node, by name. */
export type DescribedNode = ReadonlyMap<string, Described>;

/** Lengths of token sequences, as far as costs depend on them. */
export interface TokenLengths {
  readonly count: number;
  readonly total: number;
  /** Sum of their squares. */
  readonly squares: number;
  readonly longest: number;
  /** Tokens that are predicted. */
  readonly targets: number;
}

/** So many sequences of one length. */
export function alike(count: number, length: number, targets = 0): TokenLengths {
  if (count === 0) return { count: 0, total: 0, squares: 0, longest: 0, targets: 0 };
  return { count, total: count * length, squares: count * length ** 2, longest: length, targets };
}

export function lengthsOf(lengths: Iterable<number>): TokenLengths {
  let [count, total, squares, longest] = [0, 0, 0, 0];
  for (const length of lengths) {
    count++;
    total += length;
    squares += length ** 2;
    longest = Math.max(longest, length);
  }
  return { count, total, squares, longest, targets: 0 };
}

/** Sequences that each get so many tokens more. */
export function lengthened(lengths: TokenLengths, more: number): TokenLengths {
  const { count, total, squares, longest } = lengths;
  if (count === 0) return lengths;
  return {
    ...lengths,
    total: total + count * more,
    squares: squares + 2 * more * total + count * more ** 2,
    longest: longest + more,
  };
}

/** The first so many of them, taken to be as long as all are on average. */
export function limited(lengths: TokenLengths, limit: number | null): TokenLengths {
  if (limit === null || limit >= lengths.count) return lengths;
  if (!Number.isFinite(lengths.count)) return alike(limit, lengths.longest, limit * lengths.longest);
  const part = limit / lengths.count;
  const { total, squares, longest, targets } = lengths;
  return { count: limit, total: total * part, squares: squares * part, longest, targets: targets * part };
}

export function describedTensor(dtype: Tensor['dtype'], shape: readonly number[]): Described {
  return { bytes: elementCount(shape) * bytesPerElement[dtype], tensor: { dtype, shape } };
}

export const smallFile: Described = { bytes: 2000 };
