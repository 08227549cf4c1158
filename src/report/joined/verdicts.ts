import { type Html, type HtmlValue, html } from '../html.js';
import { scrollingTable } from '../html-table.js';
import { addressOf } from '../page-text.js';
import { verdictText } from '../sections/claims.js';
import { type ClaimRow, claimColumns } from '../tables/claims.js';
import { readTable, writeTable } from '../tables/csv.js';
import type { ShownCell } from './study.js';

/** The claims of a study. */
export interface StudyClaims {
  /** The text of the study's claims.csv: each claim over all cells in front of its rows of cells. */
  readonly overCells: string;
  /** The text of claims.csv by the index of the cell, with intervals that are right for all cells together. */
  readonly ofCells: ReadonlyMap<number, string>;
}

/** Each claim over all cells: the first row that a study's claims.csv has of it. */
export function wholeClaims(overCells: string): ClaimRow[] {
  const first = new Map<string, ClaimRow>();
  for (const row of readTable(overCells, claimColumns)) if (!first.has(row.claim)) first.set(row.claim, row);
  return [...first.values()];
}

/** The text of a claims.csv in which the cells are the cases of each claim. */
export function cellsAsCases(claims: StudyClaims, cells: readonly ShownCell[]): string {
  const found = verdictsOf(claims.ofCells);
  const rows = wholeClaims(claims.overCells).flatMap((whole) => [
    whole,
    ...[...found].flatMap(([cell, rows]) => {
      const row = rows.get(whole.claim);
      return row === undefined ? [] : [{ ...row, case: cells[cell]!.label }];
    }),
  ]);
  return writeTable(claimColumns, rows);
}

/** A table of the verdict of each claim in each cell; the longer side goes down. */
export function verdictTable(claims: StudyClaims, cells: readonly ShownCell[]): Html | undefined {
  const wholes = wholeClaims(claims.overCells);
  if (wholes.length === 0) return undefined;
  const found = verdictsOf(claims.ofCells);
  const judged = [...found.keys()];
  const verdict = (row: ClaimRow | undefined) =>
    html`<td class="text">${row === undefined ? '–' : verdictText(row)}</td>`;
  const name = (cell: number) =>
    html`<a href="${addressOf(`${cells[cell]!.folder}/report.html`)}#claims">${cells[cell]!.label}</a>`;
  const isWide = judged.length > wholes.length;
  const heads = isWide ? wholes.map(({ claim }) => html`${claim}`) : judged.map(name);
  const over = html`<b>all cells</b>`;
  const rows: HtmlValue[] = isWide
    ? [
        html`<tr class="group"><th scope="row">${over}</th>${wholes.map(verdict)}</tr>`,
        ...judged.map(
          (cell) =>
            html`<tr class="group"><th scope="row" class="claim-name">${name(cell)}</th>${wholes.map(({ claim }) => verdict(found.get(cell)!.get(claim)))}</tr>`,
        ),
      ]
    : wholes.map(
        (whole) =>
          html`<tr class="group"><th scope="row" class="claim-name">${whole.claim}</th>${verdict(whole)}${judged.map((cell) => verdict(found.get(cell)!.get(whole.claim)))}</tr>`,
      );
  const head = html`<tr><th scope="col" class="text">${isWide ? 'cell' : 'claim'}</th>${!isWide && html`<th scope="col" class="text">${over}</th>`}${heads.map((text) => html`<th scope="col" class="text cell-name">${text}</th>`)}</tr>`;
  return html`${scrollingTable('Verdicts of claims, cell by cell', head, rows)}
<p class="note">Over all cells a claim holds where it holds in every cell that says something, and fails where it fails in one. The
intervals behind these verdicts are right for all cells together; those of a cell’s own report are right for that cell alone, and
may tell more.</p>`;
}

/** The claims of each cell as wholes, by their names. */
export function verdictsOf(ofCells: StudyClaims['ofCells']): ReadonlyMap<number, ReadonlyMap<string, ClaimRow>> {
  return new Map(
    [...ofCells].map(([cell, csv]) => {
      const wholes = readTable(csv, claimColumns).filter((row) => row.case === '');
      return [cell, new Map(wholes.map((row) => [row.claim, row]))];
    }),
  );
}
