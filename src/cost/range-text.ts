import type { Range } from './totals.js';

/** `1.2 GiB`, `1.2 GiB to 3 GiB`, `1.2 GiB or more`. */
export function rangeText({ least, most }: Range, text: (value: number) => string): string {
  if (most === null) return `${text(least)} or more`;
  const [from, to] = [text(least), text(most)];
  return from === to ? from : `${from} to ${to}`;
}

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'] as const;

/** `2.1 T`. */
export function flopText(flop: number): string {
  const at = Math.max(0, Math.min(prefixes.length - 1, Math.floor(Math.log10(Math.max(1, flop)) / 3)));
  return `${Number((flop / 1000 ** at).toPrecision(2))} ${prefixes[at]}`.trimEnd();
}
