import { type RowOf, writeTable } from './csv.js';
import { trainingSeedColumn } from './training-seed.js';

export const claimColumns = {
  claim: 'text',
  kind: 'text',
  case: 'text',
  verdict: 'text',
  effect: 'number?',
  ci_low: 'number?',
  ci_high: 'number?',
  n: 'number',
  holds_above: 'number?',
  holds_below: 'number?',
  note: 'text',
  ...trainingSeedColumn,
} as const;

/** A row of claims.csv: a claim as a whole (its case is empty), or one of its cases. */
export type ClaimRow = RowOf<typeof claimColumns>;

/** What was found of a claim; src/eval/finding.ts makes it. */
export interface FoundCase {
  /** null: the claim as a whole. */
  readonly case: string | null;
  readonly trainingSeed?: number | null;
  readonly verdict: string;
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
  /** What the numbers do not say. */
  readonly note: string;
  readonly condition:
    | { readonly type: 'above-zero' }
    | { readonly type: 'at-most'; readonly bound: number }
    | { readonly type: 'within'; readonly bound: number };
}

/** Builds claims.csv: of each claim the whole (an empty case) and then its cases. */
export class ClaimsTable {
  readonly #rows: ClaimRow[] = [];

  add(claim: string, kind: string, found: readonly FoundCase[]): void {
    for (const { case: name, trainingSeed = null, verdict, effect, low, high, n, condition, note } of found) {
      this.#rows.push({
        claim,
        kind,
        case: name ?? '',
        verdict,
        effect,
        ci_low: low,
        ci_high: high,
        n,
        holds_above: condition.type === 'above-zero' ? 0 : condition.type === 'within' ? -condition.bound : null,
        holds_below: condition.type === 'above-zero' ? null : condition.bound,
        note,
        training_seed: trainingSeed,
      });
    }
  }

  csv(): string {
    return writeTable(claimColumns, this.#rows);
  }
}
