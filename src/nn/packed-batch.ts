import { ignoredLabel, type TokenRow } from '../formats/token-rows.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { type AttentionTiling, keyTiles, queryTiles, type Tiles } from './attention.js';
import { checkToken, type ForwardBatch } from './forward-batch.js';
import { noRow, type RowsByTarget, rowsByTarget } from './rows.js';

/** A batch with what it is to predict, and what the backward pass must know besides. */
export interface PackedBatch extends ForwardBatch {
  readonly keyTiles: Tiles;
  /** Rows that predict something, and what. */
  readonly targets: { readonly count: number; readonly rows: Binding; readonly labels: Binding };
  /** Number of every row among the targets, or `noRow`. */
  readonly targetOfRow: Binding;
  /** Rows of equal tokens, for the embedding's gradient. */
  readonly byToken: RowsByTarget & { readonly bindings: readonly [Binding, Binding, Binding] };
}

/** A row that may be scored by several labels at once: what the model reads is the same for all. */
export interface ScoredRow extends TokenRow {
  /** Further labels; only for losses without gradients. */
  readonly alternatives?: readonly Int32Array[];
}

/** All labels of a row: its targets stand in this order, those of one after those of another. */
export function labelsOf({ labels, alternatives = [] }: ScoredRow): readonly Int32Array[] {
  return [labels, ...alternatives];
}

/**
 * Uploads what the passes must know of a batch. A row predicts the label of the position after it.
 * @throws DataError for a token id or label that is not below `vocabulary`.
 */
export function packBatch(
  gpu: Gpu,
  sequences: readonly ScoredRow[],
  tiling: AttentionTiling,
  vocabulary: number,
): PackedBatch {
  const rows = sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const ids = new Uint32Array(rows);
  const positions = new Uint32Array(rows);
  const targetOfRow = new Uint32Array(rows).fill(noRow);
  const targetRows: number[] = [];
  const labels: number[] = [];
  const runs: { first: number; count: number }[] = [];
  let first = 0;
  for (const sequence of sequences) {
    const count = sequence.inputIds.length;
    for (let t = 0; t < count; t++) {
      ids[first + t] = sequence.inputIds[t]!;
      positions[first + t] = t;
      checkToken(sequence.inputIds[t]!, vocabulary);
    }
    for (const wanted of labelsOf(sequence)) {
      for (let t = 0; t < count; t++) {
        const label = wanted[t + 1] ?? ignoredLabel;
        if (label === ignoredLabel) continue;
        checkToken(label, vocabulary);
        targetOfRow[first + t] = labels.length;
        targetRows.push(first + t);
        labels.push(label);
      }
    }
    runs.push({ first, count });
    first += count;
  }
  const buffers: DeviceBuffer[] = [];
  const upload = (data: Uint32Array, label: string): DeviceBuffer => {
    const buffer = gpu.upload(data.length === 0 ? new Uint32Array(1) : data, label);
    buffers.push(buffer);
    return buffer;
  };
  const tiles = (words: Uint32Array, label: string): Tiles => ({
    binding: upload(words, label),
    count: words.length / 4,
  });
  const queryRuns = runs.map((run) => ({ ...run, firstKey: run.first, seen: 1 }));
  const byToken = rowsByTarget(ids);
  return {
    rows,
    ids: upload(ids, 'token ids'),
    positions: upload(positions, 'positions'),
    longest: runs.reduce((longest, { count }) => Math.max(longest, count), 0),
    queryTiles: tiles(queryTiles(queryRuns, tiling), 'query tiles'),
    keyTiles: tiles(keyTiles(runs, tiling), 'key tiles'),
    targets: {
      count: labels.length,
      rows: upload(Uint32Array.from(targetRows), 'target rows'),
      labels: upload(Uint32Array.from(labels), 'target labels'),
    },
    targetOfRow: upload(targetOfRow, 'targets of rows'),
    byToken: {
      ...byToken,
      bindings: [
        upload(byToken.targets, 'tokens'),
        upload(byToken.starts, 'starts of tokens'),
        upload(byToken.rows, 'rows of tokens'),
      ],
    },
    release: () => gpu.release(...buffers),
  };
}
