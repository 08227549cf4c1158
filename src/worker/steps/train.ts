import type { Artifacts } from '../../formats/artifact.js';
import { tensorNames } from '../../formats/model-artifacts.js';
import { parseModelConfig, withWeightType } from '../../formats/model-config.js';
import { precisions } from '../../formats/precision.js';
import type { LossCurve } from '../../formats/step-results.js';
import type { TokenRow } from '../../formats/token-rows.js';
import { batchAt, stepCount, targetCount } from '../../nn/batches.js';
import { Decoder } from '../../nn/decoder.js';
import { checkMemory, describeMemory } from '../../nn/memory-plan.js';
import { checkRows } from '../../nn/rows-that-fit.js';
import { train } from '../../nn/train.js';
import type { TrainHints, TrainParams } from '../../steps/train.js';
import type { StepContext } from '../step-context.js';
import { configOf, storedWeights, weightsAs } from './model-input.js';
import { checkLengths, tokenRows } from './token-input.js';

export async function runTrain(context: StepContext<TrainParams, TrainHints>): Promise<void> {
  const recipe = context.params;
  const { checkpointEvery, activationCheckpointing } = context.hints;
  const parent = context.inputs('parent');
  const config = await configOf(context, parent);
  const rows = await tokenRows(context);
  checkLengths(rows, config);
  const gpu = await context.gpu();
  const largest = largestBatch(rows, recipe);
  checkRows(gpu, config, largest.tokens);
  const plan = checkMemory(config, recipe.precision, largest, activationCheckpointing, gpu.memoryBudget);
  context.log(describeMemory(plan));
  const rounding = startRounding(parent, recipe.precision);
  if (rounding !== undefined) context.log(rounding);

  const type = precisions[recipe.precision].weights;
  const decoder = await Decoder.create(gpu, config, { type, activationCheckpointing }, (name, shape) =>
    storedWeights(context, parent, name, shape).then((stored) => weightsAs(stored, type)),
  );
  const speed = new Speed();
  try {
    const curve = await train(gpu, decoder, rows, recipe, {
      folder: await context.scratch(),
      checkpointEvery,
      signal: context.signal,
      onResume: (step, total) => context.log(`going on from the state behind step ${step} of ${total}`),
      onStep: (point, total) => {
        const tokens = speed.tokensPerSecond(point.tokens);
        const note = `loss ${point.loss.toPrecision(4)}, ${tokens} tokens/s`;
        context.progress({ done: point.step, total, unit: 'steps', note });
      },
    });
    await writeModel(context, decoder, parent);
    await context.write('curve', Buffer.from(JSON.stringify(curve satisfies LossCurve)));
  } finally {
    decoder.release();
  }
}

/**
 * What to say of a start whose weights have more digits than training keeps: the f32 copy of `bf16-weights` begins with the
 * rounded ones, too. Undefined when nothing is rounded.
 */
export function startRounding(parent: Artifacts, precision: TrainParams['precision']): string | undefined {
  const { weights } = precisions[precision];
  if (weights === 'F32') return undefined;
  const types = tensorNames(parent).flatMap((name) => parent[`tensor/${name}`]!.tensor?.dtype ?? []);
  const finer = [...new Set(types.filter((type) => type === 'F64' || type === 'F32' || type === 'F16'))].sort();
  if (finer.length === 0) return undefined;
  return `precision ${precision} rounds the start from ${finer.join(' and ')} to ${weights}: the update holds this rounding, too`;
}

function largestBatch(rows: readonly TokenRow[], recipe: TrainParams) {
  const plan = { ...recipe, rows: rows.length };
  const largest = { rows: 1, tokens: 0, targets: 0 };
  // Every row comes once an epoch: looking further than one changes little, and the buffers grow when they must.
  const steps = Math.min(
    stepCount(plan),
    stepCount({ rows: rows.length, batch: recipe.batch, accumulate: recipe.accumulate, order: 'as-is', seed: 0 }),
  );
  for (let step = 0; step < steps; step++) {
    for (const batch of batchAt(plan, step)) {
      largest.rows = Math.max(largest.rows, batch.length);
      largest.tokens = Math.max(
        largest.tokens,
        batch.reduce((sum, row) => sum + rows[row]!.inputIds.length, 0),
      );
      largest.targets = Math.max(
        largest.targets,
        batch.reduce((sum, row) => sum + targetCount(rows[row]!), 0),
      );
    }
  }
  return largest;
}

async function writeModel(context: StepContext, decoder: Decoder, parent: Artifacts): Promise<void> {
  for (const parameter of decoder.parameters) {
    const { name, type, shape } = parameter;
    await context.write(`tensor/${name}`, await decoder.weightsOf(parameter), { dtype: type, shape });
  }
  for (const [output, artifact] of Object.entries(parent)) {
    if (!output.startsWith('file/')) continue;
    if (output === 'file/config.json') await writeConfig(context, artifact, decoder.parameters[0]!.type);
    else context.reference(output, artifact);
  }
}

/** The parent's config.json with the type of these weights. */
async function writeConfig(context: StepContext, artifact: Artifacts[string], type: 'F32' | 'BF16'): Promise<void> {
  const config = parseModelConfig(await context.read(artifact), 'config.json');
  await context.write('file/config.json', Buffer.from(`${JSON.stringify(withWeightType(config, type), null, 2)}\n`));
}

/** Tokens a second over the last few steps. */
class Speed {
  readonly #marks: { readonly time: number; readonly tokens: number }[] = [];
  #tokens = 0;

  tokensPerSecond(tokens: number): number {
    this.#tokens += tokens;
    this.#marks.push({ time: performance.now(), tokens: this.#tokens });
    if (this.#marks.length > 20) this.#marks.shift();
    const first = this.#marks[0]!;
    const last = this.#marks.at(-1)!;
    return last.time === first.time ? 0 : Math.round((1000 * (last.tokens - first.tokens)) / (last.time - first.time));
  }
}
