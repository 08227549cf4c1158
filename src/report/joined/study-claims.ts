import { findingColumns, findingLabels, findingRow, unknownText } from '../paper-tables/claims.js';
import type { PaperRow, PaperTable } from '../paper-tables/paper-table.js';
import { frontsOf } from './fronts.js';
import type { StudyTablesInput } from './study-input.js';
import { verdictsOf, wholeClaims } from './verdicts.js';

/** A row a claim over all cells, and below it one for each cell that judges it; none where the study shows no claims. */
export function studyClaimTables({ params, claims, claimsOverCells }: StudyTablesInput): PaperTable[] {
  if (claimsOverCells === undefined || !params.claims.table) return [];
  const { axes, fronts } = frontsOf(params.axes, params.cells);
  const found = verdictsOf(claims);
  const overAll = axes.map((_, index) => (index === 0 ? 'all cells' : ''));
  const rows = wholeClaims(claimsOverCells).flatMap((whole) => [
    findingRow([whole.claim, ...overAll], whole),
    ...[...found].flatMap(([cell, rows]): PaperRow[] => {
      const row = rows.get(whole.claim);
      return row === undefined ? [] : [findingRow([whole.claim, ...fronts[cell]!], row)];
    }),
  ]);
  if (rows.length === 0) return [];
  return [
    {
      name: 'claims',
      title: `Claims over all cells and in each: effect, with the interval that decides in square brackets; ${unknownText}; the numbers over all cells are those of the weakest, those of a cell are of its weakest case, and the intervals are right for all cells together 95 % of the time`,
      labels: ['claim', ...axes, ...findingLabels],
      columns: findingColumns,
      rows,
    },
  ];
}
