import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { formatBytes } from '../../formats/byte-size.js';
import { ProgramError } from '../../programs/program-error.js';
import type { ProgramStep } from './program-step.js';

const mostBytes = 256 << 20;

/**
 * Looks through a table that a program has left: CSV with commas, a line of names, every line with as many cells, and no NaN or
 * infinity in a column of numbers. It is read part by part, so that the worker gives signs of life meanwhile.
 * @throws ProgramError that names the row and the column
 */
export async function checkProgramTable(step: ProgramStep, name: string): Promise<void> {
  const where = `outputs/${name}`;
  const file = await step.output(name);
  if (file.bytes > mostBytes) {
    const most = formatBytes(mostBytes);
    throw new ProgramError(`${step.text} left ${where} of ${formatBytes(file.bytes)}: tables take at most ${most}`, {
      hint: 'Name it under files: it is then taken as it is.',
    });
  }
  let columns: readonly Column[] | undefined;
  let rows = 0;
  for await (const record of recordsOf(step.read(file), where)) {
    if (columns === undefined) {
      checkNames(record, where);
      columns = record.map((title) => new Column(title));
    } else {
      rows += 1;
      for (const [at, column] of columns.entries()) column.take(record[at]!.trim(), rows);
    }
  }
  if (columns === undefined) throw new ProgramError(`${where} is empty: its first line must name the columns`);
  for (const column of columns) column.check(where);
}

async function* recordsOf(parts: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<readonly string[]> {
  const parser = parse({ skip_empty_lines: true });
  // Whoever takes the records gets the error, too.
  pipeline(Readable.from(textsOf(parts, where)), parser).catch(() => undefined);
  try {
    yield* parser as AsyncIterable<readonly string[]>;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new ProgramError(`${where} is no table: ${cause.message}`, {
      cause,
      hint: 'Separate cells by commas, quote those that hold commas, and give every line as many as the first.',
    });
  }
}

async function* textsOf(parts: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (part?: Uint8Array) => {
    try {
      return decoder.decode(part, { stream: part !== undefined });
    } catch (cause) {
      throw new ProgramError(`${where} is not UTF-8 text`, { cause });
    }
  };
  const ends = new LineEnds(where);
  for await (const part of parts) {
    const text = decoded(part);
    ends.take(text);
    yield text;
  }
  decoded();
  ends.check();
}

/** The ends of lines outside of quotes. Others than \n or \r\n throughout would be read as part of a cell, here or by the next program. */
class LineEnds {
  readonly #where: string;
  #quoted = false;
  #afterReturn = false;
  #windows = false;
  #unix = false;

  constructor(where: string) {
    this.#where = where;
  }

  /** Looks through the next part of the text. @throws ProgramError when a line ends in \r alone */
  take(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const character = text[at];
      if (this.#afterReturn) {
        if (character !== '\n') this.#refuse('a line that ends in \\r alone');
        this.#afterReturn = false;
        this.#windows = true;
      } else if (character === '"') this.#quoted = !this.#quoted;
      else if (this.#quoted) continue;
      else if (character === '\r') this.#afterReturn = true;
      else if (character === '\n') this.#unix = true;
    }
  }

  /** Looks at the text as a whole, at its end. @throws ProgramError */
  check(): void {
    if (this.#afterReturn) this.#refuse('a line that ends in \\r alone');
    if (this.#windows && this.#unix) this.#refuse('lines that end in \\r\\n and others that end in \\n');
  }

  #refuse(what: string): never {
    throw new ProgramError(`${this.#where} is no table: it has ${what}`, {
      hint: 'End all lines in \\n, separate cells by commas, and quote those that hold line ends.',
    });
  }
}

function checkNames(columns: readonly string[], where: string): void {
  if (columns.length === 1 && /[;\t|]/.test(columns[0]!)) {
    throw new ProgramError(`${where} is no table: it has one column, called ${JSON.stringify(columns[0])}`, {
      hint: 'Separate cells by commas, not by semicolons, tabs or bars. A point stands before decimals.',
    });
  }
  if (columns.some((title) => title.trim() === '')) throw new ProgramError(`${where} has a column without a name`);
  const twice = columns.find((title, index) => columns.indexOf(title) !== index);
  if (twice !== undefined) throw new ProgramError(`${where} has two columns of the name ${twice}`);
}

/** How programs write numbers that are none. */
const notFinite = /^[+-]?(nan|inf(inity)?)$/i;

/** A column: of numbers as long as no cell is another text. */
class Column {
  readonly #title: string;
  #isText = false;
  #notFinite: { readonly cell: string; readonly row: number } | undefined;

  constructor(title: string) {
    this.#title = title;
  }

  /** Takes the next cell. @param row from 1 */
  take(cell: string, row: number): void {
    if (this.#isText || cell === '') return;
    const value = Number(cell);
    if (Number.isFinite(value)) return;
    if (Number.isNaN(value) && !notFinite.test(cell)) this.#isText = true;
    else this.#notFinite ??= { cell, row };
  }

  /** Looks at the column as a whole. @throws ProgramError when a number is not finite */
  check(where: string): void {
    if (this.#isText || this.#notFinite === undefined) return;
    const { cell, row } = this.#notFinite;
    throw new ProgramError(`${where}, row ${row}: ${this.#title} is ${cell}, which is no finite number`, {
      hint: 'Leave the cell of a missing value empty.',
    });
  }
}
