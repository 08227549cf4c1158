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
export type RubricChoice =
  | 'policy'
  | 'harmbench'
  | 'llama-guard'
  | {
      /** One user turn; `{prompt}` and `{response}` are replaced, nothing else is. */
      readonly prompt: string;
      /** Regular expression whose first group is the score, or a key of `scores`. Its last match counts. */
      readonly score: string;
      /** What the group may say, in lower case, and the score that it stands for. */
      readonly scores?: { readonly [said: string]: number };
    };
