import type { PromptTemplate } from '../formats/dataset-choices.js';
import { defineStep } from './step.js';

export type TokeniseParams = {
  readonly dataset: string;
  readonly template: PromptTemplate;
  readonly maxLength: number;
  readonly overlong: 'truncate' | 'drop' | 'error';
  readonly lossOn: 'response' | 'all';
  readonly eos: boolean;
  /** What becomes of rows whose response merges into the prompt's last token. */
  readonly merged: 'separate' | 'joined';
};

export type TokeniseHints = {
  /** Names of all files of the model, for the error when there is no tokenizer.json: no part of the key. */
  readonly files?: readonly string[];
};

/** `tokenise[dataset,model]`: rows as token ids and labels, by a model's own tokenizer. */
export const tokenise = defineStep<TokeniseParams, TokeniseHints>({
  kind: 'tokenise',
  revision: 3,
  usesDevice: false,
  inputs: {
    rows: 'JSON lines of the dataset',
    config: '`file/config.json` of the model',
    '<file>': "a file of the model's tokenizer, by its name",
  },
  outputs: {
    'input-ids': 'I32 [tokens]',
    labels: 'I32 [tokens], −100 where there is no target',
    offsets: 'I32 [rows + 1]',
    summary: 'JSON: TokeniseSummary',
  },
});
