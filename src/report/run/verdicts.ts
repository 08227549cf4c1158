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

function verdictsOf(csv: string): ReadonlyMap<string, string> {
  const rows = readTable(csv, claimColumns).filter((row) => row.case === '');
  return new Map(rows.map(({ claim, verdict }) => [claim, verdict]));
}
