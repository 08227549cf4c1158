import type { PromptTemplate } from '../formats/dataset-choices.js';
import { modelInputs } from './recipes/registry.js';
import type { WholeModel } from './recipes/whole.js';
import { defineStep } from './step.js';

export type SelectDirectionParams = {
  readonly model: WholeModel;
  /** Origin of each candidate. */
  readonly candidates: readonly { readonly layer: number; readonly position: number }[];
  /** Names of the two sets that candidates are validated on, for messages. */
  readonly datasets: readonly [string, string];
  readonly prompt: string;
  readonly template: PromptTemplate;
  readonly maxLength: number;
  /** Rows of each set, from the first on. */
  readonly limit: number;
  /** Texts whose first tokens begin what the direction stands for. */
  readonly refusals: readonly string[];
  /** Largest KL divergence, in nats, and least score of the second set with a candidate added. */
  readonly largestDivergence: number;
  readonly leastInduced: number;
};

/**
 * `select-direction[subspace]`: of differences r of mean hidden states the one whose ablation lowers the refusal score of the first
 * validation set most (Arditi et al. 2024, appendix C), among those that leave the second set's next tokens nearly as they were and
 * that, added to the stream that enters their layer, bring refusals about there. Refusal score of a prompt: ln(p + 1e-8) −
 * ln(1 − p + 1e-8), p the probability of the tokens that begin refusals. Ablation: r̂ is taken out of all that is written to the
 * residual stream while the model runs, which leaves the weights, and a tied output layer, as they are.
 */
export const selectDirection = defineStep<SelectDirectionParams>({
  kind: 'select-direction',
  revision: 1,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    'a/<candidate>': '[prompts, hidden] of the first set, candidate 0, 1, …',
    'b/<candidate>': '[prompts, hidden] of the second set',
    harmful: 'JSON lines of the first validation set',
    harmless: 'JSON lines of the second',
  },
  outputs: {
    q: 'F32 [hidden, 1]: r̂ of the candidate that is chosen',
    'candidates.csv': 'one line a candidate: its scores, and what became of it',
  },
});
