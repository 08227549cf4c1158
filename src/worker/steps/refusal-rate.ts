import { refusalIn } from '../../eval/refusals.js';
import type { RefusalRateParams } from '../../steps/refusal-rate.js';
import type { StepContext } from '../step-context.js';
import { readResponses, writeScores } from './responses.js';

export async function scoreRefusals(context: StepContext<RefusalRateParams>): Promise<void> {
  const { dataset, phrases } = context.params;
  const { responses } = await readResponses(context, dataset);
  const items = responses.map(({ given, response }) => {
    if (response.trim() === '') return { prompt: given, response, score: null, phrase: null };
    const phrase = refusalIn(response, phrases) ?? null;
    return { prompt: given, response, score: phrase === null ? 0 : 1, phrase };
  });
  const scores = items.map(({ score }) => score);
  await writeScores(context, scores, items);
}
