import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { ActivationGradients, LayerActivations } from './activations.js';
import { type AttentionTiling, attention, attentionBackward } from './attention.js';
import { addColumnSums, type Columns } from './columns.js';
import type { DecoderConfig } from './config.js';
import type { ForwardBatch } from './forward-batch.js';
import type { DeviceTensor } from './kernel-shape.js';
import type { KeyValueCache } from './key-value-cache.js';
import { allColumns, type Linear, linear, linearBackward } from './linear.js';
import type { PackedBatch } from './packed-batch.js';
import type { Parameter } from './parameter.js';
import { rmsNorm, rmsNormBackward } from './rms-norm.js';
import { applyRotation } from './rope.js';
import { swiglu, swigluBackward } from './swiglu.js';

/** One decoder layer: x + attention(norm(x)), then + MLP(norm(·)). */
export interface Layer {
  readonly attentionNorm: Parameter;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly mlpNorm: Parameter;
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
}

export interface LayerPass<Batch extends ForwardBatch = ForwardBatch> {
  readonly gpu: Gpu;
  readonly config: DecoderConfig;
  readonly tiling: AttentionTiling;
  readonly batch: Batch;
  readonly rotaryTable: DeviceBuffer;
}

export interface LayerForward {
  readonly layer: Layer;
  readonly activations: LayerActivations;
  /** [rows, hidden]: the stream before the branch of the layer below was added; without a branch, the stream itself. */
  readonly x: DeviceBuffer;
  readonly branch?: DeviceBuffer;
  /** Receives the stream that enters the layer: x + branch. */
  readonly entry: DeviceBuffer;
  /** Receives what attention adds, and what the MLP will add, to the stream. */
  readonly attentionBranch: DeviceBuffer;
  readonly mlpBranch: DeviceBuffer;
  /** Where the rows' keys and values go, and attention finds those of earlier tokens. */
  readonly cached?: { readonly cache: KeyValueCache; readonly layer: number; readonly rows: Binding };
}

/** Fills the layer's activations; the caller adds `mlpBranch` to `middle` with the next norm. */
export function layerForward(pass: LayerPass, forward: LayerForward): void {
  const { gpu, config, tiling, batch, rotaryTable } = pass;
  const { layer, activations: a, x, branch, entry, attentionBranch, mlpBranch, cached } = forward;
  const { rows } = batch;
  const { hidden, mlp } = config;
  rmsNorm(gpu, {
    ...{ rows, columns: hidden, epsilon: config.normEpsilon, x, gain: gainOf(layer.attentionNorm) },
    ...(branch === undefined ? {} : { branch }),
    ...{ sum: entry, y: a.attentionInput, scale: a.attentionScale },
  });
  const columns = qkvColumns(config, a.qkv);
  linear(gpu, rows, layer.query, a.attentionInput, columns.query);
  linear(gpu, rows, layer.key, a.attentionInput, columns.key);
  linear(gpu, rows, layer.value, a.attentionInput, columns.value);
  const { positions } = batch;
  applyRotation(gpu, { rows, config, x: a.qkv, positions, table: rotaryTable, direction: 'forward' });
  const head = ({ buffer, stride, start }: Columns) => ({ buffer, stride, offset: start });
  cached?.cache.store(cached.layer, a.qkv, rows, cached.rows);
  attention(gpu, {
    ...{ config, tiling, tiles: batch.queryTiles, out: a.attended, logSumExp: a.logSumExp },
    q: head(columns.query),
    ...(cached?.cache.keysAndValues(cached.layer) ?? { k: head(columns.key), v: head(columns.value) }),
  });
  linear(gpu, rows, layer.output, a.attended, allColumns(attentionBranch, hidden));
  rmsNorm(gpu, {
    ...{ rows, columns: hidden, epsilon: config.normEpsilon, x: entry, branch: attentionBranch },
    ...{ gain: gainOf(layer.mlpNorm), sum: a.middle, y: a.mlpInput, scale: a.mlpScale },
  });
  const { gate, up } = gateUpColumns(config, a.gateUp);
  linear(gpu, rows, layer.gate, a.mlpInput, gate);
  linear(gpu, rows, layer.up, a.mlpInput, up);
  swiglu(gpu, rows, mlp, a.gateUp, a.hiddenMlp);
  linear(gpu, rows, layer.down, a.hiddenMlp, allColumns(mlpBranch, hidden));
}

/**
 * Takes gradients.stream from behind the layer to before it and adds the parameters' gradients; overwrites activations.gateUp.
 */
export function layerBackward(
  pass: LayerPass<PackedBatch>,
  layer: Layer,
  activations: LayerActivations,
  entry: DeviceBuffer,
  gradients: ActivationGradients,
): void {
  const { gpu, config, tiling, batch, rotaryTable } = pass;
  const { rows } = batch;
  const { hidden, mlp } = config;
  const { stream, normed, columnSums: scratch } = gradients;
  const a = activations;

  const dBranch = allColumns(stream, hidden);
  linearBackward(gpu, rows, layer.down, { x: a.hiddenMlp, dy: dBranch, dx: gradients.hiddenMlp, add: false, scratch });
  swigluBackward(gpu, rows, mlp, gradients.hiddenMlp, a.gateUp);
  const { gate, up } = gateUpColumns(config, a.gateUp);
  linearBackward(gpu, rows, layer.gate, { x: a.mlpInput, dy: gate, dx: normed, add: false, scratch });
  linearBackward(gpu, rows, layer.up, { x: a.mlpInput, dy: up, dx: normed, add: true, scratch });
  normBackward(pass, layer.mlpNorm, a.middle, a.mlpScale, gradients, true);

  const dOutput = { x: a.attended, dy: dBranch, dx: gradients.attended, add: false, scratch };
  linearBackward(gpu, rows, layer.output, dOutput);
  attentionBackward(gpu, {
    ...{ config, tiling, qkv: a.qkv, out: a.attended, dOut: gradients.attended, logSumExp: a.logSumExp },
    ...{ queryTiles: batch.queryTiles, keyTiles: batch.keyTiles, dQkv: gradients.qkv, delta: gradients.delta },
  });
  const { positions } = batch;
  applyRotation(gpu, { rows, config, x: gradients.qkv, positions, table: rotaryTable, direction: 'backward' });
  const d = qkvColumns(config, gradients.qkv);
  linearBackward(gpu, rows, layer.query, { x: a.attentionInput, dy: d.query, dx: normed, add: false, scratch });
  linearBackward(gpu, rows, layer.key, { x: a.attentionInput, dy: d.key, dx: normed, add: true, scratch });
  linearBackward(gpu, rows, layer.value, { x: a.attentionInput, dy: d.value, dx: normed, add: true, scratch });
  normBackward(pass, layer.attentionNorm, entry, a.attentionScale, gradients, true);
}

/** gradients.stream (+)= gradient through a norm from gradients.normed; adds the gain's gradient. */
export function normBackward(
  { gpu, config: { hidden }, batch: { rows } }: LayerPass,
  gain: Parameter,
  x: DeviceBuffer,
  scale: DeviceBuffer,
  { stream, normed, columnSums: scratch }: ActivationGradients,
  add: boolean,
): void {
  const factor = { values: x, scale };
  addColumnSums(gpu, { rows, a: allColumns(normed, hidden), factor, scratch, sum: gain.gradient });
  rmsNormBackward(gpu, { rows, columns: hidden, dy: normed, x, gain: gainOf(gain), scale, dx: stream, add });
}

export function gainOf({ weights, type }: Parameter): DeviceTensor {
  return { buffer: weights, type };
}

function qkvColumns({ heads, kvHeads, headDim }: DecoderConfig, buffer: DeviceBuffer) {
  const stride = (heads + 2 * kvHeads) * headDim;
  const part = (firstHead: number, count: number): Columns => ({
    ...{ buffer, stride, start: firstHead * headDim, count: count * headDim },
  });
  return { query: part(0, heads), key: part(heads, kvHeads), value: part(heads + kvHeads, kvHeads) };
}

function gateUpColumns({ mlp }: DecoderConfig, buffer: DeviceBuffer): { readonly gate: Columns; readonly up: Columns } {
  const stride = 2 * mlp;
  return { gate: { buffer, stride, start: 0, count: mlp }, up: { buffer, stride, start: mlp, count: mlp } };
}
