import { DataError } from '../../diagnostics/errors.js';
import { Formula } from '../../formats/formula.js';
import type { FormulaRubric, ScoreRubric } from '../../formats/response-choices.js';
import { withinTime } from '../../formats/time-limit.js';
import type { Score } from '../judge.js';
import { answerIn, scoreOf, withoutMarks } from '../judge-answer.js';
import { oneTurn, type Rubric } from './rubric.js';

/**
 * A score that the answer holds. The pattern looks at the answer without Markdown, so that `mark: **4**` is `mark: 4`; where
 * it finds nothing, it may be about the Markdown, and looks at the answer as it is.
 */
export function scoreRubric({ prompt, score, scores }: ScoreRubric): Rubric {
  const said = groupOf('score', score);
  return {
    messages: oneTurn(prompt),
    parse(reply) {
      const found = said(answerIn(reply));
      if (found === undefined) return null;
      if (scores === undefined) return scoreOf(found);
      const meant = found.trim().toLowerCase();
      return Object.hasOwn(scores, meant) ? (scores[meant] as Score) : null;
    },
  };
}

/**
 * Each number is read like a score of one's own, from the last match of its pattern, and must lie in its range. The score is the
 * formula of all of them.
 */
export function formulaRubric({ prompt, numbers, formula: text }: FormulaRubric): Rubric {
  const formula = new Formula(text);
  const fields = Object.entries(numbers).map(([name, { pattern, range }]) => {
    return { name, range, said: groupOf(name, pattern) };
  });
  const ranges = Object.fromEntries(fields.map(({ name, range }) => [name, range]));
  const bounds = formula.range(ranges);
  const read = (reply: string) => {
    const answer = answerIn(reply);
    const found: Record<string, number> = {};
    for (const { name, range, said } of fields) {
      const number = numberIn(said(answer));
      if (number === undefined || number < range[0] || number > range[1]) return null;
      found[name] = number;
    }
    return found;
  };
  return {
    messages: oneTurn(prompt),
    parse(reply) {
      const found = read(reply);
      // Round-off must not take the value beyond the bounds that its ends round to.
      return found === null ? null : Math.min(bounds[1], Math.max(bounds[0], formula.value(found)));
    },
    numbers: { bounds, ranges, read },
  };
}

/** A decimal number and nothing else, but for a full stop that ends a sentence. */
function numberIn(said: string | undefined): number | undefined {
  return said !== undefined && /^\s*-?\d+(\.\d+)?\.?\s*$/.test(said) ? Number.parseFloat(said) : undefined;
}

/** Finds the first group of a pattern's last match, undefined where there is none. @param what it is the pattern of */
function groupOf(what: string, source: string): (answer: string) => string | undefined {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, 'gi');
  } catch (cause) {
    throw new DataError(`The rubric's ${what} is not a regular expression: ${(cause as Error).message}`, { cause });
  }
  return (answer) =>
    withinTime(
      () => lastGroup(withoutMarks(answer), pattern) ?? lastGroup(answer, pattern),
      () => `The pattern of the rubric's \`${what}\`, ${pattern},`,
    );
}

function lastGroup(answer: string, pattern: RegExp): string | undefined {
  return [...answer.matchAll(pattern)].at(-1)?.[1];
}
