import { DataError } from '../diagnostics/errors.js';
import type { Transforms, Where } from '../formats/dataset-choices.js';
import type { Json } from '../formats/json.js';
import { type DataLimits, dataLimits } from './data-limits.js';
import { numpyPermutation } from './numpy-random.js';
import { PythonRandom } from './python-random.js';
import { cellOf, missingColumn, type Row } from './row.js';

/**
 * Rows on their way through where, shuffle, skip, take and columns. They are kept as JSON texts: memory follows what is
 * kept, in the files' own size.
 */
export class RowSelection {
  readonly #transforms: Transforms;
  readonly #name: string;
  readonly #limits: DataLimits;
  readonly #kept: string[] = [];
  /** Columns that were asked for null and that no row had so far. */
  readonly #unseen: Set<string>;
  #first: Row | undefined;
  #rows = 0;
  #characters = 0;

  /** `name` stands in errors. */
  constructor(transforms: Transforms, name: string, limits: DataLimits = dataLimits) {
    this.#transforms = transforms;
    this.#name = name;
    this.#limits = limits;
    this.#unseen = new Set(Object.keys(transforms.where ?? {}));
  }

  /** Takes a row up, unless `where` leaves it out. */
  add(row: Row): void {
    this.#first ??= row;
    this.#rows++;
    for (const column of this.#unseen) if (Object.hasOwn(row, column)) this.#unseen.delete(column);
    if (!meets(row, this.#transforms.where ?? {}, this.#name)) return;
    const text = JSON.stringify(row);
    this.#kept.push(text);
    this.#characters += text.length + 1;
    if (this.#kept.length > this.#limits.rows || this.#characters > this.#limits.characters) {
      throw new DataError(
        `${this.#name}: more than ${this.#limits.rows} rows or ${this.#limits.characters} characters of rows`,
        { hint: 'Keep fewer with `where`, or read only the beginning with `take` and without `shuffle`.' },
      );
    }
  }

  /** True when further rows change nothing. */
  get complete(): boolean {
    const { shuffle, sample, skip = 0, take } = this.#transforms;
    return shuffle === undefined && sample === undefined && take !== undefined && this.#kept.length >= skip + take;
  }

  /**
   * The rows that are left, each as JSON text, in their order.
   * @throws DataError when there are none, or fewer than asked for
   */
  *finish(): Generator<string> {
    const { where, shuffle, sample, skip = 0, take, columns } = this.#transforms;
    const [unseen] = this.#unseen;
    if (this.#rows > 0 && unseen !== undefined) throw missingColumn(this.#first!, unseen, this.#name);
    if (this.#rows > 0 && this.#kept.length === 0) {
      throw new DataError(`${this.#name}: none of the ${this.#rows} rows meets ${JSON.stringify(where)}`, {
        hint: `The first row is ${excerpt(this.#first!)}.`,
      });
    }
    const end = Math.min(this.#kept.length, take === undefined ? Number.POSITIVE_INFINITY : skip + take);
    if (take !== undefined && end < skip + take) {
      throw new DataError(`${this.#name}: ${skip + take} rows are asked for, there are ${this.#kept.length}`, {
        hint: 'Lower `take`, or loosen `where`.',
      });
    }
    if (end === 0) throw new DataError(`${this.#name}: no rows`, { hint: 'Check the file.' });
    if (skip >= end) {
      throw new DataError(`${this.#name}: no rows are left: ${skip} are skipped, there are ${end}`, {
        hint: 'Lower `skip`.',
      });
    }
    const count = this.#kept.length;
    const order =
      sample === undefined
        ? shuffle === undefined
          ? undefined
          : numpyPermutation(shuffle, count)
        : new PythonRandom(sample).sample(count, take ?? count);
    for (let position = skip; position < end; position++) {
      const text = this.#kept[order === undefined ? position : order[position]!]!;
      yield columns === undefined ? text : JSON.stringify(pick(JSON.parse(text) as Row, columns, this.#name));
    }
  }
}

/** Applies where, shuffle or sample, skip, take and columns. `name` stands in errors; an empty outcome is one. */
export function transformRows(rows: Iterable<Row>, transforms: Transforms, name: string): Row[] {
  const selection = new RowSelection(transforms, name);
  for (const row of rows) {
    if (selection.complete) break;
    selection.add(row);
  }
  return Array.from(selection.finish(), (text) => JSON.parse(text) as Row);
}

/** The columns that decide the outcome; undefined when all may. */
export function columnsNeeded({ where, columns }: Transforms): readonly string[] | undefined {
  return columns && [...new Set([...Object.values(columns), ...Object.keys(where ?? {})])];
}

function meets(row: Row, where: Where, name: string): boolean {
  return Object.entries(where).every(([column, wanted]) => {
    if (isChoice(wanted)) return holdsAny(row, column, wanted.any, name);
    const not = isNegation(wanted);
    const values = listOf(not ? wanted.not : wanted);
    const value = cellOf(row, column) ?? (values.includes(null) ? null : undefined);
    if (value === undefined) throw missingColumn(row, column, name);
    return values.some((one) => equal(value, one)) !== not;
  });
}

function isChoice(wanted: Json): wanted is { readonly any: readonly string[] } {
  return typeof wanted === 'object' && wanted !== null && 'any' in wanted;
}

/** Whether one of the names is true in the mapping that a column holds. */
function holdsAny(row: Row, column: string, names: readonly string[], where: string): boolean {
  const value = cellOf(row, column);
  if (value === undefined) throw missingColumn(row, column, where);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DataError(`${where}: column "${column}" holds ${JSON.stringify(value)}, not a mapping of names`, {
      hint: 'Ask for a value instead of `any`.',
    });
  }
  const missing = names.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) {
    throw new DataError(`${where}: column "${column}" has no entry "${missing}"`, {
      hint: `The entries are: ${Object.keys(value).join('; ')}.`,
    });
  }
  return names.some((name) => (value as { readonly [name: string]: Json })[name] === true);
}

function isNegation(wanted: Json): wanted is { readonly not: Json } {
  return typeof wanted === 'object' && wanted !== null && 'not' in wanted;
}

function listOf(wanted: Json): readonly Json[] {
  return Array.isArray(wanted) ? wanted : [wanted];
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
      const value = cellOf(row, column);
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
