import { digestOf } from '../formats/digest.js';
import type { JsonObject } from '../formats/json.js';

/**
 * A record with its own digest: one line of JSON, one line with the digest of the first. A torn, edited or decayed
 * record is told from a whole one, so that what is read back needs no further checks.
 */
export function seal(record: object): string {
  const line = JSON.stringify(record);
  return `${line}\n${digestOf(line)}\n`;
}

/** The record, or undefined when it is not whole. */
export function unseal(text: string): JsonObject | undefined {
  const end = text.indexOf('\n');
  if (end < 0) return undefined;
  const line = text.slice(0, end);
  if (text.slice(end + 1) !== `${digestOf(line)}\n`) return undefined;
  try {
    return JSON.parse(line) as JsonObject;
  } catch {
    return undefined;
  }
}
