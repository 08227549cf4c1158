/** One training sequence. The label at a position is the id that belongs there, or −100 where the loss does not count; the shift by one is the loss' business. */
export interface TokenRow {
  readonly inputIds: Int32Array;
  readonly labels: Int32Array;
}

/** Hugging Face's mark of a position that the loss leaves out. */
export const ignoredLabel = -100;

/** Rows laid end to end: row i is ids[offsets[i] … offsets[i + 1]). */
export interface PackedTokenRows {
  readonly inputIds: Int32Array;
  readonly labels: Int32Array;
  /** [rows + 1] */
  readonly offsets: Int32Array;
}

export function packTokenRows(rows: readonly TokenRow[]): PackedTokenRows {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    offsets[index + 1] = offsets[index]! + row.inputIds.length;
  });
  const inputIds = new Int32Array(offsets[rows.length]!);
  const labels = new Int32Array(inputIds.length);
  rows.forEach((row, index) => {
    inputIds.set(row.inputIds, offsets[index]!);
    labels.set(row.labels, offsets[index]!);
  });
  return { inputIds, labels, offsets };
}

export function unpackTokenRows({ inputIds, labels, offsets }: PackedTokenRows): TokenRow[] {
  return Array.from({ length: offsets.length - 1 }, (_, index) => ({
    inputIds: inputIds.subarray(offsets[index]!, offsets[index + 1]!),
    labels: labels.subarray(offsets[index]!, offsets[index + 1]!),
  }));
}
