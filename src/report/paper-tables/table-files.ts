import type { paperTableParts, TableFormat } from '../../workflow/report.js';
import type { FigureInput } from '../section.js';
import { sections } from '../sections/registry.js';
import { behaviourTables, modelTables } from './behaviour.js';
import { csvTable } from './csv.js';
import { energyTables } from './energy.js';
import { mdTable } from './md.js';
import { activationTables, overlapTables } from './overlap.js';
import type { PaperTable, TableWriters } from './paper-table.js';
import { texTable } from './tex.js';

const writers: TableWriters = { tex: texTable, md: mdTable, csv: csvTable };

type TabledPart = (typeof paperTableParts)[number];

/** The parts of the report that have a table for a paper. */
const tables: { readonly [Part in TabledPart]: (input: FigureInput) => readonly PaperTable[] } = {
  energy: energyTables,
  behaviour: behaviourTables,
  'trade-off': modelTables,
  overlap: overlapTables,
  activations: activationTables,
};

/** Tables for a paper of the parts that are asked for and have results, in the order of the page. */
export function paperTables(input: FigureInput, parts: readonly string[]): PaperTable[] {
  return Object.entries(sections).flatMap(([part, { needs }]) => {
    const isShown = Object.hasOwn(tables, part) && parts.includes(part) && input.files.has(needs);
    return isShown ? tables[part as TabledPart](input) : [];
  });
}

/** The text of a table. The same input gives the same bytes. */
export function tableText(table: PaperTable, format: TableFormat): string {
  return writers[format](table);
}
