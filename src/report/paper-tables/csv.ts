import { type Cell, cellsText } from '../tables/csv.js';
import { hasTrainingSeeds, type PaperTable } from './paper-table.js';

/**
 * The same layout with numbers of full precision: a column for each mean, one for its standard deviation, and one for the
 * number of training seeds where there are any.
 */
export function csvTable({ labels, columns, rows }: PaperTable): string {
  const withSeeds = hasTrainingSeeds(rows);
  const heads = columns.map(({ label, over }) => (over === undefined ? label : `${over} = ${label}`));
  const head = heads.flatMap((name) => [name, `${name} sd`, ...(withSeeds ? [`${name} n`] : [])]);
  const lines = rows.map(({ labels: texts, numbers }): Cell[] => [
    ...texts,
    ...numbers.flatMap((one) => [
      one?.mean ?? null,
      one?.deviation ?? null,
      ...(withSeeds ? [one?.seeds ?? null] : []),
    ]),
  ]);
  return cellsText([[...labels, ...head], ...lines]);
}
