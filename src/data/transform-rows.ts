import { DataError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';
import { numpyPermutation } from './numpy-random.js';
import { missingColumn, type Row } from './row.js';

/** Conditions a row must meet, by column: a value, or a list of values of which one must be met. */
export type Where = { readonly [column: string]: Json };

/** What a dataset does to its rows, always in this order. */
export type Transforms = {
  readonly where?: Where;
  /** Seed of the order, the one that Hugging Face's `dataset.shuffle(seed)` gives. */
  readonly shuffle?: number;
  /** Rows left out at the start, then rows kept. */
  readonly skip?: number;
  readonly take?: number;
  /** New name → column. Other columns are dropped. */
  readonly columns?: { readonly [name: string]: string };
};

/** Applies where, shuffle, skip, take and columns. `name` stands in errors; an empty outcome is one. */
export function transformRows(rows: readonly Row[], transforms: Transforms, name: string): Row[] {
  const { where, shuffle, skip = 0, take, columns } = transforms;
  let kept: Row[] = where === undefined ? [...rows] : rows.filter((row) => meets(row, where, name));
  if (rows.length > 0 && kept.length === 0) {
    throw new DataError(`${name}: none of the ${rows.length} rows meets ${JSON.stringify(where)}`, {
      hint: `The first row is ${excerpt(rows[0]!)}.`,
    });
  }
  if (shuffle !== undefined) kept = Array.from(numpyPermutation(shuffle, kept.length), (index) => kept[index]!);
  const chosen = kept.slice(skip, take === undefined ? undefined : skip + take);
  if (take !== undefined && chosen.length < take) {
    throw new DataError(`${name}: ${skip + take} rows are asked for, there are ${kept.length}`, {
      hint: 'Lower `take`, or loosen `where`.',
    });
  }
  if (chosen.length === 0) throw new DataError(`${name}: no rows`, { hint: 'Check the file and `skip`.' });
  return columns === undefined ? chosen : chosen.map((row) => pick(row, columns, name));
}

function meets(row: Row, where: Where, name: string): boolean {
  return Object.entries(where).every(([column, wanted]) => {
    const value = row[column];
    if (value === undefined) throw missingColumn(row, column, name);
    return Array.isArray(wanted) ? wanted.some((one) => equal(value, one)) : equal(value, wanted);
  });
}

/** CSV cells are text: there `false` and "false", 3 and "3" are the same; Python writes its booleans as True and False. */
function equal(value: Json, wanted: Json): boolean {
  if (typeof value === 'string' && typeof wanted !== 'string' && wanted !== null && typeof wanted !== 'object') {
    const text = String(wanted);
    return value === text || (typeof wanted === 'boolean' && value.toLowerCase() === text);
  }
  return value === wanted || JSON.stringify(value) === JSON.stringify(wanted);
}

function pick(row: Row, columns: { readonly [name: string]: string }, name: string): Row {
  return Object.fromEntries(
    Object.entries(columns).map(([target, column]) => {
      const value = row[column];
      if (value === undefined) throw missingColumn(row, column, name);
      return [target, value];
    }),
  );
}

function excerpt(row: Row): string {
  const text = JSON.stringify(row);
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

/** One part of a mix: how many rows of it, or all. */
export type MixPart = { readonly name: string; readonly rows: readonly Row[]; readonly count: number | 'all' };

/**
 * The first `count` rows of each part, one part after the other (recipes shuffle). The paper's contaminated set is 80 % and
 * 20 % of 20,000 rows; the published code's is all 20,000 and 4,000 more.
 */
export function mixRows(parts: readonly MixPart[], name: string): Row[] {
  return parts.flatMap((part) => {
    const count = part.count === 'all' ? part.rows.length : part.count;
    if (count > part.rows.length) {
      throw new DataError(`${name}: ${count} rows of "${part.name}" are asked for, it has ${part.rows.length}`, {
        hint: `Lower \`total\`, or let "${part.name}" take more.`,
      });
    }
    return part.rows.slice(0, count);
  });
}

/** Row counts of weights that sum to 1 over `total` rows: largest remainders get the rows that rounding down leaves. */
export function mixCounts(weights: readonly number[], total: number): number[] {
  const exact = weights.map((weight) => weight * total);
  // A product such as 0.2 · 15 may fall a rounding error short of its integer.
  const counts = exact.map((value) => Math.floor(value + 1e-9));
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  // Of remainders that differ by rounding errors only, the first part's counts as the larger one.
  const rest = (index: number) => Math.round((exact[index]! - counts[index]!) * 1e9);
  const order = exact.map((_, index) => ({ index, rest: rest(index) })).sort((a, b) => b.rest - a.rest);
  for (const { index } of order) {
    if (left <= 0) break;
    counts[index] = counts[index]! + 1;
    left--;
  }
  return counts;
}
