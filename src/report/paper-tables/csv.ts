import { type Cell, writeCsv } from '../tables/csv.js';
import type { PaperTable } from './paper-table.js';

/** The same layout with numbers of full precision: a column for each mean, and one for its standard deviation. */
export function csvTable({ labels, columns, rows }: PaperTable): string {
  const heads = columns.map(({ label, over }) => (over === undefined ? label : `${over} = ${label}`));
  const names = [...labels, ...heads.flatMap((head) => [head, `${head} sd`])];
  // Columns by their place: two of them may be called the same.
  const keys = names.map((_, index) => String(index));
  const lines = rows.map(({ labels: texts, numbers }) => {
    const cells: Cell[] = [...texts, ...numbers.flatMap((one) => [one?.mean ?? null, one?.deviation ?? null])];
    return Object.fromEntries(keys.map((key, index) => [key, cells[index]!]));
  });
  const head = Object.fromEntries(keys.map((key, index) => [key, names[index]!]));
  return writeCsv(keys, [head, ...lines])
    .split('\n')
    .slice(1)
    .join('\n');
}
