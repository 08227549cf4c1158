import type { FewShot, QuestionForm } from '../eval/few-shot.js';
import type { PromptTemplate } from '../formats/dataset-choices.js';
import type { ProjectionMode, Side } from '../formats/projection.js';
import type { RubricChoice, Sampling } from '../formats/response-choices.js';

/** Parameters of the steps that run models, beside params.ts. */

/**
 * The model that a step runs. `whole`: input `model` (`*`). `projected`: made in memory and never written; see ProjectedModel.
 */
export type ModelRecipe = WholeModel | ProjectedModel;

export type WholeModel = {
  readonly kind: 'whole';
  /** Weights are rounded to this type. */
  readonly heldAs?: 'F16';
};

/**
 * θ_A + Δ_proj. Inputs `from`, `to` (`*`, the ends of Δ; config.json, tokenizer and tensors that Δ does not have are those of
 * `from`), for every tensor with a rank `basis/<tensor>` (as `basis` of EnergyParams) and, of a singular basis,
 * `s/<tensor>`; where some tensor has none and there is no `gaussian`, `onto-from` and `onto-to` (`*`).
 */
export type ProjectedModel = {
  readonly kind: 'projected';
  readonly mode: ProjectionMode;
  /** A 1-D tensor is a column, projected from the left whatever this says. */
  readonly side: Side;
  /** By tensor of the update; null: scalar projection onto the matrix that the subspace was made of; see `scalar` of EnergyParams. */
  readonly ranks: { readonly [tensor: string]: number | null };
  /** Seed of the Gaussian matrices that null projects onto; absent: the subspace's own update. The tensor's name is the stream. */
  readonly gaussian?: number;
  /** Random-K: seed by which the basis columns of every tensor are permuted first; the tensor's name is the stream. */
  readonly permute?: number;
  readonly heldAs?: 'F16';
  readonly castUpdate?: 'F16';
  /** See EnergyParams. */
  readonly zeroAsUnits?: true;
};

/** `project[model]`: inputs as ProjectedModel says → `tensor/*`, `file/*`. */
export type ProjectParams = { readonly model: ProjectedModel };

/**
 * `generate[metric,model]`: the model's inputs, `rows`, and `examples` where they are drawn from another dataset →
 * `responses`, GeneratedRow lines.
 */
export type GenerateParams = {
  readonly model: ModelRecipe;
  readonly dataset: string;
  readonly prompts:
    | { readonly column: string; readonly template: PromptTemplate }
    | { readonly questions: QuestionForm; readonly fewshot: FewShot };
  /** Rows, from the first on; null: all. */
  readonly limit: number | null;
  readonly maxTokens: number;
  /** Texts that end a response; they are no part of it. */
  readonly stop: readonly string[];
  /** null: greedy. */
  readonly sampling: (Sampling & { readonly [field: string]: number | null }) | null;
};

/** `model-judge[metric,model]`: the judging model's inputs, `rows`, `responses` → `scores` (1 … 5), `items`. */
export type ModelJudgeParams = {
  /** The judge. */
  readonly model: ModelRecipe;
  readonly dataset: string;
  /** Column of what was asked. */
  readonly prompt: string;
  readonly rubric: RubricChoice;
  readonly template: 'chat' | 'raw';
  readonly maxTokens: number;
};

/** `loss[metric,model]`: the model's inputs and `tokens` (`*` of a tokenise step) → `scores`: mean loss a row, weighted by its targets. */
export type LossParams = { readonly model: ModelRecipe };

/**
 * `activations[metric,model,prompts]`: the model's inputs and `rows` → `hidden/0` … `hidden/<layers>` F32 [prompts, hidden]:
 * Hᵀ, the hidden state of one token a prompt at every depth.
 */
export type ActivationsParams = {
  readonly model: ModelRecipe;
  readonly dataset: string;
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** Tokens of a prompt; of longer ones the beginning is cut off. */
  readonly maxLength: number;
  /** null: the last token of the prompt. Else the last of at most so many that the model generates. */
  readonly maxTokens: number | null;
  /**
   * Published code: the last position of batches of so many prompts, in their order, padded to the longest of them. Of a prompt that
   * is not the longest that is padding, which sees the prompt.
   */
  readonly padded?: { readonly batch: number };
  /** Hidden states are rounded to this type. */
  readonly heldAs?: 'F16';
};

/**
 * `activation-basis[metric,model,prompts,layer]`: input `hidden` [prompts, hidden] → `u` F32 [hidden, r], `s` F64 [r]: left
 * singular vectors and singular values of H, r = min(prompts, hidden).
 */
export type ActivationBasisParams = {
  /** Subtracts the mean of H's columns first. */
  readonly centre: boolean;
};
