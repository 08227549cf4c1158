import { type Cell, writeCsv } from './csv.js';

const columns = [
  ...(['claim', 'kind', 'case', 'verdict', 'effect', 'ci_low', 'ci_high', 'n'] as const),
  ...(['holds_above', 'holds_below', 'note'] as const),
] as const;

type Row = Record<(typeof columns)[number], Cell>;

/** What was found of a claim; src/eval/finding.ts makes it. */
export interface FoundCase {
  /** null: the claim as a whole. */
  readonly case: string | null;
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
  readonly #rows: Row[] = [];

  add(claim: string, kind: string, found: readonly FoundCase[]): void {
    for (const { case: name, verdict, effect, low, high, n, condition, note } of found) {
      this.#rows.push({
        ...{ claim, kind, case: name, verdict, effect, ci_low: low, ci_high: high, n },
        holds_above: condition.type === 'above-zero' ? 0 : condition.type === 'within' ? -condition.bound : null,
        holds_below: condition.type === 'above-zero' ? null : condition.bound,
        note: note === '' ? null : note,
      });
    }
  }

  csv(): string {
    return writeCsv(columns, this.#rows);
  }
}
