import { DataError } from '../../diagnostics/errors.js';
import { type LinearMoment, linearMoments, packedLength } from '../../formats/linear-moments.js';
import { ignoredLabel, type TokenRow } from '../../formats/token-rows.js';
import { Turns } from '../../formats/turns.js';
import type { Arithmetic } from '../../linalg/arithmetic.js';
import { gramOf } from '../../linalg/gram.js';
import { addLower } from '../../linalg/packed-symmetric.js';
import { linearVectors } from '../../nn/linear-vectors.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { ChosenTokens, InputMomentsParams } from '../../steps/input-moments.js';
import type { StepContext } from '../step-context.js';
import { runningModel } from './running-model.js';
import { tokenBatches } from './token-batches.js';
import { checkLengths, tokenRows } from './token-input.js';
import { withArithmetic } from './with-arithmetic.js';

/** Bytes of a moment that are written at a time. */
const partBytes = 16 * 2 ** 20;

/** @throws DataError when no token is chosen, or what a layer takes or gives is not finite: names the tensor */
export async function collectMoments(context: StepContext<InputMomentsParams>): Promise<void> {
  const { model, tokens, limit } = context.params;
  const rows = (await tokenRows(context)).slice(0, limit);
  const { gpu, decoder } = await runningModel(context, model);
  checkLengths(rows, decoder.config);
  const batches = [...tokenBatches(rows, ({ inputIds }) => inputIds.length, rowsThatFit(gpu, decoder.config))]
    .map((batch) => ({ ids: batch.map(({ inputIds }) => inputIds), chosen: chosenRows(batch, tokens) }))
    .filter(({ chosen }) => chosen.length > 0);
  const count = batches.reduce((sum, { chosen }) => sum + chosen.length, 0);
  if (count === 0) {
    const what = tokens === 'all' ? 'no tokens' : `no tokens of a ${tokens}`;
    throw new DataError(`the first ${rows.length} rows have ${what}`, {
      hint: 'Take other `tokens`, a larger `limit`, or a dataset that has them.',
    });
  }
  const moments = linearMoments(decoder.parameters.map(({ name, shape }) => [name, shape]));
  const isOutput = (tensor: string) => moments.get(tensor)!.of === 'outputs';
  const total = decoder.config.layers * batches.length;
  await withArithmetic(context, async (arithmetic) => {
    /** Lower triangles of one layer's moments by their names. */
    const sums = new Map<string, Float64Array<ArrayBuffer>>();
    for await (const layerInputs of decoder.layerInputs(batches.map(({ ids }) => ids))) {
      context.signal.throwIfAborted();
      const { layer, batch } = layerInputs;
      for await (const { tensor, vectors } of linearVectors(gpu, layerInputs, batches[batch]!.chosen, isOutput)) {
        const moment = moments.get(tensor)!;
        await checkFinite(vectors, moment, tensor, context.signal);
        const sum = sums.get(moment.name) ?? new Float64Array(packedLength(moment.side));
        sums.set(moment.name, sum);
        await addProducts(arithmetic, vectors, moment.side, sum);
      }
      context.progress({ done: layer * batches.length + batch + 1, total, unit: 'batches' });
      if (batch < batches.length - 1) continue;
      for (const [name, sum] of sums) await writeMoment(context, name, sum);
      sums.clear();
    }
  });
  context.log(`sums over ${count} tokens of ${rows.length} rows`);
}

async function checkFinite(
  vectors: Float32Array,
  { of, side }: LinearMoment,
  tensor: string,
  signal: AbortSignal,
): Promise<void> {
  const turns = new Turns(signal);
  for (let at = 0; at < vectors.length; at += side) {
    await turns.take();
    if (vectors.subarray(at, at + side).every(Number.isFinite)) continue;
    throw new DataError(`the ${of} of ${tensor} are not finite`, {
      hint: "The model's weights, or what they grow to in f32, overflow: look at the model, or at the update it was made from.",
    });
  }
}

/** Adds Σ v vᵀ of vectors [count, side] to a packed sum. */
async function addProducts(
  arithmetic: Arithmetic,
  vectors: Float32Array,
  side: number,
  sum: Float64Array,
): Promise<void> {
  const window = async (start: number, count: number) => vectors.slice(start * side, (start + count) * side);
  const gram = await gramOf(arithmetic, { rows: vectors.length / side, columns: side, window });
  await addLower(sum, gram, side, new Turns());
}

async function writeMoment(context: StepContext, name: string, packed: Float64Array<ArrayBuffer>): Promise<void> {
  const writer = await context.writer(name, { dtype: 'F64', shape: [packed.length] });
  const bytes = new Uint8Array(packed.buffer);
  try {
    for (let at = 0; at < bytes.length; at += partBytes) await writer.append(bytes.subarray(at, at + partBytes));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Positions of the chosen tokens in a batch whose rows stand one behind the other. */
function chosenRows(batch: readonly TokenRow[], tokens: ChosenTokens): Uint32Array {
  const chosen: number[] = [];
  let first = 0;
  for (const { inputIds, labels } of batch) {
    for (const [position, label] of labels.entries()) {
      if (tokens === 'all' || (tokens === 'response') === (label !== ignoredLabel)) chosen.push(first + position);
    }
    first += inputIds.length;
  }
  return Uint32Array.from(chosen);
}
