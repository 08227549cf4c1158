import type { Bounds } from '../../eval/mean-interval.js';
import { formatBytes } from '../../formats/byte-size.js';
import type { Json, JsonObject } from '../../formats/json.js';
import { ProgramError } from '../../programs/program-error.js';
import type { ProgramStep } from './program-step.js';

/** What a program says of one item. */
export interface ScoreLine {
  /** null: the item has no valid score. */
  readonly scores: Readonly<Record<string, number | null>>;
  /** What else stands in the line: for people. */
  readonly more: JsonObject;
}

export interface ExpectedScores {
  readonly names: readonly string[];
  readonly bounds: Bounds | null;
  /** How many items there are. Absent: any number but none. */
  readonly expected?: number;
}

const mostBytes = 256 << 20;

/**
 * Reads scores: JSON lines, an object for each item, in the order of the items.
 * @throws ProgramError that names the line of what is missing, no number, not finite, or out of bounds
 */
export async function readScoreLines(step: ProgramStep, name: string, wanted: ExpectedScores): Promise<ScoreLine[]> {
  const file = await step.output(name);
  if (file.bytes > mostBytes) {
    throw new ProgramError(
      `${step.text} left outputs/${name} of ${formatBytes(file.bytes)}: scores take at most ${formatBytes(mostBytes)}`,
    );
  }
  const parts: Uint8Array[] = [];
  for await (const part of step.read(file)) parts.push(part);
  const text = textOf(Buffer.concat(parts), `outputs/${name}`);
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const { expected } = wanted;
  if (lines.length === 0 || (expected !== undefined && lines.length !== expected)) {
    const most = expected === undefined ? 'at least one' : String(expected);
    throw new ProgramError(`outputs/${name} has ${lines.length} lines, and there must be ${most}: one an item`);
  }
  return lines.map((line, at) => readLine(line, at, `outputs/${name}, line ${at + 1}`, wanted));
}

function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProgramError(`${where} is not UTF-8 text`, { cause });
  }
}

function readLine(line: string, at: number, where: string, { names, bounds }: ExpectedScores): ScoreLine {
  const { item, ...fields } = objectOf(line, where);
  if (item !== undefined && item !== at) {
    throw new ProgramError(`${where} is of item ${JSON.stringify(item)}, and must be of item ${at}`, {
      hint: 'Lines stand in the order of the items, which are counted from 0.',
    });
  }
  const scores = Object.fromEntries(names.map((name) => [name, scoreOf(fields, name, where, bounds)]));
  const more = Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
  return { scores, more };
}

function objectOf(line: string, where: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch (cause) {
    if (/\bNaN\b|\bInfinity\b/.test(line)) throw notFinite(where, cause);
    throw new ProgramError(`${where} is not JSON: ${line.slice(0, 80)}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ProgramError(`${where} is not an object`, { hint: 'A line looks like this: {"score": 0.5}' });
}

function scoreOf(fields: JsonObject, name: string, where: string, bounds: Bounds | null): number | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === null) return null;
  if (value === undefined) {
    throw new ProgramError(`${where} has no "${name}"`, {
      hint: `It has: ${Object.keys(fields).join(', ') || 'nothing'}.`,
    });
  }
  if (typeof value !== 'number') {
    const hint = 'Write a number, or null for an item that cannot be scored.';
    throw new ProgramError(`${where}: "${name}" is ${JSON.stringify(value).slice(0, 80)}, which is no number`, {
      hint,
    });
  }
  // What no double holds, such as 1e999, comes as infinity.
  if (!Number.isFinite(value)) throw notFinite(where);
  if (bounds !== null && (value < bounds[0] || value > bounds[1])) {
    const range = `the range of the metric, ${bounds[0]} to ${bounds[1]}`;
    throw new ProgramError(`${where}: "${name}" is ${value}, which is not in ${range}`, {
      hint: 'Mend the program, or the range.',
    });
  }
  return value;
}

function notFinite(where: string, cause?: unknown): ProgramError {
  const hint = 'Write null for an item that cannot be scored: it is counted as invalid.';
  return new ProgramError(`${where} holds NaN or infinity, which is no score`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
