import { cellOfText, type RawTable, readRawTable, textOfCell, writeRawTable } from './csv.js';
import { trainingSeedColumn } from './training-seed.js';

/** A column in front of a table's own. */
export interface AxisColumn {
  readonly name: string;
  readonly isNumber: boolean;
}

/** The column that stands last in every table. */
const [lastColumn] = Object.keys(trainingSeedColumn) as [string];

/**
 * The tables of several cells as one: a column for each axis, then those of the tables, `training_seed` last. A cell without a
 * column has nothing there. An axis with the name of a column gets `cell_` in front.
 */
export class JoinedTable {
  readonly #axes: readonly AxisColumn[];
  readonly #columns: string[] = [];
  readonly #rows: (readonly string[])[] = [];
  readonly #numbers: ReadonlySet<string> | undefined;

  /** @param numbers columns of the tables that hold numbers; undefined: those in which every value is one */
  constructor(axes: readonly AxisColumn[], numbers: readonly string[] | undefined) {
    this.#axes = axes;
    this.#numbers = numbers && new Set(numbers);
  }

  /** @param values of the cell, one an axis; null: it has none */
  add(values: readonly (string | null)[], csv: string): void {
    const table = readRawTable(csv);
    const front = values.map((value, index) => axisText(value, this.#axes[index]!));
    const places = this.#placesOf(table);
    for (const row of table.rows) {
      const own: string[] = [];
      for (const [index, cell] of row.entries()) own[places[index]!] = cell;
      this.#rows.push([...front, ...own]);
    }
  }

  /** Places of a table's columns; new ones come behind those that are known. */
  #placesOf({ columns }: RawTable): number[] {
    return columns.map((column) => {
      const known = this.#columns.indexOf(column);
      return known >= 0 ? known : this.#columns.push(column) - 1;
    });
  }

  /** Columns that some tables have and this one has not, in the order of the joined table. */
  missingColumns(csv: string): string[] {
    const own = new Set(readRawTable(csv).columns);
    return this.#columns.filter((column) => !own.has(column));
  }

  csv(): string {
    const columns = this.#allColumns();
    const rows = this.#rows.map((row) => columns.map(({ place }) => row[place] ?? ''));
    return writeRawTable({ columns: columns.map(({ name }) => name), rows });
  }

  async parquet(): Promise<Uint8Array> {
    const { parquetWriteBuffer } = await import('hyparquet-writer');
    const columnData = this.#allColumns().map(({ name, place }) => {
      const texts = this.#rows.map((row) => row[place] ?? '');
      const axis = this.#axes[place];
      const number = axis?.isNumber ?? this.#numbers?.has(name) ?? texts.every(isNumberText);
      // What a program wrote is no formula that was made harmless: its texts are as they stand.
      const textIn = axis === undefined && this.#numbers === undefined ? (text: string) => text : textOfCell;
      const data = texts.map((text) => (text === '' ? null : number ? Number(text) : textIn(text)));
      return { name, data, type: number ? ('DOUBLE' as const) : ('STRING' as const) };
    });
    return new Uint8Array(parquetWriteBuffer({ columnData }));
  }

  /** Columns with their names, in order, and where each stands in the rows that are kept. */
  #allColumns(): { readonly name: string; readonly place: number }[] {
    const taken = new Set(this.#columns);
    const axes = this.#axes.map(({ name }, place) => {
      let free = name;
      while (taken.has(free)) free = `cell_${free}`;
      taken.add(free);
      return { name: free, place };
    });
    const own = this.#columns.map((name, index) => ({ name, place: axes.length + index }));
    const isLast = ({ name }: { readonly name: string }) => name === lastColumn;
    return [...axes, ...own.filter((column) => !isLast(column)), ...own.filter(isLast)];
  }
}

/** Text of an axis in a CSV file. A number is as it was written. */
function axisText(value: string | null, { isNumber }: AxisColumn): string {
  if (value === null) return '';
  return isNumber ? value : cellOfText(value);
}

/** Whether a double holds what a text says. Codes such as 007 and integers beyond 2⁵³ − 1 are texts. */
function isNumberText(text: string): boolean {
  if (text === '') return true;
  if (!/^[+-]?(0|[1-9]\d*|(?=\.\d))(\.\d*)?(e[+-]?\d+)?$/i.test(text)) return false;
  return /^[+-]?\d+$/.test(text) ? Number.isSafeInteger(Number(text)) : Number.isFinite(Number(text));
}
