import type { RubricChoice } from '../../formats/response-choices.js';
import type { Path } from '../document.js';
import { checkPattern } from '../pattern.js';
import type { Scope } from '../scope.js';

/** Tokens that a judge's answer has at most, where the workflow does not say. */
export const defaultVerdictTokens = 1024;

/** A rubric with its pattern checked, and what answers may say in lower case and sorted. */
export function resolveRubric(scope: Scope, rubric: RubricChoice, path: Path): RubricChoice {
  if (typeof rubric === 'string') return rubric;
  checkPattern(scope, rubric.score, 'i', [...path, 'score']);
  if (groupsIn(rubric.score) === 0) {
    const message = 'this regular expression has no group, so no answer of the judge would hold a score';
    scope.refuse([...path, 'score'], 'no-group', message, 'Put round brackets around the score: "score: ([1-5])".');
  }
  const { prompt, score, scores } = rubric;
  if (scores === undefined) return { prompt, score };
  const lowered = Object.entries(scores).map(([said, value]) => [said.toLowerCase(), value] as const);
  return { prompt, score, scores: Object.fromEntries(lowered.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Groups that capture something; undefined for what is no pattern. */
function groupsIn(pattern: string): number | undefined {
  try {
    return new RegExp(`${pattern}|`).exec('')!.length - 1;
  } catch {
    return undefined;
  }
}
