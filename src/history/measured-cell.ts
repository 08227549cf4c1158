import type { Artifact } from '../formats/artifact.js';
import { claimColumns } from '../report/tables/claims.js';
import { type RowOf, readTable, type TableColumns } from '../report/tables/csv.js';
import { evaluationColumns } from '../report/tables/evaluation.js';
import { unlessDamaged } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import type { MeasuredCell } from './record.js';

/** Rows of a table that a record holds. */
const rowsKept = 400;

/**
 * What a record keeps of the results of a cell.
 * @param artifactOf the artifact of a file among the results; undefined while there is none
 */
export async function measuredCell(
  store: Store,
  coordinates: MeasuredCell['coordinates'],
  artifactOf: (file: string) => Artifact | undefined,
): Promise<MeasuredCell> {
  const read = async <C extends TableColumns>(file: string, columns: C): Promise<readonly RowOf<C>[]> => {
    const artifact = artifactOf(file);
    const bytes = artifact === undefined ? undefined : await store.read(artifact).catch(unlessDamaged);
    return bytes === undefined ? [] : readTable(new TextDecoder().decode(bytes), columns);
  };
  const evaluation = await read('evaluation.csv', evaluationColumns);
  const claims = await read('claims.csv', claimColumns);
  return {
    coordinates,
    evaluation: evaluation.slice(0, rowsKept),
    evaluationRows: evaluation.length,
    claims: claims.filter((row) => row.case === '').slice(0, rowsKept),
  };
}
