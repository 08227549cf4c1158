import { dataLimits } from '../../data/data-limits.js';
import type { Bounds } from '../../eval/mean-interval.js';
import { formatBytes } from '../../formats/byte-size.js';
import { exactNumber } from '../../formats/exact-number.js';
import type { Json, JsonObject } from '../../formats/json.js';
import { JsonSyntaxError, parseDataJson } from '../../formats/strict-json.js';
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
  const { expected } = wanted;
  const most = expected ?? dataLimits.rows;
  const scored: ScoreLine[] = [];
  let count = 0;
  for await (const line of linesOf(step.read(file), `outputs/${name}`)) {
    // Lines beyond the items are only counted: a file may hold nothing but line ends.
    if (count < most) scored.push(readLine(step, line, count, `outputs/${name}, line ${count + 1}`, wanted));
    count += 1;
  }
  if (count > 0 && count <= most && (expected === undefined || count === expected)) return scored;
  const range = expected === undefined ? (count === 0 ? 'at least one' : `at most ${most}`) : String(expected);
  throw new ProgramError(`outputs/${name} has ${count} lines, and there must be ${range}: one an item`);
}

/** The lines of a text that comes in parts, without their ends. */
async function* linesOf(parts: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (part?: Uint8Array): string => {
    try {
      return part === undefined ? decoder.decode() : decoder.decode(part, { stream: true });
    } catch (cause) {
      throw new ProgramError(`${where} is not UTF-8 text`, { cause });
    }
  };
  let rest = '';
  for await (const part of parts) {
    const lines = (rest + decoded(part)).split('\n');
    rest = lines.pop()!;
    if (rest.length > dataLimits.rowCharacters) {
      throw new ProgramError(`${where} has a line of more than ${dataLimits.rowCharacters} characters`);
    }
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  rest += decoded();
  if (rest !== '') yield rest.replace(/\r$/, '');
}

function readLine(
  step: ProgramStep,
  line: string,
  at: number,
  where: string,
  { names, bounds }: ExpectedScores,
): ScoreLine {
  const { item, ...fields } = objectOf(step, line, where);
  if (item !== undefined && item !== at) {
    throw new ProgramError(`${where} is of item ${JSON.stringify(item)}, and must be of item ${at}`, {
      hint: 'Lines stand in the order of the items, which are counted from 0.',
    });
  }
  const scores = Object.fromEntries(names.map((name) => [name, scoreOf(step, fields, name, where, bounds)]));
  const more = Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
  return { scores, more };
}

function objectOf(step: ProgramStep, line: string, where: string): JsonObject {
  let value: Json;
  try {
    value = parseDataJson(line, dataLimits);
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    if (/\bNaN\b|\bInfinity\b/.test(line)) throw notFinite(where, cause);
    throw new ProgramError(`${where} cannot be read as JSON: ${cause.message}: ${step.excerpt(line)}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ProgramError(`${where} is not an object`, { hint: 'A line looks like this: {"score": 0.5}' });
}

function scoreOf(
  step: ProgramStep,
  fields: JsonObject,
  name: string,
  where: string,
  bounds: Bounds | null,
): number | null {
  const given = Object.hasOwn(fields, name) ? fields[name] : undefined;
  // A number of more digits than a double has comes as its text. A score is the nearest double, but no other integer.
  const value =
    typeof given === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(given) && exactNumber(given) === given
      ? rounded(given, name, where)
      : given;
  if (value === null) return null;
  if (value === undefined) {
    throw new ProgramError(`${where} has no "${name}"`, {
      hint: `It has: ${Object.keys(fields).join(', ') || 'nothing'}.`,
    });
  }
  if (typeof value !== 'number') {
    const hint = 'Write a number, or null for an item that cannot be scored.';
    throw new ProgramError(`${where}: "${name}" is ${step.excerpt(JSON.stringify(value))}, which is no number`, {
      hint,
    });
  }
  if (!Number.isFinite(value)) throw notFinite(where);
  if (bounds !== null && (value < bounds[0] || value > bounds[1])) {
    const range = `the range of the metric, ${bounds[0]} to ${bounds[1]}`;
    throw new ProgramError(`${where}: "${name}" is ${value}, which is not in ${range}`, {
      hint: 'Mend the program, or the range.',
    });
  }
  return value;
}

/** @throws ProgramError for an integer that a double does not hold */
function rounded(written: string, name: string, where: string): number {
  if (/[.eE]/.test(written)) return Number(written);
  throw new ProgramError(`${where}: "${name}" is ${written.slice(0, 80)}, an integer that no double holds exactly`, {
    hint: 'A score is a double. Write it with a decimal point where its last digits do not matter.',
  });
}

function notFinite(where: string, cause?: unknown): ProgramError {
  const hint = 'Write null for an item that cannot be scored: it is counted as invalid.';
  return new ProgramError(`${where} holds NaN or infinity, which is no score`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
