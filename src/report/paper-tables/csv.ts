import { type Cell, cellsText } from '../tables/csv.js';
import { hasNotes, type NumberRange, type PaperNumber, type PaperTable } from './paper-table.js';

/** What a number may have beside its mean, each in a column of its own behind the mean's. */
const besides: readonly (readonly [string, (number: PaperNumber) => number | null | undefined])[] = [
  ['sd', ({ deviation }) => deviation],
  ['n', ({ seeds }) => seeds],
  ['low', (number) => knownRange(number)?.low],
  ['high', (number) => knownRange(number)?.high],
];

/**
 * The same layout with numbers of full precision: a column for each mean, and behind it those of its standard deviation, the
 * number of training seeds and both ends of its range, as far as a number of the column has them. Notes are the last column.
 */
export function csvTable(table: PaperTable): string {
  const { labels, columns, rows } = table;
  const head: string[] = [...labels];
  const lines = rows.map(({ labels: texts }): Cell[] => [...texts]);
  for (const [at, { label, over }] of columns.entries()) {
    const name = over === undefined ? label : `${over} = ${label}`;
    const numbers = rows.map((row) => row.numbers[at]!);
    head.push(name);
    for (const [index, number] of numbers.entries()) lines[index]!.push(number?.mean ?? null);
    for (const [beside, of] of besides) {
      const values = numbers.map((number) => (number === null ? null : (of(number) ?? null)));
      if (values.every((value) => value === null)) continue;
      head.push(`${name} ${beside}`);
      for (const [index, value] of values.entries()) lines[index]!.push(value);
    }
  }
  if (hasNotes(table)) {
    head.push('note');
    for (const [index, { note = '' }] of rows.entries()) lines[index]!.push(note);
  }
  return cellsText([head, ...lines]);
}

function knownRange({ range }: PaperNumber): NumberRange | undefined {
  return range === 'unknown' ? undefined : range;
}
