/**
 * The budget of a metric's judge: what all steps of a run, on whatever host, may ask of it together. They share two
 * values: what was spent, and whether it was said that the budget may not do.
 */
export function budgetSpent(judge: string): string {
  return `budget-${judge}`;
}

export function budgetTold(judge: string): string {
  return `budget-told-${judge}`;
}

/**
 * What to say of a judge that may be asked for more than its budget allows, before anything is paid.
 * @param needed At most; verdicts that are kept, and responses that occur twice, need none.
 */
export function budgetWarning({
  judge,
  needed,
  allowed,
}: {
  readonly judge: string;
  readonly needed: number | null;
  readonly allowed: number | null;
}): { readonly message: string; readonly hint: string } | undefined {
  if (needed === null || allowed === null || needed <= allowed) return undefined;
  const [more, cap] = [needed, allowed].map((count) => count.toLocaleString('en'));
  return {
    message: `${judge} may need ${more} requests, and its budget allows this run ${cap}`,
    hint: 'Raise `budget.requests`, or measure fewer points. Verdicts that are reached are kept: a later run asks for the rest.',
  };
}
