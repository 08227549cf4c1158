import { DataError } from '../diagnostics/errors.js';
import type { Binding, Gpu } from '../gpu/gpu.js';
import { type AttentionTiling, queryTiles, type Tiles } from './attention.js';

/**
 * Sequences laid end to end without padding: one row of every activation a token. Attention keeps sequences apart by its
 * tiles; everything else does not know of them.
 */
export interface ForwardBatch {
  /** Tokens. */
  readonly rows: number;
  readonly ids: Binding;
  /** Position of every row in its own sequence. */
  readonly positions: Binding;
  /** Tokens of the longest sequence. */
  readonly longest: number;
  readonly queryTiles: Tiles;
  /** Rows whose output is wanted. */
  readonly targets: { readonly count: number; readonly rows: Binding };
  release(): void;
}

/** The end of a sequence whose earlier tokens, `start` of them, are in a cache. */
export interface Continuation {
  readonly ids: ArrayLike<number>;
  readonly start: number;
  /** Row of the cache where the whole sequence begins. */
  readonly firstKey: number;
}

/** Consecutive rows of one sequence. */
interface Piece extends Continuation {
  /** Keys that its first row sees: itself and what is before it, unless it is padding. */
  readonly seen: number;
  readonly isTarget: boolean;
}

/** A batch that goes on with cached sequences, and the row of the cache that each of its rows gets. */
export interface ContinuationBatch extends ForwardBatch {
  readonly cacheRows: Binding;
}

/** Sequences from their first token on, without a cache. */
export function packSequences(
  gpu: Gpu,
  sequences: readonly ArrayLike<number>[],
  tiling: AttentionTiling,
  vocabulary: number,
): ForwardBatch {
  let firstKey = 0;
  const whole = sequences.map((ids): Continuation => {
    const continuation = { ids, start: 0, firstKey };
    firstKey += ids.length;
    return continuation;
  });
  return packContinuations(gpu, whole, tiling, vocabulary);
}

/**
 * Sequences as if they were padded on the right: behind a shorter one stands a single row of padding, that of the last
 * position of its batch, and its state is the one that is wanted. Padding is masked: it sees the sequence and nothing else.
 * @param padding the token, and of every sequence the length of the longest one in its batch
 */
export function packPadded(
  gpu: Gpu,
  sequences: readonly ArrayLike<number>[],
  { token, lengths }: { readonly token: number; readonly lengths: readonly number[] },
  tiling: AttentionTiling,
  vocabulary: number,
): ForwardBatch {
  let firstKey = 0;
  const pieces = sequences.flatMap((ids, index): Piece[] => {
    const length = lengths[index]!;
    const whole = { ids, start: 0, firstKey, seen: 1, isTarget: ids.length === length };
    firstKey += ids.length;
    if (whole.isTarget) return [whole];
    const padding = { ids: [token], start: length - 1, firstKey: whole.firstKey, seen: ids.length, isTarget: true };
    firstKey += 1;
    return [whole, padding];
  });
  return packPieces(gpu, pieces, tiling, vocabulary);
}

/**
 * What a pass must know, in one upload; the last row of every sequence is a target.
 * @throws DataError for a token id that is not below `vocabulary`
 */
export function packContinuations(
  gpu: Gpu,
  continuations: readonly Continuation[],
  tiling: AttentionTiling,
  vocabulary: number,
): ContinuationBatch {
  const pieces = continuations.map((sequence) => ({ ...sequence, seen: sequence.start + 1, isTarget: true }));
  return packPieces(gpu, pieces, tiling, vocabulary);
}

function packPieces(
  gpu: Gpu,
  pieces: readonly Piece[],
  tiling: AttentionTiling,
  vocabulary: number,
): ContinuationBatch {
  const rows = pieces.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Uint32Array(rows);
  const positions = new Uint32Array(rows);
  const cacheRows = new Uint32Array(rows);
  const targets = new Uint32Array(pieces.filter(({ isTarget }) => isTarget).length);
  const runs = [];
  let first = 0;
  let longest = 0;
  let target = 0;
  for (const sequence of pieces) {
    const { start, firstKey, seen, isTarget } = sequence;
    const count = sequence.ids.length;
    for (let t = 0; t < count; t++) {
      checkToken(sequence.ids[t]!, vocabulary);
      ids[first + t] = sequence.ids[t]!;
      positions[first + t] = start + t;
      cacheRows[first + t] = firstKey + start + t;
    }
    runs.push({ first, count, firstKey, seen });
    first += count;
    if (isTarget) targets[target++] = first - 1;
    longest = Math.max(longest, start + count);
  }
  const tiles = queryTiles(runs, tiling);
  const [words, parts] = joined([ids, positions, cacheRows, targets, tiles]);
  const buffer = gpu.upload(words, 'batch');
  const binding = (part: number): Binding => ({ of: buffer, ...parts[part]! });
  return {
    rows,
    longest,
    ids: binding(0),
    positions: binding(1),
    cacheRows: binding(2),
    targets: { count: targets.length, rows: binding(3) },
    queryTiles: { binding: binding(4), count: tiles.length / 4 },
    release: () => gpu.release(buffer),
  };
}

/** Parts one behind the other, each where a binding may begin. */
function joined(parts: readonly Uint32Array[]): [Uint32Array, { readonly offset: number; readonly bytes: number }[]] {
  const alignment = 256;
  let offset = 0;
  const places = parts.map(({ byteLength: bytes }) => {
    const place = { offset, bytes };
    offset += Math.ceil(bytes / alignment) * alignment;
    return place;
  });
  const words = new Uint32Array(offset / 4);
  parts.forEach((part, index) => {
    words.set(part, places[index]!.offset / 4);
  });
  return [words, places];
}

/** @throws DataError */
export function checkToken(id: number, vocabulary: number): void {
  if (id >= 0 && id < vocabulary) return;
  throw new DataError(`Token ${id} is not in the model's vocabulary of ${vocabulary}`, {
    hint: "Tokenise the dataset with this model's own tokenizer.",
  });
}
