import type { SourceRange } from '../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { isRotaryTable } from '../formats/architecture.js';
import { precisions, roundsUpdates } from '../formats/precision.js';
import { tokenizerFileNames } from '../formats/tokenizer-files.js';
import { roundingMatters } from '../formats/warmup-steps.js';
import type { Input } from '../steps/step.js';
import type { TokeniseHints, TokeniseParams } from '../steps/tokenise.js';
import type { TrainParams } from '../steps/train.js';
import type { Semantics } from '../workflow/semantics.js';
import type { Recipe, TokenOptions } from '../workflow/workflow.js';
import type { ModelFacts, TensorFacts } from './facts.js';

/**
 * The step that makes token ids of rows with a model's tokenizer.
 * @throws InvalidWorkflowError, pointing at `range`, when the model has no config.json
 */
export function tokeniseStep(
  {
    id,
    dataset,
    options,
    semantics,
  }: { readonly id: string; readonly dataset: string; readonly options: TokenOptions; readonly semantics: Semantics },
  { name, model, facts, rows }: TokenisedModel,
  range: SourceRange,
) {
  if (!facts.files.has('config.json')) throw withoutConfig(name, facts, range);
  const inputs: Record<string, Input> = {
    rows: { node: rows, output: 'rows' },
    config: { node: model, output: 'file/config.json' },
  };
  for (const file of tokenizerFileNames)
    if (facts.files.has(file)) inputs[file] = { node: model, output: `file/${file}` };
  const merged = semantics === 'paper' ? 'separate' : 'joined';
  const params: TokeniseParams = { dataset: `datasets.${dataset}`, ...options, merged };
  const hints: TokeniseHints = { files: [...facts.files] };
  return { id, kind: 'tokenise' as const, params, inputs, hints };
}

/** The model by whose tokenizer rows become ids. */
interface TokenisedModel {
  readonly name: string;
  /** Its node. */
  readonly model: string;
  readonly facts: ModelFacts;
  /** The node of the rows. */
  readonly rows: string;
}

function withoutConfig(name: string, { leftOut = [] }: ModelFacts, range: SourceRange): InvalidWorkflowError {
  const hint =
    leftOut.length > 0
      ? 'By `names` it is a part of a checkpoint, and config.json describes the whole: it can be compared, not run.'
      : 'Use a complete Hugging Face folder.';
  const message = `model ${name} has no config.json, which it takes to train or run it`;
  return new InvalidWorkflowError([{ severity: 'error', code: 'missing-config', message, range, hint }]);
}

/** The part of a recipe that decides the weights. Another way of rounding enters where it can make another number of steps. */
export function trainParams(recipe: Recipe, seed: number, semantics: Semantics): TrainParams {
  const { lr, schedule, warmup, length, batch, accumulate, lossNormalisation, clip, weightDecay, betas } = recipe;
  const { epsilon, precision, rounding, order } = recipe;
  const steps = 'steps' in length ? length.steps : undefined;
  return {
    kind: schedule,
    peak: lr,
    warmup,
    ...(semantics === 'reference' && roundingMatters(warmup, steps) ? { warmupOfProduct: true } : {}),
    ...length,
    batch,
    accumulate,
    order,
    seed,
    lossNormalisation,
    ...(clip === null ? {} : { clip }),
    weightDecay,
    beta1: betas[0],
    beta2: betas[1],
    epsilon,
    precision,
    // Nothing is rounded in the other precisions: there the choice must not move the key.
    rounding: roundsUpdates(precision) ? rounding : 'nearest',
  };
}

/** A trained model has its parent's tensors in the recipe's precision; a tied head is not stored twice. */
export function factsOfTrained(parent: ModelFacts, { precision }: Recipe): ModelFacts {
  const { tensors, tied } = parent;
  const trained = new Map<string, TensorFacts>();
  for (const [name, { dtype, shape }] of tensors) {
    const isWeight = dtype === 'F32' || dtype === 'BF16' || dtype === 'F16' || dtype === 'F64';
    if (!isWeight || isRotaryTable(name) || (tied && name === 'lm_head.weight')) continue;
    trained.set(name, { dtype: precisions[precision].weights, shape });
  }
  return { ...parent, tensors: trained };
}
