import { DataError } from '../../diagnostics/errors.js';
import { adapterPrefix, moduleOf } from '../../formats/adapter/names.js';
import { type AdapterFile, adapterFile } from '../../formats/adapter/written.js';
import type { Artifact } from '../../formats/artifact.js';
import { type FloatType, toFloat32, toFloat64 } from '../../formats/float-conversion.js';
import { parseModelConfig } from '../../formats/model-config.js';
import { bytesPerElement } from '../../formats/tensor.js';
import { Turns } from '../../formats/turns.js';
import { numericalRank } from '../../linalg/numerical-rank.js';
import type { AdapterSummary, ExportAdapterParams } from '../../steps/export-adapter.js';
import type { StepContext } from '../step-context.js';

const partBytes = 4 << 20;

/**
 * Writes an update as a LoRA adapter with s = 1: per linear layer B = U √Σ and A = √Σ Vᵀ of its k largest singular values,
 * k = min(rank, numerical rank). Layers that do not change have no factors.
 * @throws DataError when no layer changes, or when what is to be stored whole is no module of its own
 */
export async function runExportAdapter(context: StepContext<ExportAdapterParams>): Promise<void> {
  const { rank, linear, others, outside = [], rest, transposed = [] } = context.params;
  const ranks = new Map<string, number>();
  let [energy, kept, restEnergy] = [0, 0, 0];
  for (const [done, name] of linear.entries()) {
    const s = await singularValues(context, name);
    const k = Math.min(rank, numericalRank(s));
    energy += sumOfSquares(s);
    kept += sumOfSquares(s.subarray(0, k));
    if (k > 0) {
      ranks.set(name, k);
      await writeFactors(context, name, s.subarray(0, k), transposed.includes(name));
    }
    context.progress({ done: done + 1, total: linear.length + others.length, unit: 'tensors' });
  }
  if (ranks.size === 0) throw new DataError('the update changes no linear layer: an adapter of it would be empty');
  const changed: string[] = [];
  for (const [done, name] of others.entries()) {
    const change = await energyOf(context, name);
    restEnergy += change;
    if (change > 0) changed.push(name);
    context.progress({ done: linear.length + done + 1, total: linear.length + others.length, unit: 'tensors' });
  }
  const file = adapterFile({
    ranks,
    changed: rest === 'modules-to-save' ? changed : [],
    tensors: [...linear, ...others, ...outside],
    outside: new Set(outside),
    linear: new Set(linear),
    tied: context.params.tied ?? false,
    fanInFanOut: transposed.length > 0,
    base: context.params.base,
    causal: await isCausal(context),
  });
  for (const [key, tensor] of file.whole) context.reference(`tensor/${key}`, context.input(`to/${tensor}`));
  await writeConfig(context, file);
  const summary: AdapterSummary = {
    layers: ranks.size,
    rank: Math.max(...ranks.values()),
    energy,
    kept,
    rest: changed,
    restEnergy,
  };
  await context.write('summary', Buffer.from(JSON.stringify(summary)));
}

async function writeConfig(context: StepContext<ExportAdapterParams>, { config }: AdapterFile): Promise<void> {
  await context.write('file/adapter_config.json', Buffer.from(`${JSON.stringify(config, null, 2)}\n`));
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

async function singularValues(context: StepContext, name: string): Promise<Float64Array> {
  return toFloat64(await context.read(context.input(`s/${name}`)), 'F64');
}

/** @param s the singular values that are kept. @param transposed the layer stores [in, out] */
async function writeFactors(context: StepContext, name: string, s: Float64Array, transposed: boolean): Promise<void> {
  const module = `${adapterPrefix}${moduleOf(name)}`;
  const roots = s.map(Math.sqrt);
  const [outputs, inputs] = transposed ? ['v', 'u'] : ['u', 'v'];
  const b = context.input(`${outputs}/${name}`);
  const writer = await context.writer(`tensor/${module}.lora_B.weight`, {
    dtype: 'F32',
    shape: [b.tensor!.shape[0]!, roots.length],
  });
  try {
    for await (const { rows } of scaledRows(context, b, roots)) {
      await writer.append(new Uint8Array(rows.buffer, 0, rows.byteLength));
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  const a = context.input(`${inputs}/${name}`);
  const columns = a.tensor!.shape[0]!;
  const turned = new Float32Array(roots.length * columns);
  for await (const { start, rows } of scaledRows(context, a, roots)) {
    const count = rows.length / roots.length;
    for (let j = 0; j < roots.length; j++) {
      for (let i = 0; i < count; i++) turned[j * columns + start + i] = rows[i * roots.length + j]!;
    }
  }
  const shape = [roots.length, columns];
  await context.write(`tensor/${module}.lora_A.weight`, new Uint8Array(turned.buffer), { dtype: 'F32', shape });
}

/** The first columns of a basis [d, r], each times its number, in f32 and some rows at a time. */
async function* scaledRows(
  context: StepContext,
  basis: Artifact,
  factors: Float64Array,
): AsyncGenerator<{ readonly start: number; readonly rows: Float32Array }> {
  const [d, r] = basis.tensor!.shape as [number, number];
  const turns = new Turns(context.signal);
  const window = Math.max(1, Math.floor(partBytes / (4 * r)));
  for (let start = 0; start < d; start += window) {
    await turns.take();
    const count = Math.min(window, d - start);
    const stored = toFloat32(await context.read(basis, start * r * 4, count * r * 4), 'F32');
    const rows = new Float32Array(count * factors.length);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < factors.length; j++) rows[i * factors.length + j] = factors[j]! * stored[i * r + j]!;
    }
    yield { start, rows };
  }
}

/** ‖to − from‖² in f64. @throws DataError at an element that is not finite */
async function energyOf(context: StepContext, name: string): Promise<number> {
  const [from, to] = [context.input(`from/${name}`), context.input(`to/${name}`)];
  if (from.digest === to.digest && from.tensor!.dtype === to.tensor!.dtype) return 0;
  const sizes = [from, to].map(({ tensor }) => bytesPerElement[tensor!.dtype]) as [number, number];
  const count = from.bytes / sizes[0];
  const window = partBytes / 8;
  const turns = new Turns(context.signal);
  let sum = 0;
  for (let start = 0; start < count; start += window) {
    await turns.take();
    const length = Math.min(window, count - start);
    const read = async (artifact: Artifact, size: number) =>
      toFloat64(await context.read(artifact, start * size, length * size), artifact.tensor!.dtype as FloatType);
    const [before, after] = [await read(from, sizes[0]), await read(to, sizes[1])];
    for (let i = 0; i < length; i++) sum += (after[i]! - before[i]!) ** 2;
    if (!Number.isFinite(sum)) {
      const at = after.findIndex((value, i) => !Number.isFinite(value - before[i]!));
      throw new DataError(`tensor ${name}: the update is not finite at element ${start + at}`);
    }
  }
  return sum;
}

async function isCausal(context: StepContext<ExportAdapterParams>): Promise<boolean> {
  if (!context.has('config')) return false;
  const { architectures } = parseModelConfig(await context.read(context.input('config')), 'config.json');
  return Array.isArray(architectures) && architectures.some((name) => /(ForCausalLM|LMHeadModel)$/.test(String(name)));
}
