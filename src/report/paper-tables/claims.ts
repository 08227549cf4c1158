import type { SeriesStyle } from '../series-style.js';
import type { ClaimRow } from '../tables/claims.js';
import { seedSuffix } from '../training-seeds.js';
import { significantText } from '../wording.js';
import { type PaperColumn, type PaperRow, type PaperTable, plainNumber, withRange } from './paper-table.js';

/** A claim with its cases. */
export interface ShownClaim {
  readonly name: string;
  readonly whole: ClaimRow;
  readonly cases: readonly ClaimRow[];
}

/** Heads behind those that say what a row is about. */
export const findingLabels: readonly string[] = ['verdict', 'interval must lie'];

export const findingColumns: readonly PaperColumn[] = [
  { label: 'effect', notation: 'significant' },
  { label: 'n', notation: 'count' },
];

/** What titles say of an effect without an interval. */
export const unknownText = 'where there is no interval it is unknown, and the note says why';

/** A row a claim, and below it one for each of its cases: every training seed has its own. */
export function claimTables(claims: readonly ShownClaim[], style: SeriesStyle): PaperTable[] {
  if (claims.length === 0) return [];
  const rows = claims.flatMap(({ name, whole, cases }) =>
    [whole, ...cases].map((row) => findingRow([name, row === whole ? '' : caseText(row, style)], row)),
  );
  return [
    {
      name: 'claims',
      title: `Claims and their cases: effect, with the interval that decides in square brackets; ${unknownText}; a claim’s numbers are those of its weakest case, and the intervals of its cases are right together 95 % of the time`,
      labels: ['claim', 'case', ...findingLabels],
      columns: findingColumns,
      rows,
    },
  ];
}

/** What was found of a claim or of a case. An effect without an interval has one that is unknown. */
export function findingRow(about: readonly string[], row: ClaimRow): PaperRow {
  const { claim, verdict, effect, ci_low: low, ci_high: high, n, note } = row;
  const range = low === null || high === null ? 'unknown' : { low, high };
  return {
    labels: [...about, verdict, conditionText(row)],
    group: claim,
    numbers: [withRange(plainNumber(effect), range), plainNumber(n)],
    note,
  };
}

/** Says where the interval must lie for the claim to hold. */
export function conditionText({ holds_above: above, holds_below: below }: ClaimRow): string {
  if (above !== null && below !== null) return `between ${significantText(above)} and ${significantText(below)}`;
  if (above !== null) return `above ${significantText(above)}`;
  return below === null ? '–' : `at or below ${significantText(below)}`;
}

export function caseText(row: ClaimRow, style: SeriesStyle): string {
  return `${style.calledCase(row.case)}${seedSuffix(row)}`;
}
