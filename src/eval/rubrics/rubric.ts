import type { ChatMessage } from '../../data/chat-format.js';
import type { JudgeItem, RubricNumbers, Verdict } from '../judge.js';

/** How a language model is asked to judge, and how its answer is read. */
export interface Rubric {
  messages(item: JudgeItem): ChatMessage[];
  /** null when the answer holds no verdict. */
  parse(answer: string): number | null;
  /** What a formula makes the score of. Absent: the answer holds the score itself, 1 … 5. */
  readonly numbers?: RubricNumbers;
}

/** What an answer says, by a rubric. */
export function verdictIn(answer: string, rubric: Rubric): Verdict {
  const numbers = rubric.numbers?.read(answer);
  return { score: rubric.parse(answer), ...(numbers && { numbers }), raw: answer };
}

/** A question of one user turn: a template with the item's texts in place of `{prompt}` and `{response}`. */
export function oneTurn(template: string): Rubric['messages'] {
  return (item) => [
    {
      role: 'user',
      content: template.replace(/\{(prompt|response)\}/g, (_, name: 'prompt' | 'response') => item[name]),
    },
  ];
}
