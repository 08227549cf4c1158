const pattern = /\.(jsonl|ndjson|json|csv|tsv|parquet)(?:\.(gz|xz))?$/;

export type DataFormat = 'jsonl' | 'ndjson' | 'json' | 'csv' | 'tsv' | 'parquet';

/** What a file's name says of its content; undefined when it is no dataset file that runflow reads. */
export function dataFormatOf(
  name: string,
): { readonly format: DataFormat; readonly compression: 'gz' | 'xz' | undefined } | undefined {
  const found = pattern.exec(name.toLowerCase());
  if (found === null) return undefined;
  return { format: found[1] as DataFormat, compression: found[2] as 'gz' | 'xz' | undefined };
}
