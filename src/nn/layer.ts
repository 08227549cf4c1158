import type { Activation, LinearInput, LinearRole } from '../formats/families/family.js';
import { families } from '../formats/families/registry.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { ActivationGradients, LayerActivations, NormActivations } from './activations.js';
import { addRows } from './add-rows.js';
import { type AttentionTiling, attention, attentionBackward } from './attention.js';
import { addColumnSums, type Columns } from './columns.js';
import type { DecoderConfig } from './config.js';
import type { ForwardBatch } from './forward-batch.js';
import type { Gain } from './kernel-shape.js';
import type { KeyValueCache } from './key-value-cache.js';
import type { Layer, Norm, ProjectionWeights } from './layer-weights.js';
import { allColumns, linear, linearBackward } from './linear.js';
import type { PackedBatch } from './packed-batch.js';
import { columnNorm, columnNormBackward, rmsNorm, rmsNormBackward } from './rms-norm.js';
import { applyRotation, type RotaryTables } from './rope.js';
import type { DeviceStreamChange } from './stream-change.js';
import { swiglu, swigluBackward } from './swiglu.js';

export interface LayerPass<Batch extends ForwardBatch = ForwardBatch> {
  readonly gpu: Gpu;
  readonly config: DecoderConfig;
  readonly tiling: AttentionTiling;
  readonly batch: Batch;
  readonly rotaryTables: RotaryTables;
  /** What is done to the residual stream; undefined: nothing. */
  readonly change?: DeviceStreamChange | undefined;
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
  /** Cache that takes the rows' keys and values, and in which attention finds those of earlier tokens. */
  readonly cached?: { readonly cache: KeyValueCache; readonly layer: number; readonly rows: Binding };
}

/**
 * One decoder layer: x + attention(x), then + MLP(·), with a norm before or behind each branch as the family has them. Fills the
 * layer's activations; the caller adds `mlpBranch` to `middle` with the next norm.
 */
export function layerForward(pass: LayerPass, forward: LayerForward): void {
  const { gpu, config, tiling, batch } = pass;
  const { layer, activations: a, x, branch, entry, attentionBranch, mlpBranch, cached } = forward;
  const { rows } = batch;
  const attentionInput = branchInput(pass, layer.norms.attentionInput, a.norms.attentionInput, {
    x,
    sum: entry,
    ...(branch === undefined ? {} : { branch }),
  });
  const parts = qkvColumns(config, a.qkv);
  for (const projection of layer.queryKeyValue) {
    const kept = projection.role === 'value' ? undefined : a.norms[projection.role];
    const y = kept === undefined ? outputsOf(projection, parts) : allColumns(kept.values, projection.outputs);
    linear(gpu, rows, projection, attentionInput, y);
  }
  for (const role of ['query', 'key'] as const) {
    const [norm, kept] = [layer.norms[role], a.norms[role]];
    if (norm !== undefined) normalise(pass, norm, kept!, parts[role]);
  }
  rotate(pass, layer, a.qkv, 'forward');
  const head = ({ buffer, stride, start }: Columns) => ({ buffer, stride, offset: start });
  cached?.cache.store(cached.layer, a.qkv, rows, cached.rows);
  attention(gpu, {
    config,
    tiling,
    tiles: batch.queryTiles,
    out: a.attended,
    logSumExp: a.logSumExp,
    q: head(parts.query),
    ...(cached?.cache.keysAndValues(cached.layer) ?? { k: head(parts.key), v: head(parts.value) }),
  });
  branchOutput(pass, layer.norms.attentionOutput, a.norms.attentionOutput, attentionBranch, (y) =>
    linear(gpu, rows, layer.output, a.attended, y),
  );
  const mlpInput = branchInput(pass, layer.norms.mlpInput, a.norms.mlpInput, {
    x: entry,
    branch: attentionBranch,
    sum: a.middle,
  });
  const gateUp = gateUpColumns(config, a.gateUp);
  for (const projection of layer.gateUp) linear(gpu, rows, projection, mlpInput, outputsOf(projection, gateUp));
  swiglu(gpu, rows, config.mlp, activationOf(config), a.gateUp, a.hiddenMlp);
  branchOutput(pass, layer.norms.mlpOutput, a.norms.mlpOutput, mlpBranch, (y) =>
    linear(gpu, rows, layer.down, a.hiddenMlp, y),
  );
}

/** [rows, inputs] each: what the linear layers of a layer took in its forward pass. */
export function linearInputsOf({
  layer,
  activations: a,
  entry,
}: Pick<LayerForward, 'layer' | 'activations' | 'entry'>): Readonly<Record<LinearInput, DeviceBuffer>> {
  const { norms } = layer;
  return {
    attentionInput: norms.attentionInput === undefined ? entry : a.norms.attentionInput!.values,
    attended: a.attended,
    mlpInput: norms.mlpInput === undefined ? a.middle : a.norms.mlpInput!.values,
    hiddenMlp: a.hiddenMlp,
  };
}

function rotate(pass: LayerPass, { rotation }: Layer, x: DeviceBuffer, direction: 'forward' | 'backward'): void {
  if (rotation === 'none') return;
  const { gpu, config, batch, rotaryTables } = pass;
  const table = rotaryTables[rotation];
  applyRotation(gpu, { rows: batch.rows, config, x, positions: batch.positions, table, direction });
}

/** sum = x + branch, and what the branch that follows takes: its norm, or the sum itself. */
function branchInput(
  { gpu, config: { hidden, normEpsilon: epsilon }, batch: { rows } }: LayerPass,
  norm: Norm | undefined,
  kept: NormActivations | undefined,
  stream: { readonly x: DeviceBuffer; readonly branch?: DeviceBuffer; readonly sum: DeviceBuffer },
): DeviceBuffer {
  if (norm === undefined) {
    addRows(gpu, { rows, columns: hidden, ...stream });
    return stream.sum;
  }
  const { values: y, scale } = kept!;
  rmsNorm(gpu, { rows, columns: hidden, epsilon, gain: gainOf(norm), ...stream, y, scale });
  return y;
}

/** Has the end of a branch computed, into `branch`: as it is, or its norm. */
function branchOutput(
  pass: LayerPass,
  norm: Norm | undefined,
  kept: NormActivations | undefined,
  branch: DeviceBuffer,
  compute: (y: Columns) => void,
): void {
  const { hidden } = pass.config;
  compute(allColumns(kept?.values ?? branch, hidden));
  if (norm !== undefined) normalise(pass, norm, kept!, allColumns(branch, hidden));
  pass.change?.written(branch, pass.batch.rows);
}

/** y = norm of kept.values. */
function normalise(
  { gpu, config: { normEpsilon: epsilon }, batch: { rows } }: LayerPass,
  norm: Norm,
  { values: x, scale }: NormActivations,
  y: Columns,
): void {
  columnNorm(gpu, { rows, groups: norm.groups, epsilon, x, gain: gainOf(norm), y, scale });
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
  const { gpu, config, tiling, batch } = pass;
  const { rows } = batch;
  const { columnSums: scratch } = gradients;
  const a = activations;

  const dMlp = branchOutputBackward(pass, layer.norms.mlpOutput, a.norms.mlpOutput, gradients);
  linearBackward(gpu, rows, layer.down, { x: a.hiddenMlp, dy: dMlp, dx: gradients.hiddenMlp, add: false, scratch });
  swigluBackward(gpu, rows, config.mlp, activationOf(config), gradients.hiddenMlp, a.gateUp);
  const gateUp = gateUpColumns(config, a.gateUp);
  branchInputBackward(pass, layer.norms.mlpInput, a.norms.mlpInput, a.middle, layer.gateUp, gateUp, gradients);

  const dAttention = branchOutputBackward(pass, layer.norms.attentionOutput, a.norms.attentionOutput, gradients);
  const dOutput = { x: a.attended, dy: dAttention, dx: gradients.attended, add: false, scratch };
  linearBackward(gpu, rows, layer.output, dOutput);
  attentionBackward(gpu, {
    config,
    tiling,
    qkv: a.qkv,
    out: a.attended,
    dOut: gradients.attended,
    logSumExp: a.logSumExp,
    queryTiles: batch.queryTiles,
    keyTiles: batch.keyTiles,
    dQkv: gradients.qkv,
    delta: gradients.delta,
  });
  rotate(pass, layer, gradients.qkv, 'backward');
  const d = qkvColumns(config, gradients.qkv);
  for (const role of ['query', 'key'] as const) {
    const norm = layer.norms[role];
    if (norm === undefined) continue;
    const { values: x, scale } = a.norms[role]!;
    const { gain, groups } = norm;
    addColumnSums(gpu, { rows, a: d[role], groups, factor: { values: x, scale }, scratch, sum: gain.gradient });
    columnNormBackward(gpu, { rows, groups, x, gain: gainOf(norm), scale, d: d[role] });
  }
  const { attentionInput } = layer.norms;
  branchInputBackward(pass, attentionInput, a.norms.attentionInput, entry, layer.queryKeyValue, d, gradients);
}

/** The gradient of a branch's end, from that of the stream it was added to; gradients.normed where a norm lies between. */
function branchOutputBackward(
  { gpu, config: { hidden }, batch: { rows } }: LayerPass,
  norm: Norm | undefined,
  kept: NormActivations | undefined,
  { stream, normed, columnSums: scratch }: ActivationGradients,
): Columns {
  if (norm === undefined) return allColumns(stream, hidden);
  const { values, scale } = kept!;
  const { gain } = norm;
  addColumnSums(gpu, { rows, a: allColumns(stream, hidden), factor: { values, scale }, scratch, sum: gain.gradient });
  rmsNormBackward(gpu, {
    rows,
    columns: hidden,
    dy: stream,
    x: values,
    gain: gainOf(norm),
    scale,
    dx: normed,
    add: false,
  });
  return allColumns(normed, hidden);
}

/** Adds to gradients.stream what comes back through the projections that begin a branch, and through its norm. */
function branchInputBackward<Role extends LinearRole>(
  pass: LayerPass,
  norm: Norm | undefined,
  kept: NormActivations | undefined,
  x: DeviceBuffer,
  projections: readonly ProjectionWeights<Role>[],
  dy: Readonly<Record<Role, Columns>>,
  gradients: ActivationGradients,
): void {
  const { gpu, batch } = pass;
  const { stream, normed, columnSums: scratch } = gradients;
  for (const [index, projection] of projections.entries()) {
    linearBackward(gpu, batch.rows, projection, {
      x: kept?.values ?? x,
      dy: outputsOf(projection, dy),
      scratch,
      ...(norm === undefined ? { dx: stream, add: true } : { dx: normed, add: index > 0 }),
    });
  }
  if (norm !== undefined) normBackward(pass, norm, x, kept!.scale, gradients, true);
}

/** gradients.stream (+)= gradient through a norm from gradients.normed; adds the gain's gradient. */
export function normBackward(
  { gpu, config: { hidden }, batch: { rows } }: LayerPass,
  norm: Omit<Norm, 'groups'>,
  x: DeviceBuffer,
  scale: DeviceBuffer,
  { stream, normed, columnSums: scratch }: ActivationGradients,
  add: boolean,
): void {
  const factor = { values: x, scale };
  addColumnSums(gpu, { rows, a: allColumns(normed, hidden), factor, scratch, sum: norm.gain.gradient });
  rmsNormBackward(gpu, { rows, columns: hidden, dy: normed, x, gain: gainOf(norm), scale, dx: stream, add });
}

export function gainOf({ gain: { weights, type }, offset }: Omit<Norm, 'groups'>): Gain {
  return { buffer: weights, type, offset };
}

function activationOf({ family }: DecoderConfig): Activation {
  return families[family].activation.name;
}

/** Columns of a projection's outputs: those of its role and, where it is fused, of the roles that follow. */
function outputsOf<Role extends LinearRole>(
  { role, outputs: count }: ProjectionWeights<Role>,
  parts: Readonly<Record<Role, Columns>>,
): Columns {
  return { ...parts[role], count };
}

function qkvColumns({ heads, kvHeads, headDim }: DecoderConfig, buffer: DeviceBuffer) {
  const stride = (heads + 2 * kvHeads) * headDim;
  const part = (firstHead: number, count: number): Columns => ({
    buffer,
    stride,
    start: firstHead * headDim,
    count: count * headDim,
  });
  return { query: part(0, heads), key: part(heads, kvHeads), value: part(heads + kvHeads, kvHeads) };
}

function gateUpColumns({ mlp }: DecoderConfig, buffer: DeviceBuffer): { readonly gate: Columns; readonly up: Columns } {
  const stride = 2 * mlp;
  return { gate: { buffer, stride, start: 0, count: mlp }, up: { buffer, stride, start: mlp, count: mlp } };
}
