import { type DataFile, readRows } from '../../data/read-rows.js';
import { encodeRows, type Row } from '../../data/row.js';
import { type Transforms, transformRows } from '../../data/transform-rows.js';
import { DataError } from '../../diagnostics/errors.js';
import type { Artifact } from '../../formats/artifact.js';
import { dataFormatOf } from '../../formats/data-file.js';
import { listNames } from '../../formats/file-access.js';
import type { RowsParams } from '../data-params.js';
import type { StepContext } from '../step.js';

/** Reads a dataset's files in order and applies its transforms. */
export async function runRows(context: StepContext): Promise<void> {
  const { files, transforms } = context.params as RowsParams;
  const available = new Map(
    Object.entries(context.inputs('files')).map(([output, artifact]) => [output.replace(/^file\//, ''), artifact]),
  );
  const names = files ?? [...available.keys()].filter((name) => dataFormatOf(name) !== undefined).sort();
  if (names.length === 0) {
    throw new DataError(`There is no dataset file among ${listNames([...available.keys()])}`, {
      hint: 'Name the files with `files`; .jsonl, .json, .csv, .tsv (also .gz or .xz) and .parquet are read.',
    });
  }
  const needed = rowsNeeded(transforms);
  const rows: Row[] = [];
  for (const [index, name] of names.entries()) {
    context.signal.throwIfAborted();
    const artifact = available.get(name);
    if (artifact === undefined) {
      throw new DataError(`There is no file "${name}"`, {
        hint: `The files are: ${listNames([...available.keys()])}.`,
      });
    }
    const missing = needed === undefined ? undefined : needed - rows.length;
    if (missing === undefined || missing > 0) {
      for (const row of await readRows(dataFile(context, name, artifact), missing)) rows.push(row);
    }
    context.progress({ done: index + 1, total: names.length, unit: 'files' });
  }
  await context.write('rows', encodeRows(transformRows(rows, transforms, listNames(names, 3))));
}

/** How many rows from the first on decide the outcome; undefined when all do. */
function rowsNeeded({ where, shuffle, skip = 0, take }: Transforms): number | undefined {
  return where === undefined && shuffle === undefined && take !== undefined ? skip + take : undefined;
}

function dataFile(context: StepContext, name: string, artifact: Artifact): DataFile {
  return { name, bytes: artifact.bytes, read: (offset, length) => context.read(artifact, offset, length) };
}
