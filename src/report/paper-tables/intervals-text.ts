import type { EvaluationRow } from '../tables/evaluation.js';
import { hasTrainingSeeds, type PaperRow } from './paper-table.js';

/**
 * What a title says of the ranges of means over items, or why there is none.
 * @param measured what the numbers are made of
 */
export function intervalsText(measured: readonly EvaluationRow[], rows: readonly PaperRow[]): string {
  const valid = measured.filter(({ value }) => value !== null);
  if (valid.length === 0) return 'no item has a valid score';
  const manySeeds = new Set(valid.map(({ seed }) => seed)).size > 1;
  if (valid.some(({ ci_low: low }) => low !== null)) {
    const ofSeeds = manySeeds ? ', of several seeds from the lowest end to the highest' : '';
    const averaged = hasTrainingSeeds(rows) ? ', its ends averaged over training seeds' : '';
    return `in square brackets the 95 % interval over the items${ofSeeds}${averaged}`;
  }
  const unknown = 'the interval over the items is unknown, because nothing bounds the scores';
  const hasRanges = rows.some(({ numbers }) => numbers.some((number) => number?.range !== undefined));
  return hasRanges ? `in square brackets the lowest and the highest seed; ${unknown}` : unknown;
}
