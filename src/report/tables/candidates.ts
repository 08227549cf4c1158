import { type RowOf, writeTable } from './csv.js';

export const candidateColumns = {
  layer: 'number',
  position: 'number',
  refusal_ablated: 'number?',
  refusal_added: 'number?',
  divergence: 'number?',
  verdict: 'text',
} as const;

/**
 * A row of directions/<subspace>.csv: a candidate direction with its scores; a direction that is zero has none. Verdicts: `chosen`,
 * `passes`, or why not: `zero`, `changes-harmless` (too large a divergence), `induces-nothing`.
 */
export type CandidateRow = RowOf<typeof candidateColumns>;

export function candidatesCsv(rows: readonly CandidateRow[]): string {
  return writeTable(candidateColumns, rows);
}
