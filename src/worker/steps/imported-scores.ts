import { cellOf, decodeRows, missingColumn, type Row, textOf } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import type { Bounds } from '../../eval/mean-interval.js';
import { listNames } from '../../formats/file-access.js';
import type { ImportedScoresParams } from '../../steps/imported-scores.js';
import type { Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';

/** Takes the scores of one model out of rows of scores, and puts them in the order of the items. */
export async function importScores(context: StepContext<ImportedScoresParams>): Promise<void> {
  const { limit, bounds } = context.params;
  const rows = decodeRows(await context.read(context.input('rows'))).slice(0, limit ?? undefined);
  const scored = decodeRows(await context.read(context.input('scored')));
  const positions = positionsOf(rows, context.params);
  const all = limit === null ? positions : undefined;
  const found = scoresByItem(scored, context.params, all);
  const missing = [...positions].filter(([item]) => !found.has(item));
  if (missing.length > 0) {
    const [[item, at]] = missing as [[string, number]];
    const more = missing.length > 1 ? `, nor for ${missing.length - 1} more items` : '';
    throw new DataError(
      `there is no score of model ${context.params.model} for item ${item}, row ${at + 1} of the dataset${more}`,
      { hint: 'Every item needs a row. Leave the score empty where there is none.' },
    );
  }
  const values = [...positions.keys()].map((item) => found.get(item)!.score);
  const scores: Scores = { values, ...(bounds !== undefined && { bounds }) };
  await context.write('scores', new TextEncoder().encode(JSON.stringify(scores)));
}

/** Items as scores name them → positions. */
function positionsOf(rows: readonly Row[], { id }: ImportedScoresParams): Map<string, number> {
  const positions = new Map<string, number>();
  for (const [at, row] of rows.entries()) {
    const item = id === undefined ? String(at) : textOf(row, id, `row ${at + 1} of the dataset`);
    const other = positions.get(item);
    if (other !== undefined) {
      throw new DataError(`rows ${other + 1} and ${at + 1} of the dataset have the same ${id}, ${item}`, {
        hint: 'Name a column that tells items apart, or leave id out to name items by position.',
      });
    }
    positions.set(item, at);
  }
  return positions;
}

/** @param all the items that there are; undefined: there may be others */
function scoresByItem(
  scored: readonly Row[],
  { model, columns, bounds }: ImportedScoresParams,
  all: ReadonlyMap<string, number> | undefined,
): Map<string, { readonly score: number | null; readonly at: number }> {
  const found = new Map<string, { readonly score: number | null; readonly at: number }>();
  const models = new Set<string>();
  for (const [at, row] of scored.entries()) {
    const where = `scores, row ${at + 1}`;
    const of = textOf(row, columns.model, where);
    models.add(of);
    if (of !== model) continue;
    const item = textOf(row, columns.item, where);
    const other = found.get(item);
    if (other !== undefined) {
      throw new DataError(`${where}: item ${item} of model ${model} has a score in row ${other.at + 1} already`);
    }
    if (all !== undefined && !all.has(item)) {
      throw new DataError(`${where}: the dataset has no item ${item}`, {
        hint: 'Items are named by their position, counted from 0, or by the column that id names.',
      });
    }
    found.set(item, { score: scoreOf(row, columns.score, where, bounds), at });
  }
  if (found.size > 0) return found;
  throw new DataError(`there is no score of model ${model}`, {
    hint: `There are scores of: ${listNames([...models])}.`,
  });
}

/** How numbers are written in CSV: decimal, not as codes such as 0x10. */
const decimal = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;

/** A number, or a text that is one, as CSV has it; null where there is none. */
function scoreOf(row: Row, column: string, where: string, bounds: Bounds | undefined): number | null {
  const value = cellOf(row, column);
  if (value === undefined) throw missingColumn(row, column, where);
  if (value === null || value === '') return null;
  const score = typeof value === 'string' && decimal.test(value) ? Number(value) : value;
  if (typeof score !== 'number' || !Number.isFinite(score)) {
    throw new DataError(`${where}: "${column}" is ${JSON.stringify(value).slice(0, 80)}, which is no finite number`, {
      hint: 'Leave it empty where the item has no score.',
    });
  }
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) && !Number.isSafeInteger(score)) {
    throw new DataError(`${where}: "${column}" is ${value.slice(0, 80)}, an integer that no double holds exactly`, {
      hint: 'A score is a double. Write it with a decimal point where its last digits do not matter.',
    });
  }
  if (bounds !== undefined && (score < bounds[0] || score > bounds[1])) {
    throw new DataError(`${where}: "${column}" is ${score}, which is not in the range ${bounds[0]} to ${bounds[1]}`);
  }
  return score;
}
