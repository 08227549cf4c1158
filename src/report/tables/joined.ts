import { cellOfText, type RawTable, readRawTable, textOfCell, writeRawTable } from './csv.js';

/** A column in front of a table's own. */
export interface AxisColumn {
  readonly name: string;
  readonly isNumber: boolean;
}

/** The tables of several cells as one: a column for each axis, then those of the tables. A cell without a column has nothing there. */
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

  csv(): string {
    const columns = [...this.#axes.map(({ name }) => name), ...this.#columns];
    const rows = this.#rows.map((row) => columns.map((_, index) => row[index] ?? ''));
    return writeRawTable({ columns, rows });
  }

  async parquet(): Promise<Uint8Array> {
    const { parquetWriteBuffer } = await import('hyparquet-writer');
    const isNumber = (name: string, index: number) => {
      const axis = this.#axes[index];
      if (axis !== undefined) return axis.isNumber;
      return this.#numbers?.has(name) ?? this.#rows.every((row) => isNumberText(row[index] ?? ''));
    };
    const names = [...this.#axes.map(({ name }) => name), ...this.#columns];
    const columnData = names.map((name, index) => {
      const number = isNumber(name, index);
      const data = this.#rows.map((row) => {
        const text = row[index] ?? '';
        return text === '' ? null : number ? Number(text) : textOfCell(text);
      });
      return { name, data, type: number ? ('DOUBLE' as const) : ('STRING' as const) };
    });
    return new Uint8Array(parquetWriteBuffer({ columnData }));
  }
}

/** Text of an axis in a CSV file. A number is as it was written. */
function axisText(value: string | null, { isNumber }: AxisColumn): string {
  if (value === null) return '';
  return isNumber ? value : cellOfText(value);
}

function isNumberText(text: string): boolean {
  return text === '' || (text.trim() === text && Number.isFinite(Number(text)));
}
