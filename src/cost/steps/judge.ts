import { rubricOf } from '../../eval/rubrics/registry.js';
import { atEnd, type CostOf } from '../costed-step.js';
import { jsonLines, rowsOf } from '../rows.js';
import { product, work } from '../work.js';
import { scoreFile } from './scored.js';
import { storing } from './stored.js';

/** Questions to a server, one a response that is not answered yet; or rules on the host. */
export const judge: CostOf<'judge'> = (step) => {
  const rows = rowsOf(step, 'responses');
  const { judge: by, dataset } = step.params;
  const outputs = { scores: scoreFile(rows), items: jsonLines(rows) };
  if (!('openai' in by)) return storing(work({ host: { characters: step.input('responses').bytes } }), outputs);
  // Equal responses are one question; an answer that was kept is none.
  const requests = atEnd(step, Math.min(1, rows), rows);
  step.unknown('questions to judges', 'at most one a response: equal ones are asked once');
  const promptTokens = step.assumed('prompt-tokens');
  const bound =
    'a token a byte of the rubric, the tokens of prompt and response as the model counts them, and max-tokens';
  step.unknown(
    `tokens of questions to judges about ${dataset}`,
    promptTokens === undefined
      ? 'nothing bounds its prompts; `--assume prompt-tokens=N` sets them'
      : `at most ${bound}`,
  );
  const rubric = rubricOf(by.openai.rubric).messages({ prompt: '', response: '' });
  const rubricBytes = rubric.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const asked = promptTokens ?? atEnd(step, 1, Number.POSITIVE_INFINITY);
  const longest = step.input('responses').lengths?.longest ?? 0;
  const tokens = asked + atEnd(step, 2, rubricBytes + longest + by.openai.maxTokens);
  return storing(work({ requests, judgeTokens: product(requests, tokens) }), outputs);
};
