import type { RubricChoice } from '../../formats/response-choices.js';
import { harmbench } from './harmbench.js';
import { llamaGuard } from './llama-guard.js';
import { formulaRubric, scoreRubric } from './own.js';
import { policy } from './policy.js';
import type { Rubric } from './rubric.js';

const rubrics: { readonly [Name in Extract<RubricChoice, string>]: Rubric } = {
  policy,
  harmbench,
  'llama-guard': llamaGuard,
};

/**
 * The forms of judges in use, and one's own. Wordings are our own; who must have the published one to the letter gives it as a
 * rubric of their own. Replies are read without what the judge thought before its answer (`<think>…</think>`), and whatever
 * Markdown or brackets stand around the verdict; one that says two things is invalid.
 */
export function rubricOf(choice: RubricChoice): Rubric {
  if (typeof choice === 'string') return rubrics[choice];
  return 'formula' in choice ? formulaRubric(choice) : scoreRubric(choice);
}
