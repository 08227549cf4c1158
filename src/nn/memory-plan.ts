import { EnvironmentError } from '../diagnostics/errors.js';
import { architectureTensors } from '../formats/architecture.js';
import { formatBytes } from '../formats/byte-size.js';
import { type Precision, precisions } from '../formats/precision.js';
import { elementCount } from '../formats/tensor.js';
import { activationNumbers } from './activations.js';
import { optimizerBytesPerWeight } from './adamw.js';
import type { DecoderConfig } from './config.js';
import { storageBytes } from './parameter.js';

/** The largest micro-batch of a training run. */
export interface BatchSize {
  readonly tokens: number;
  readonly targets: number;
}

/** Device memory of a training run, in bytes, before anything is allocated. */
export interface MemoryPlan {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly logits: number;
  readonly total: number;
}

/** Bytes that the logits of one window of the vocabulary may take. */
const largestLogits = 64 * 2 ** 20;
/** Token ids of a window at least. */
const leastWindow = 128;

/** Token ids whose logits are made at a time for so many rows. */
export function logitWindow(rows: number): number {
  return Math.max(leastWindow, Math.floor(largestLogits / (4 * Math.max(1, rows))));
}

/** Bytes of the logits that stand at a time for so many rows. */
export function logitBytes(rows: number, vocabulary: number): number {
  return Math.min(Math.max(largestLogits, 4 * leastWindow * rows), 4 * rows * vocabulary);
}

export function memoryPlan(
  config: DecoderConfig,
  precision: Precision,
  { tokens, targets }: BatchSize,
  activationCheckpointing: boolean,
): MemoryPlan {
  const count = [...architectureTensors(config).values()].reduce((sum, shape) => sum + elementCount(shape), 0);
  const { hidden, heads, kvHeads, headDim, mlp, layers, vocabulary } = config;
  const { layer, entry } = activationNumbers(config);
  const kept = (activationCheckpointing ? 1 : layers) * layer + layers * entry;
  const around = 4 * hidden + 1;
  const backward = 2 * hidden + 2 * heads * headDim + 2 * kvHeads * headDim + heads + mlp;
  const weights = storageBytes(count, precisions[precision].weights);
  const gradients = 4 * count;
  const optimizer = count * optimizerBytesPerWeight(precision);
  const activations = 4 * (tokens * (kept + around + backward) + targets * (2 * hidden + 6));
  const logits = logitBytes(targets, vocabulary);
  return {
    weights,
    gradients,
    optimizer,
    activations,
    logits,
    total: weights + gradients + optimizer + activations + logits,
  };
}

/** One line a reader can add up. */
export function describeMemory({ weights, gradients, optimizer, activations, logits, total }: MemoryPlan): string {
  const parts = { weights, gradients, optimizer, activations, logits };
  const text = Object.entries(parts).map(([name, bytes]) => `${name} ${formatBytes(bytes)}`);
  return `device memory ${formatBytes(total)}: ${text.join(', ')}`;
}

/**
 * @throws EnvironmentError when training needs more than `budget` bytes: names the plan, and the first of checkpointing, a
 * smaller batch and a smaller precision that would fit
 */
export function checkMemory(
  config: DecoderConfig,
  precision: Precision,
  batch: BatchSize & { readonly rows: number },
  activationCheckpointing: boolean,
  budget: number,
): MemoryPlan {
  const plan = memoryPlan(config, precision, batch, activationCheckpointing);
  if (plan.total <= budget) return plan;
  const single = { tokens: Math.ceil(batch.tokens / batch.rows), targets: Math.ceil(batch.targets / batch.rows) };
  const alternatives: [advice: string, plan: MemoryPlan][] = [
    ['activation-checkpointing: true', memoryPlan(config, precision, batch, true)],
    ['batch: 1 (with more accumulate) and activation-checkpointing: true', memoryPlan(config, precision, single, true)],
    ['precision: bf16, batch: 1 and activation-checkpointing: true', memoryPlan(config, 'bf16', single, true)],
  ];
  const fitting = alternatives.find(([, alternative]) => alternative.total <= budget);
  throw new EnvironmentError(
    `Training needs more than the device's budget of ${formatBytes(budget)}: ${describeMemory(plan)}`,
    {
      hint:
        fitting === undefined
          ? 'No recipe fits: use a smaller model or a device with more memory.'
          : `Set ${fitting[0]} in the recipe: ${formatBytes(fitting[1].total)}.`,
    },
  );
}
