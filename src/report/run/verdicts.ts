import { claimColumns } from '../tables/claims.js';
import { readTable } from '../tables/csv.js';

/** Claims whose verdict is another than before, and those that were not judged before. */
export function verdictChanges(
  before: string,
  now: string,
): readonly { readonly claim: string; readonly before: string; readonly now: string }[] {
  const earlier = verdictsOf(before);
  return [...verdictsOf(now)].flatMap(([claim, verdict]) =>
    earlier.get(claim) === verdict ? [] : [{ claim, before: earlier.get(claim) ?? 'not judged', now: verdict }],
  );
}

/** Verdicts by claim; of the table of a study those over all cells, which come first. */
function verdictsOf(csv: string): ReadonlyMap<string, string> {
  const verdicts = new Map<string, string>();
  for (const row of readTable(csv, claimColumns)) {
    if (row.case === '' && !verdicts.has(row.claim)) verdicts.set(row.claim, row.verdict);
  }
  return verdicts;
}
