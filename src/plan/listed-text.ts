import { naturalOrder } from '../formats/natural-order.js';

/** Names or numbers one after the other, in an order that does not depend on the workflow's, so that it changes no key. */
export function listedText(values: readonly (string | number)[]): string {
  const numbers = values.every((value) => typeof value === 'number');
  const sorted = numbers ? values.toSorted((a, b) => a - b) : values.map(String).toSorted(naturalOrder);
  return sorted.join(', ');
}
