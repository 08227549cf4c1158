import { textOf } from '../../data/row.js';
import { exactMatch, extractAnswer } from '../../eval/exact-match.js';
import type { ExactMatchParams } from '../../steps/exact-match.js';
import type { StepContext } from '../step-context.js';
import { readResponses, writeScores } from './responses.js';

export async function scoreAnswers(context: StepContext<ExactMatchParams>): Promise<void> {
  const { dataset, answer: column, extract } = context.params;
  const { responses } = await readResponses(context, dataset);
  const items = responses.map(({ row, where, given, response }) => {
    const answer = textOf(row, column, where);
    const score = exactMatch(response, answer, extract) ? 1 : 0;
    return { prompt: given, response, extracted: extractAnswer(response, extract), answer, score };
  });
  const scores = items.map(({ score }) => score);
  await writeScores(context, scores, items);
}
