import type { DataFile } from '../../data/data-file.js';
import { readRows } from '../../data/read-rows.js';
import { columnsNeeded, RowSelection } from '../../data/transform-rows.js';
import { DataError } from '../../diagnostics/errors.js';
import type { Artifact } from '../../formats/artifact.js';
import { dataFormatOf } from '../../formats/data-file.js';
import type { Transforms } from '../../formats/dataset-choices.js';
import { listNames } from '../../formats/file-access.js';
import type { RowsParams } from '../../steps/rows.js';
import type { StepContext } from '../step-context.js';
import { writeRows } from './write-rows.js';

/** Reads a dataset's files in order and applies its transforms. */
export async function runRows(context: StepContext<RowsParams>): Promise<void> {
  const { files, transforms } = context.params;
  const available = new Map(
    Object.entries(context.inputs('files')).map(([output, artifact]) => [output.replace(/^file\//, ''), artifact]),
  );
  const names = files ?? [...available.keys()].filter((name) => dataFormatOf(name) !== undefined).sort();
  if (names.length === 0) {
    throw new DataError(`There is no dataset file among ${listNames([...available.keys()])}`, {
      hint: 'Name the files with `files`; .jsonl, .json, .csv, .tsv (also .gz or .xz) and .parquet are read.',
    });
  }
  const selection = new RowSelection(transforms, listNames(names, 3));
  const columns = columnsNeeded(transforms);
  let limit = rowsNeeded(transforms);
  for (const [index, name] of names.entries()) {
    context.signal.throwIfAborted();
    const artifact = available.get(name);
    if (artifact === undefined) {
      throw new DataError(`There is no file "${name}"`, {
        hint: `The files are: ${listNames([...available.keys()])}.`,
      });
    }
    if (!selection.complete) {
      const wanted = { ...(columns && { columns }), ...(limit !== undefined && { limit }) };
      for await (const batch of readRows(dataFile(context, name, artifact), wanted)) {
        for (const row of batch) {
          if (selection.complete) break;
          selection.add(row);
          if (limit !== undefined) limit--;
        }
        if (selection.complete) break;
      }
    }
    context.progress({ done: index + 1, total: names.length, unit: 'files' });
  }
  await writeRows(context, selection.finish());
}

/** How many rows from the first on decide the outcome; undefined when all do. */
function rowsNeeded({ where, shuffle, sample, skip = 0, take }: Transforms): number | undefined {
  const inOrder = where === undefined && shuffle === undefined && sample === undefined;
  return inOrder && take !== undefined ? skip + take : undefined;
}

function dataFile(context: StepContext, name: string, artifact: Artifact): DataFile {
  return {
    name,
    bytes: artifact.bytes,
    read: (offset, length) => {
      context.signal.throwIfAborted();
      return context.read(artifact, offset, length);
    },
  };
}
