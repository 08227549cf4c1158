import { decodeRows, encodeRows } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import { rowGroups, rowName } from '../../eval/choice-prompts.js';
import { choicesOf, rightChoices } from '../../eval/choice-question.js';
import { choiceScore, likeliest } from '../../eval/multiple-choice.js';
import type { ChoiceLikelihoods } from '../../steps/choice-likelihoods.js';
import type { MultipleChoiceParams } from '../../steps/multiple-choice.js';
import type { NamedScores, Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';

export async function scoreChoices(context: StepContext<MultipleChoiceParams>): Promise<void> {
  const { dataset: name, columns, answer, groups, scores: names } = context.params;
  const rows = decodeRows(await context.read(context.input('rows')));
  const lines = decodeRows(await context.read(context.input('likelihoods'))) as unknown as readonly ChoiceLikelihoods[];
  const scored = lines.map(({ row: position, choices, logLikelihoods }) => {
    const where = rowName(name, position);
    const row = rows[position];
    if (row === undefined) throw new DataError(`${where} is not there: the dataset has ${rows.length} rows`);
    const right = rightChoices(row, answer, choicesOf(row, columns, where), columns.labels !== undefined, where);
    const question = { choices, logLikelihoods, right };
    return { row, question, values: names.map((score) => choiceScore(score, question, where)) };
  });
  const valuesOf = (score: number) => scored.map(({ values }) => values[score]!);
  const [, ...further] = names;
  const scores: Scores = {
    values: valuesOf(0),
    ...(further.length > 0 && {
      named: Object.fromEntries(
        further.map((score, at): [string, NamedScores] => [score, { values: valuesOf(at + 1), bounds: [0, 1] }]),
      ),
    }),
    ...(groups !== undefined && {
      groups: Object.fromEntries(rowGroups({ rows: scored.map(({ row }) => row), name }, groups)),
    }),
  };
  await context.write('scores', new TextEncoder().encode(JSON.stringify(scores)));
  const items = scored.map(({ row, question: { choices, logLikelihoods, right }, values }, index) => {
    const { row: position, context: prompt } = lines[index]!;
    // Beside a log-likelihood lm-evaluation-harness says whether greedy decoding gives the choice: here nobody asks.
    const responses = logLikelihoods.map((sum) => [sum, null]);
    return {
      prompt,
      response: choices[likeliest({ choices, logLikelihoods, right })]!,
      score: values[0]!,
      doc_id: position,
      doc: row,
      target: right.length === 1 ? String(right[0]) : JSON.stringify(right),
      choices: [...choices],
      resps: responses.map((one) => [one]),
      filtered_resps: responses,
      ...Object.fromEntries(names.map((score, at) => [score, values[at]!])),
    };
  });
  await context.write('items', encodeRows(items));
}
