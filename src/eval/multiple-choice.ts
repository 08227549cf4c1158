import { characters } from '../data/python-text.js';
import { DataError } from '../diagnostics/errors.js';
import type { ChoiceScore } from '../formats/choice-questions.js';

/** One question with what a model makes of its choices. */
export interface AnsweredQuestion {
  /** What was scored of each choice, without what stands between it and the context. */
  readonly choices: readonly string[];
  /** ln P(choice | context) of each. */
  readonly logLikelihoods: readonly number[];
  /** Positions of the right choices, at least one. */
  readonly right: readonly number[];
}

/** The position of the likeliest choice, the first of several. */
export function likeliest({ logLikelihoods }: AnsweredQuestion): number {
  return firstLargest(logLikelihoods);
}

/**
 * A score of one question, from 0 to 1, as lm-evaluation-harness defines it:
 * - acc: 1 where the likeliest choice is right;
 * - acc_norm: 1 where the choice of the largest log-likelihood a character is right;
 * - mc1: as acc, of a question with one right choice;
 * - mc2: Σ P(right) / Σ P.
 * Of equal ones the first counts.
 * @param where names the row in errors
 * @throws DataError for mc1 of several right choices, and for mc2 without a wrong one
 */
export function choiceScore(name: ChoiceScore, question: AnsweredQuestion, where: string): number {
  return scores[name](question, where);
}

const scores: { readonly [K in ChoiceScore]: (question: AnsweredQuestion, where: string) => number } = {
  acc: (question) => Number(question.right.includes(likeliest(question))),
  acc_norm({ choices, logLikelihoods, right }) {
    const perCharacter = logLikelihoods.map((sum, index) => sum / characters(choices[index]!));
    return Number(right.includes(firstLargest(perCharacter)));
  },
  mc1(question, where) {
    if (question.right.length > 1) {
      throw new DataError(`${where}: ${question.right.length} choices are right, and mc1 is of one`, {
        hint: 'Name the columns of questions with one right choice, such as mc1_targets, or the score acc or mc2.',
      });
    }
    return scores.acc(question, where);
  },
  mc2({ choices, logLikelihoods, right }, where) {
    if (right.length === choices.length) {
      throw new DataError(`${where}: all choices are right, so that mc2 is 1 whatever the model`, {
        hint: 'Leave such rows out with `where`.',
      });
    }
    // In units of the likeliest: whole sentences have likelihoods below what a double can hold.
    const largest = Math.max(...logLikelihoods);
    const shares = logLikelihoods.map((sum) => Math.exp(sum - largest));
    const all = shares.reduce((sum, share) => sum + share, 0);
    return right.reduce((sum, index) => sum + shares[index]!, 0) / all;
  },
};

function firstLargest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
