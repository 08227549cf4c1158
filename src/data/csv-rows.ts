import { Readable } from 'node:stream';
import { CsvError, type Info, type Options, parse } from 'csv-parse';
import { DataError } from '../diagnostics/errors.js';
import type { DataLimits } from './data-limits.js';
import type { Row } from './row.js';

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
): AsyncGenerator<Row> {
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
  const feed = Readable.from(joined(head, source));
  feed.on('error', (error) => parser.destroy(error));
  let columns: readonly string[] | undefined;
  try {
    for await (const { record, info } of feed.pipe(parser) as AsyncIterable<{ record: string[]; info: Info }>) {
      if (columns === undefined) {
        columns = record;
        const twice = columns.find((column, index) => columns!.indexOf(column) !== index);
        if (twice !== undefined) {
          throw new DataError(`${name}:${info.lines}: two columns are called "${twice}"`, {
            hint: 'Give every column a name of its own: one of them would be lost.',
          });
        }
      } else yield Object.fromEntries(record.map((value, index) => [columns![index]!, value]));
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DataError(`${name}: ${cause.message}`, {
      cause,
      hint: 'Quote fields that hold separators, quotes or line breaks; give every line as many fields as the first.',
    });
  } finally {
    feed.destroy();
    parser.destroy();
    await source.return?.(undefined);
  }
}

async function* joined(head: string, source: AsyncIterator<string>): AsyncGenerator<string> {
  yield head;
  for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
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
