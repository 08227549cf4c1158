/** Texts as Python's `str` has them, where JavaScript's differ. */

const whitespace = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const atStart = new RegExp(`^[${whitespace}]+`);
const trailing = new RegExp(`[${whitespace}]*$`);

/** `text.rstrip()`. Searches from the end, so that its time follows the whitespace there. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && trailing.exec(text[end - 1]!)![0] !== '') end--;
  return text.slice(0, end);
}

/** `text.strip()` */
export function strip(text: string): string {
  return stripEnd(text).replace(atStart, '');
}

/** `len(text)`: characters of Unicode. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
