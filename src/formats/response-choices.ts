/** What a workflow may choose of responses and how they are scored, as the language, the plan and the steps all read it. */

/** How tokens are drawn. */
export interface Sampling {
  /** Above 0: logits are divided by it. */
  readonly temperature: number;
  /** The smallest set of the likeliest tokens whose probabilities reach it is drawn from; 1: all. */
  readonly topP: number;
  /** Only so many of the likeliest tokens are drawn from; null: all. */
  readonly topK: number | null;
  readonly seed: number;
}

/** How the answer is found in a response. */
export type AnswerFilter = 'flexible' | 'strict' | { readonly regex: string; readonly take: 'first' | 'last' };

/** Phrases that refuse: a published list by its name, or a list of one's own. */
export type RefusalPhrases = 'gcg' | 'qi' | readonly string[];

/** How a language model is asked to judge, and how its answer is read. */
export type RubricChoice = 'policy' | 'harmbench' | 'llama-guard' | ScoreRubric | FormulaRubric;

/** A question whose answer holds one score from 1 to 5. */
export type ScoreRubric = {
  /** One user turn; `{prompt}` and `{response}` are replaced, nothing else is. */
  readonly prompt: string;
  /** Regular expression whose first group is the score, or a key of `scores`. Its last match counts. */
  readonly score: string;
  /** What the group may say, in lower case, and the score that it stands for. */
  readonly scores?: { readonly [said: string]: number };
};

/** A question whose answer holds several numbers, of which a formula makes the score. */
export type FormulaRubric = {
  /** Question, as in ScoreRubric. */
  readonly prompt: string;
  readonly numbers: { readonly [name: string]: NumberInAnswer };
  /** Arithmetic on the numbers, as formula.ts reads it. */
  readonly formula: string;
};

export type NumberInAnswer = {
  /** Regular expression whose first group is the number. Its last match counts. */
  readonly pattern: string;
  /** Least and largest; an answer with another number is invalid. */
  readonly range: readonly [number, number];
};
