import { CsvError, type Info, type Options, type Parser, parse } from 'csv-parse';
import { DataError } from '../diagnostics/errors.js';
import { type DataLimits, tooLongRow } from './data-limits.js';
import type { Row } from './row.js';
import { batchOf } from './row-batches.js';

type Separator = ',' | ';' | '\t';

/**
 * Rows of a table: the first line names the columns. Quoted fields, separators and line breaks in them as RFC 4180 has
 * them; lines end in \n, \r\n or \r; empty lines mean nothing. Every value is text.
 * @throws DataError naming the line: another number of fields than the header, two columns of one name, a quote astray.
 */
export async function* csvRows(
  texts: AsyncIterable<string>,
  format: 'csv' | 'tsv',
  name: string,
  { rowCharacters }: DataLimits,
): AsyncGenerator<readonly Row[]> {
  const source = texts[Symbol.asyncIterator]();
  let head = '';
  let header: string | undefined;
  while (header === undefined) {
    const part = await source.next();
    head += part.value ?? '';
    header = headerOf(head, part.done === true);
    if (header === undefined && head.length > headerCharacters) {
      throw new DataError(`${name}:1: the line that names the columns does not end`, {
        hint: 'Check its quotes, and that the file is a table.',
      });
    }
  }
  const options: Options = {
    delimiter: separatorOf(header, format, name),
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: rowCharacters,
    info: true,
  };
  const parser = parse(options);
  // Whoever writes or reads gets the error; the event needs a listener all the same.
  parser.on('error', () => undefined);
  const table = new Table(name);
  try {
    for (let text: string | undefined = head; text !== undefined; ) {
      const written = write(parser, text);
      yield* batchOf(table.rows(recordsIn(parser)));
      await written;
      const next: IteratorResult<string> = await source.next();
      text = next.done ? undefined : next.value;
    }
    parser.end();
    for await (const record of parser as AsyncIterable<CsvRecord>) yield* batchOf(table.rows([record]));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    if (cause.code === 'CSV_MAX_RECORD_SIZE') {
      const { lines } = cause as CsvError & Partial<Info>;
      throw tooLongRow(lines === undefined ? name : `${name}:${lines}`, rowCharacters);
    }
    throw new DataError(`${name}: ${cause.message}`, {
      cause,
      hint: 'Quote fields that hold separators, quotes or line breaks; give every line as many fields as the first.',
    });
  } finally {
    parser.destroy();
    await source.return?.(undefined);
  }
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: Info;
}

/** Settles when the parser has taken the text in; what it has made of it by then waits in `recordsIn`. */
function write(parser: Parser, text: string): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    parser.write(text, (error) => (error ? reject(error) : resolve()));
  });
  // It is awaited after the records before the error.
  written.catch(() => undefined);
  return written;
}

function* recordsIn(parser: Parser): Generator<CsvRecord> {
  for (let record = parser.read() as CsvRecord | null; record !== null; record = parser.read() as CsvRecord | null) {
    yield record;
  }
}

/** Names the cells of records by the first of them. */
class Table {
  readonly #name: string;
  #columns: readonly string[] | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  *rows(records: Iterable<CsvRecord>): Generator<Row> {
    for (const { record, info } of records) {
      if (this.#columns === undefined) this.#columns = this.#named(record, info);
      else yield Object.fromEntries(record.map((value, index) => [this.#columns![index]!, value]));
    }
  }

  #named(columns: readonly string[], { lines }: Info): readonly string[] {
    const twice = columns.find((column, index) => columns.indexOf(column) !== index);
    if (twice === undefined) return columns;
    throw new DataError(`${this.#name}:${lines}: two columns are called "${twice}"`, {
      hint: 'Give every column a name of its own: one of them would be lost.',
    });
  }
}

const headerCharacters = 1 << 20;

/** The first line with anything in it, without what stands in quotes; undefined when it has no end yet. */
function headerOf(text: string, complete: boolean): string | undefined {
  let header = '';
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character !== '\r' && character !== '\n') header += character;
    else if (header !== '') return header;
  }
  return complete ? header : undefined;
}

/** What separates the columns, told from the header: a .csv that Excel saved may have semicolons or tabs. */
function separatorOf(header: string, format: 'csv' | 'tsv', name: string): Separator {
  if (/^sep=.?$/i.test(header.trimEnd())) {
    throw new DataError(`${name}:1: "${header}" is a word to Excel, not the names of the columns`, {
      hint: 'Remove this line: what separates the columns is told from the line with their names.',
    });
  }
  const found = ([',', ';', '\t'] as const).filter((separator) => header.includes(separator));
  if (format === 'tsv') {
    if (found.length === 0 || found.includes('\t')) return '\t';
    throw new DataError(`${name}:1: no tab separates the columns, but "${found[0]}" seems to`, {
      hint: 'Name the file .csv; a single column with such a name stands in quotes.',
    });
  }
  if (found.length <= 1) return found[0] ?? ',';
  const seen = found.map((separator) => (separator === '\t' ? 'a tab' : `"${separator}"`)).join(' and ');
  throw new DataError(`${name}:1: what separates the columns is unclear: the first line has ${seen}`, {
    hint: 'Put names of columns that hold such a character into quotes.',
  });
}
