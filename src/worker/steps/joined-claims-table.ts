import { type ClaimVerdict, type Condition, type Finding, joinNotes, wholeOf } from '../../eval/finding.js';
import { type ClaimRow, ClaimsTable, claimColumns } from '../../report/tables/claims.js';
import { readTable } from '../../report/tables/csv.js';
import { JoinedTable } from '../../report/tables/joined.js';
import type { JoinedClaimsParams } from '../../steps/joined-claims-table.js';
import type { StepContext } from '../step-context.js';
import { axisColumns, numbersOfFile, writeJoined } from './joined-table.js';

export async function joinClaims(context: StepContext<JoinedClaimsParams>): Promise<void> {
  const { axes, cells } = context.params;
  const tables: string[] = [];
  for (const index of cells.keys()) {
    tables.push(new TextDecoder().decode(await context.read(context.input(`${index}`))));
  }
  const table = new JoinedTable(axisColumns(axes), numbersOfFile('claims.csv'));
  table.add(
    axes.map(() => null),
    claimsOverCells(tables),
  );
  for (const [index, values] of cells.entries()) table.add(values, tables[index]!);
  await writeJoined(context, table);
}

/**
 * Each claim over all cells that judge it: it holds where it holds in every cell that says something and fails where it fails in
 * one. Its numbers are those of the weakest cell; the intervals of the tables must be right for all cells together.
 */
export function claimsOverCells(tables: readonly string[]): string {
  const wholes = tables.flatMap((csv) => readTable(csv, claimColumns).filter((row) => row.case === ''));
  const byClaim = new Map<string, ClaimRow[]>();
  for (const row of wholes) byClaim.set(row.claim, [...(byClaim.get(row.claim) ?? []), row]);
  const table = new ClaimsTable();
  for (const [claim, rows] of byClaim) {
    const whole = wholeOf(rows.map(findingOf));
    const family = `over ${rows.length} cells; the intervals are right for all of them together`;
    table.add(claim, rows[0]!.kind, [{ ...whole, note: joinNotes(family, whole.note) }]);
  }
  return table.csv();
}

function findingOf(row: ClaimRow): Finding {
  const { verdict, effect, ci_low: low, ci_high: high, n, note } = row;
  return { case: row.case, verdict: verdict as ClaimVerdict, condition: conditionOf(row), effect, low, high, n, note };
}

function conditionOf({ holds_above: above, holds_below: below }: ClaimRow): Condition {
  if (below === null) return { type: 'above-zero' };
  return above === null ? { type: 'at-most', bound: below } : { type: 'within', bound: below };
}
