import { decodeRows, encodeRows, type Row } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import type { JsonObject } from '../../formats/json.js';
import type { GeneratedRow } from '../../steps/generate.js';
import type { Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';

export interface Response {
  readonly row: Row;
  /** The row in errors: `gsm8k: row 3`. */
  readonly where: string;
  /** What the model was given. */
  readonly given: string;
  readonly response: string;
}

/** The responses with the rows that they answer: all of a dataset's, or the first ones. */
export async function readResponses(
  context: StepContext,
  dataset: string,
): Promise<{ rows: Row[]; responses: Response[] }> {
  const rows = decodeRows(await context.read(context.input('rows')));
  const generated = decodeRows(await context.read(context.input('responses'))) as unknown as readonly GeneratedRow[];
  if (generated.length > rows.length) {
    throw new DataError(`${generated.length} responses to the ${rows.length} rows of ${dataset}`);
  }
  const responses = generated.map(({ prompt, response }, index) => ({
    row: rows[index]!,
    where: `${dataset}: row ${index + 1}`,
    given: prompt,
    response,
  }));
  return { rows, responses };
}

/** Writes what every scoring step gives. @param more a scale of its own, and further scores by name */
export async function writeScores(
  context: StepContext,
  values: readonly (number | null)[],
  items: readonly JsonObject[],
  more: Pick<Scores, 'bounds' | 'named'> = {},
): Promise<void> {
  const scores: Scores = { values, ...more };
  await context.write('scores', new TextEncoder().encode(JSON.stringify(scores)));
  await context.write('items', encodeRows(items));
}
