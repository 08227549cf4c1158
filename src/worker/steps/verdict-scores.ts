import type { RubricNumbers, Verdict } from '../../eval/judge.js';
import type { JsonObject } from '../../formats/json.js';
import type { NamedScores, Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';
import { writeScores } from './responses.js';

/** Writes a judge's verdicts on responses; those of a rubric with a formula with each number as a score by its name. */
export async function writeVerdicts(
  context: StepContext,
  items: readonly { readonly prompt: string; readonly response: string }[],
  verdicts: readonly Verdict[],
  rubric: RubricNumbers | undefined,
): Promise<void> {
  const judged = items.map(({ prompt, response }, at): JsonObject => {
    const { score, numbers, raw } = verdicts[at]!;
    return { prompt, response, score, ...(rubric && { numbers: numbers ?? null }), verdict: raw };
  });
  const scores = verdicts.map(({ score }) => score);
  await writeScores(context, scores, judged, rubric && scaleOf(rubric, verdicts));
}

function scaleOf({ bounds, ranges }: RubricNumbers, verdicts: readonly Verdict[]): Pick<Scores, 'bounds' | 'named'> {
  const named = Object.entries(ranges).map(([name, range]): [string, NamedScores] => [
    name,
    { values: verdicts.map(({ numbers }) => numbers?.[name] ?? null), bounds: range },
  ]);
  return { bounds, named: Object.fromEntries(named) };
}
