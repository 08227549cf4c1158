import { rangeText, ratioText, significantText } from '../wording.js';
import type { Notation, PaperColumn, PaperNumber } from './paper-table.js';

const writers: { readonly [Name in Notation]: (value: number) => string } = {
  ratio: ratioText,
  significant: significantText,
  count: (value) => value.toLocaleString('en'),
};

/** How a single value of a column is written. */
export function valueText(value: number, { notation = 'ratio' }: PaperColumn): string {
  return writers[notation](value);
}

/** `0.310 ± 0.012 (3)`: a mean, its deviation, and how many training seeds that is over. */
export function meanText({ mean, deviation, seeds }: PaperNumber, column: PaperColumn): string {
  const spread = deviation === null ? '' : ` ± ${valueText(deviation, column)}`;
  return `${valueText(mean, column)}${spread}${seeds === undefined ? '' : ` (${seeds})`}`;
}

/** `0.200–0.400`, or `unknown`; undefined where a number has no range. */
export function rangeOf({ range }: PaperNumber, { notation = 'ratio' }: PaperColumn): string | undefined {
  if (range === 'unknown') return range;
  return range && rangeText(range.low, range.high, (value) => (value == null ? '–' : writers[notation](value)));
}
