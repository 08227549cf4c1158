import type { RefusalPhrases } from '../../formats/response-choices.js';
import type { JudgeKind } from './kind.js';

/** Judges by what a response says: refusals, and a word that it must contain. */
export interface RulesJudge {
  readonly kind: 'rules';
  readonly refusals: RefusalPhrases;
  /** The column with the word of each row. */
  readonly contains?: string;
}

export interface RawRulesJudge {
  readonly rules: { readonly refusals: RulesJudge['refusals']; readonly contains?: string };
}

export const rules: JudgeKind<RulesJudge, RawRulesJudge> = {
  resolve(_scope, { rules: { refusals, contains } }) {
    return { kind: 'rules', refusals, ...(contains === undefined ? {} : { contains }) };
  },
  models: () => [],
  numbers: () => [],
};
