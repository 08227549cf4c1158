import { DataError } from '../diagnostics/errors.js';

/** What one dataset may cost, whatever its files say of themselves. README, "Data and training", states these numbers. */
export const dataLimits = {
  /** Bytes of text of one file, unpacked: where there are more, nothing beyond is read. */
  textBytes: 1 << 29,
  /** UTF-16 units of one row, and of a .json file whose rows are not a list by themselves. */
  rowCharacters: 1 << 26,
  /** Levels of lists and objects in a row. */
  depth: 100,
  /** Values in a row, counting those in lists and objects. */
  values: 10_000_000,
  /** Rows of a dataset after `where`. */
  rows: 10_000_000,
  /** UTF-16 units that these take as JSON lines; steps that follow read them as one text. */
  characters: 500_000_000,
  /** Bytes of the columns that are read of one row group of a parquet file, packed or unpacked, and their values. */
  rowGroupBytes: 1 << 30,
  rowGroupValues: 40_000_000,
} as const;

export type DataLimits = { readonly [Name in keyof typeof dataLimits]: number };

/** `512 MiB` */
export function mebibytes(bytes: number): string {
  return `${Math.round((bytes / (1 << 20)) * 100) / 100} MiB`;
}

/** The error for a row beyond the limit. */
export function tooLongRow(where: string, rowCharacters: number): DataError {
  return new DataError(`${where}: more than the ${rowCharacters} characters that a row may have`, {
    hint: 'Check that the file holds one row a line, or is a list of rows.',
  });
}
