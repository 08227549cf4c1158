import { formatBytes } from '../../formats/byte-size.js';
import { ProgramError } from '../../programs/program-error.js';
import { type RawTable, readRawTable } from '../../report/tables/csv.js';
import type { ProgramStep } from './program-step.js';

const mostBytes = 256 << 20;

/**
 * Looks through a table that a program has left: CSV with commas, a line of names, every line with as many cells, and no NaN or
 * infinity in a column of numbers.
 * @throws ProgramError that names the line and the column
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
  const parts: Uint8Array[] = [];
  for await (const part of step.read(file)) parts.push(part);
  const table = tableOf(Buffer.concat(parts), where);
  checkNames(table, where);
  for (const [column, title] of table.columns.entries()) checkColumn(table, column, title, where);
}

function tableOf(bytes: Uint8Array, where: string): RawTable {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProgramError(`${where} is not UTF-8 text`, { cause });
  }
  checkLineEnds(text, where);
  try {
    return readRawTable(text);
  } catch (cause) {
    const hint = 'Separate cells by commas, quote those that hold commas, and give every line as many as the first.';
    throw new ProgramError(`${where} is no table: ${(cause as Error).message}`, { cause, hint });
  }
}

/** Other line ends would be read as part of a cell, here or by the next program. */
function checkLineEnds(text: string, where: string): void {
  const unquoted = text.replace(/"[^"]*"/g, '');
  const [alone, windows, unix] = [/\r(?!\n)/, /\r\n/, /(?<!\r)\n/].map((end) => end.test(unquoted));
  if (!alone && !(windows && unix)) return;
  const what = alone ? 'a line that ends in \\r alone' : 'lines that end in \\r\\n and others that end in \\n';
  throw new ProgramError(`${where} is no table: it has ${what}`, {
    hint: 'End all lines in \\n, separate cells by commas, and quote those that hold line ends.',
  });
}

function checkNames({ columns }: RawTable, where: string): void {
  if (columns.length === 0) throw new ProgramError(`${where} is empty: its first line must name the columns`);
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

function checkColumn({ rows }: RawTable, column: number, title: string, where: string): void {
  const cells = rows.map((row) => row[column]!.trim());
  const isText = cells.some((cell) => cell !== '' && !notFinite.test(cell) && Number.isNaN(Number(cell)));
  if (isText) return;
  const at = cells.findIndex((cell) => cell !== '' && !Number.isFinite(Number(cell)));
  if (at < 0) return;
  throw new ProgramError(`${where}, row ${at + 1}: ${title} is ${cells[at]}, which is no finite number`, {
    hint: 'Leave the cell of a missing value empty.',
  });
}
