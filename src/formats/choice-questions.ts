/** What a workflow may choose of multiple-choice questions, as the language, the plan and the steps all read it. */

/** Scores of one question, by the names that they have in the field. */
export type ChoiceScore = 'acc' | 'acc_norm' | 'mc1' | 'mc2';

/** Columns in which a row has its choices. A path is the name of a column, or leads into one: `mc1_targets.choices`. */
export type ChoiceColumns = {
  /** Path of the list of choices, or a path for each choice. */
  readonly choices: string | readonly string[];
  /** Path of the list of their labels; absent: A, B, C … */
  readonly labels?: string;
};

/** How a row becomes a question with continuations that a model finds more or less likely. */
export type ChoiceForm = ChoiceColumns & {
  /** Path. */
  readonly question: string;
  /** Holds `{question}`; may hold `{choices}`, a line a choice with its label, and paths of the row in braces. */
  readonly template: string;
  /** What follows the context and is scored: the text of a choice, or its label. */
  readonly continuation: 'text' | 'label';
  /** Stands before everything; may hold paths of the row in braces. */
  readonly description?: string;
  /** Begins what the model answers, before every choice. */
  readonly prefix?: string;
  /** The question is a user's turn in the tokenizer's chat template. */
  readonly chat?: true;
  /** Path of the group that a row belongs to. */
  readonly groups?: string;
};

/** Worked examples before each question. */
export type ChoiceExamples = {
  readonly n: number;
  /** Path of the right answer. */
  readonly answer: string;
  /** `first`: the first rows; else drawn with this seed. */
  readonly pick: 'first' | { readonly seed: number };
};
