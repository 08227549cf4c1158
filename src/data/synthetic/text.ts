import type { Row } from '../row.js';

/** A uniform integer of 0 … bound, the next of a seeded stream. */
export type Integer = (bound: number) => number;

/** Makes rows of what is asked for without end, the same ones for the same stream. */
export type RowGenerator<What> = (what: What, integer: Integer) => Generator<Row, never>;

/** First names of those who ask, and whom problems are about. */
export const names = ['tom', 'ann', 'bob', 'eve', 'sam', 'kim', 'max', 'liz'];

/** One of several texts, all as likely. */
export function pick(integer: Integer, from: readonly string[]): string {
  return from[integer(from.length - 1)]!;
}

/** A template with values in place of `{name}`. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!);
}
