import { DataError } from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import { type FloatType, fromFloat32, isFloatType, toFloat32 } from '../../formats/float-conversion.js';
import { parseModelConfig } from '../../formats/model-config.js';
import { type TokenRow, unpackTokenRows } from '../../formats/token-rows.js';
import { batchAt, stepCount, targetCount } from '../../nn/batches.js';
import { type DecoderConfig, decoderConfig } from '../../nn/config.js';
import { Decoder } from '../../nn/decoder.js';
import { checkMemory, describeMemory } from '../../nn/memory-plan.js';
import { type CurvePoint, train } from '../../nn/train.js';
import type { TrainHints, TrainParams } from '../params.js';
import type { StepContext } from '../step.js';

export async function runTrain(context: StepContext): Promise<void> {
  const recipe = context.params as TrainParams;
  const { checkpointEvery, activationCheckpointing } = context.hints as TrainHints;
  const parent = context.inputs('parent');
  const config = await configOf(context, parent);
  const rows = await tokenRows(context);
  checkLengths(rows, config);
  const gpu = await context.gpu();
  const largest = largestBatch(rows, recipe);
  const plan = checkMemory(config, recipe.precision, largest, activationCheckpointing, gpu.memoryBudget);
  context.log(describeMemory(plan));

  const type = recipe.precision === 'f32' ? 'F32' : 'BF16';
  const decoder = await Decoder.create(gpu, config, { type, activationCheckpointing }, (name, shape) =>
    readWeights(context, parent, name, shape, type),
  );
  const speed = new Speed();
  try {
    const curve = await train(gpu, decoder, rows, recipe, {
      ...{ folder: await context.scratch(), checkpointEvery, signal: context.signal },
      onStep: (point, total) => {
        const tokens = speed.tokensPerSecond(point.tokens);
        const note = `loss ${point.loss.toPrecision(4)}, ${tokens} tokens/s`;
        context.progress({ done: point.step, total, unit: 'steps', note });
      },
    });
    await writeModel(context, decoder, parent);
    await context.write('curve', Buffer.from(JSON.stringify(curve satisfies readonly CurvePoint[])));
  } finally {
    decoder.release();
  }
}

async function configOf(context: StepContext, parent: Artifacts): Promise<DecoderConfig> {
  const artifact = parent['file/config.json'];
  if (artifact === undefined) {
    throw new DataError('The model to train has no config.json', { hint: 'Use a complete Hugging Face folder.' });
  }
  return decoderConfig(parseModelConfig(await context.read(artifact), 'config.json'), 'config.json');
}

async function tokenRows(context: StepContext): Promise<TokenRow[]> {
  const artifacts = context.inputs('tokens');
  const integers = async (name: string) => new Int32Array((await context.read(artifacts[name]!)).slice().buffer);
  return unpackTokenRows({
    inputIds: await integers('input-ids'),
    labels: await integers('labels'),
    offsets: await integers('offsets'),
  });
}

/** Positions beyond what the model was made for would be computed, but mean nothing. */
function checkLengths(rows: readonly TokenRow[], { contextLength }: DecoderConfig): void {
  const index = rows.findIndex(({ inputIds }) => inputIds.length > contextLength);
  if (index >= 0) {
    throw new DataError(
      `Row ${index + 1} has ${rows[index]!.inputIds.length} tokens, more than the model's context of ${contextLength}`,
      { hint: 'Lower `max-length` in the recipe.' },
    );
  }
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

async function readWeights(
  context: StepContext,
  parent: Artifacts,
  name: string,
  shape: readonly number[],
  type: 'F32' | 'BF16',
): Promise<Uint8Array> {
  const artifact = parent[`tensor/${name}`];
  const stored = artifact?.tensor;
  if (artifact === undefined || stored === undefined) {
    throw new DataError(`The model to train has no tensor ${name}`, { hint: 'Its config.json asks for it.' });
  }
  if (stored.shape.join() !== shape.join() || !isFloatType(stored.dtype)) {
    throw new DataError(
      `Tensor ${name} is ${stored.dtype} [${stored.shape.join(', ')}]; config.json asks for floats of [${shape.join(', ')}]`,
    );
  }
  const bytes = await context.read(artifact);
  return stored.dtype === type ? bytes : fromFloat32(toFloat32(bytes, stored.dtype as FloatType), type);
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
  const dtype = type === 'F32' ? 'float32' : 'bfloat16';
  const named = 'dtype' in config ? { ...config, dtype } : { ...config, torch_dtype: dtype };
  await context.write('file/config.json', Buffer.from(`${JSON.stringify(named, null, 2)}\n`));
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
