import type { TableFormat } from '../../workflow/report.js';
import type { FigureInput } from '../section.js';
import { sections } from '../sections/registry.js';
import { csvTable } from './csv.js';
import { mdTable } from './md.js';
import type { PaperTable, TableWriters } from './paper-table.js';
import { texTable } from './tex.js';

const writers: TableWriters = { tex: texTable, md: mdTable, csv: csvTable };

/** Tables for a paper of the parts that are asked for and have results, in the order of the page. */
export function paperTables(input: FigureInput, parts: readonly string[]): PaperTable[] {
  return Object.entries(sections).flatMap(([part, { needs, tables }]) =>
    parts.includes(part) && input.files.has(needs) ? [...tables(input)] : [],
  );
}

/** The text of a table. The same input gives the same bytes. */
export function tableText(table: PaperTable, format: TableFormat): string {
  return writers[format](table);
}
