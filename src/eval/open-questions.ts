import { decodeRows, textOf } from '../data/row.js';
import type { Digest } from '../formats/digest.js';
import { OpenAiJudge, type OpenAiJudgeConfig } from './openai-judge.js';
import { VerdictFolder } from './verdict-cache.js';

/**
 * How many questions a judge would have to be asked about responses that are there, and how many of them it has answered
 * before. A response that occurs twice is one question.
 *
 * @param rows, responses Contents of the artifacts of these names.
 * @param column Of the rows: what the responses answer.
 * @param folder Where answers are kept.
 * @param asked Questions that other responses ask already, which cost nothing more; those of these are added.
 */
export async function openQuestions(
  config: OpenAiJudgeConfig,
  { rows, responses }: { readonly rows: Uint8Array; readonly responses: Uint8Array },
  { dataset, column }: { readonly dataset: string; readonly column: string },
  folder: string,
  asked: Set<Digest> = new Set(),
): Promise<{ readonly open: number; readonly kept: number }> {
  const prompts = decodeRows(rows);
  const items = decodeRows(responses).map(({ response }, index) => ({
    prompt: textOf(prompts[index] ?? {}, column, `${dataset}: row ${index + 1}`),
    response: String(response),
  }));
  const judge = new OpenAiJudge(config, { concurrency: 1 });
  const cache = new VerdictFolder(folder);
  const keys = new Set(items.map((item) => judge.questionKey(item)));
  let [open, kept] = [0, 0];
  for (const key of keys) {
    if ((await cache.get(key)) !== undefined) kept++;
    else if (!asked.has(key)) open++;
    asked.add(key);
  }
  return { open, kept };
}
