import { scoreKinds } from '../../eval/score-kinds.js';
import { type MeasuredScores, measuredScores, type Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';

/** @throws DataError for scores whose weights are not one an item */
export async function readScores(
  context: StepContext,
  input: string,
  kind: keyof typeof scoreKinds,
): Promise<MeasuredScores> {
  const scores = JSON.parse(new TextDecoder().decode(await context.read(context.input(input)))) as Scores;
  return measuredScores(scores, scoreKinds[kind]);
}
