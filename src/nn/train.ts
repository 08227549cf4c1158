import { DataError, InterruptedError } from '../diagnostics/errors.js';
import type { Precision } from '../formats/precision.js';
import type { CurvePoint } from '../formats/step-results.js';
import type { TokenRow } from '../formats/token-rows.js';
import { Turns } from '../formats/turns.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { AdamW } from './adamw.js';
import { type BatchPlan, batchAt, lossWeights, stepCount, targetCount } from './batches.js';
import { GradientNorm } from './gradient-norm.js';
import type { Parameter } from './parameter.js';
import { learningRate, type Schedule } from './schedule.js';
import { loadTrainingState, saveTrainingState } from './training-state.js';

/** Everything that decides what training makes of a model and its data. */
export type TrainingRecipe = Schedule &
  Omit<BatchPlan, 'rows'> & {
    readonly weightDecay: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    /** Largest norm of all gradients together; longer ones are scaled down to it. */
    readonly clip?: number;
    readonly precision: Precision;
    readonly rounding: 'nearest' | 'stochastic';
    readonly lossNormalisation: 'effective-batch' | 'micro-batch';
  };

/** What is trained: a decoder on the device. */
export interface TrainableModel {
  readonly parameters: readonly Parameter[];
  /**
   * Adds `weight` times the gradient of the rows' summed token loss to every parameter's gradient.
   * @returns the summed token loss (natural logarithm), NaN or infinite if it is
   */
  accumulate(rows: readonly TokenRow[], weight: number): Promise<number>;
}

export interface TrainingEnvironment {
  /** Folder of the resumable state between two runs. */
  readonly folder: string;
  /** Optimizer steps between two states. */
  readonly checkpointEvery: number;
  readonly signal: AbortSignal;
  onStep(point: CurvePoint, total: number): void;
  /** There was a state: training goes on behind this step. */
  onResume?(step: number, total: number): void;
}

/**
 * Trains in place and returns the loss curve. State is saved every `checkpointEvery` steps and when the signal aborts; the
 * next call with the same folder goes on from there to the same bits as a run that was never interrupted.
 * @throws InterruptedError once the state is saved, when the signal aborts
 * @throws DataError when a loss, gradient or weight is not finite: names the step and the tensor; nothing of it is saved
 */
export async function train(
  gpu: Gpu,
  model: TrainableModel,
  rows: readonly TokenRow[],
  recipe: TrainingRecipe,
  environment: TrainingEnvironment,
): Promise<readonly CurvePoint[]> {
  const { folder, checkpointEvery, signal, onStep, onResume } = environment;
  const turns = new Turns();
  const total = stepCount({ ...recipe, rows: rows.length });
  const optimizer = await AdamW.create(gpu, model.parameters, recipe.precision, recipe);
  const norm = new GradientNorm(gpu, model.parameters);
  const buffers = stateBuffers(model.parameters, optimizer);
  const restored = await loadTrainingState(gpu, folder, buffers);
  const curve = (restored?.curve ?? []) as CurvePoint[];
  if (restored !== undefined) onResume?.(curve.length, total);
  const save = () => saveTrainingState(gpu, folder, buffers, { curve });
  try {
    let saved = curve.length;
    for (let step = curve.length; step < total; step++) {
      if (signal.aborted) {
        if (curve.length > saved) await save();
        throw new InterruptedError(`Stopped after step ${step} of ${total}`);
      }
      const point = await trainStep(step);
      curve.push(point);
      onStep(point, total);
      if (curve.length - saved >= checkpointEvery && curve.length < total) {
        await save();
        saved = curve.length;
      }
    }
  } finally {
    norm.release();
    optimizer.release();
  }
  return curve;

  async function trainStep(step: number): Promise<CurvePoint> {
    const batches = batchAt({ ...recipe, rows: rows.length }, step).map((batch) => batch.map((row) => rows[row]!));
    const weights = lossWeights(
      batches.map((batch) => batch.reduce((sum, row) => sum + targetCount(row), 0)),
      recipe.lossNormalisation,
    );
    for (const parameter of model.parameters) {
      // The first step allocates the gradients.
      await turns.take();
      gpu.clear(parameter.gradient);
    }
    let loss = 0;
    for (const [index, batch] of batches.entries()) {
      // Without a target there is no gradient: the passes would be wasted.
      if (weights[index] === 0) continue;
      loss += weights[index]! * (await model.accumulate(batch, weights[index]!));
    }
    const at = `step ${step + 1} of ${total}`;
    if (!Number.isFinite(loss)) throw diverged(`The loss of ${at} is ${loss}`);
    const gradientNorm = await norm.measure().catch(rethrow(at));
    const rate = learningRate(recipe, step, total);
    const scale = recipe.clip === undefined ? 1 : Math.min(1, recipe.clip / (gradientNorm + 1e-6));
    await optimizer.update(step + 1, rate, scale).catch(rethrow(at));
    const tokens = batches.flat().reduce((sum, row) => sum + row.inputIds.length, 0);
    return { step: step + 1, loss, learningRate: rate, gradientNorm, tokens };
  }
}

function stateBuffers(parameters: readonly Parameter[], optimizer: AdamW): Map<string, DeviceBuffer> {
  const weights = parameters.map(({ name, weights: buffer }) => [`weights/${name}`, buffer] as const);
  return new Map([...weights, ...optimizer.state()]);
}

function rethrow(at: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof DataError) throw diverged(`${error.message} in ${at}`);
    throw error;
  };
}

function diverged(message: string): DataError {
  return new DataError(message, {
    hint: 'Training diverged: lower `lr`, lengthen `warmup`, or set `clip`; `f32` precision rules out rounding.',
  });
}
