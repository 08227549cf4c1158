import { normSize } from '../formats/architecture.js';
import type { NormRole } from '../formats/families/family.js';
import { families } from '../formats/families/registry.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { columnSumBytes } from './columns.js';
import type { DecoderConfig } from './config.js';

/** What the backward pass needs of one norm. */
export interface NormActivations {
  /** [rows, width]: of the input of attention or the MLP what the norm gives, of all others what it takes. */
  readonly values: DeviceBuffer;
  /** [rows, groups]: the factor of every group that is normalised together. */
  readonly scale: DeviceBuffer;
}

/** What the backward pass needs of one layer. [rows, …] f32 each. */
export interface LayerActivations {
  /** Activations of the norms that the family has. */
  readonly norms: Readonly<Partial<Record<NormRole, NormActivations>>>;
  /** [rows, (heads + 2·kvHeads)·headDim] after biases, norms and rotation. */
  readonly qkv: DeviceBuffer;
  /** [rows, heads·headDim] and [rows, heads]. */
  readonly attended: DeviceBuffer;
  readonly logSumExp: DeviceBuffer;
  /** [rows, hidden]: residual stream behind attention. */
  readonly middle: DeviceBuffer;
  /** [rows, 2·mlp] and [rows, mlp]. */
  readonly gateUp: DeviceBuffer;
  readonly hiddenMlp: DeviceBuffer;
}

/** Columns of each of LayerActivations; of a norm those of its values and of its scale. */
function layerColumns(config: DecoderConfig) {
  const { family, hidden, heads, kvHeads, headDim, mlp } = config;
  return {
    norms: families[family].norms.map((norm) => {
      const { width, gain } = normSize(config, norm);
      return { role: norm.role, values: width, scale: width / gain };
    }),
    buffers: {
      qkv: (heads + 2 * kvHeads) * headDim,
      attended: heads * headDim,
      logSumExp: heads,
      middle: hidden,
      gateUp: 2 * mlp,
      hiddenMlp: mlp,
    },
  };
}

/** Numbers a token that LayerActivations takes, and that every layer's entry into the residual stream takes. */
export function activationNumbers(config: DecoderConfig): { readonly layer: number; readonly entry: number } {
  const { norms, buffers } = layerColumns(config);
  const ofNorms = norms.reduce((sum, { values, scale }) => sum + values + scale, 0);
  return { layer: Object.values(buffers).reduce((sum, columns) => sum + columns, ofNorms), entry: config.hidden };
}

/** Device memory of the passes over batches of at most `rows` tokens and `targets` predictions. */
export class Activations {
  /** One a layer; with checkpointing all layers share one, which the backward pass fills again. */
  readonly layers: readonly LayerActivations[];
  /** [rows, hidden] a layer: the residual stream that enters it. */
  readonly entries: readonly DeviceBuffer[];
  /** Residual stream behind the last layer, [rows, hidden], normalised, and its factor. */
  readonly last: DeviceBuffer;
  readonly output: DeviceBuffer;
  readonly outputScale: DeviceBuffer;
  /** [rows, hidden]: what a layer's attention, and its MLP, add to the stream. */
  readonly branch: DeviceBuffer;
  readonly mlpBranch: DeviceBuffer;
  /** [targets, hidden]: outputs that predict something. */
  readonly targetOutput: DeviceBuffer;
  readonly targetLogSumExp: DeviceBuffer;
  readonly lossState: DeviceBuffer;
  readonly losses: DeviceBuffer;
  readonly rows: number;
  readonly targets: number;
  readonly #gpu: Gpu;
  readonly #buffers: DeviceBuffer[] = [];

  constructor(gpu: Gpu, config: DecoderConfig, rows: number, targets: number, checkpointing: boolean) {
    const { hidden, layers } = config;
    this.#gpu = gpu;
    this.rows = rows;
    this.targets = targets;
    const make = (label: string, columns: number, count = rows) => this.allocate(label, columns, count);
    const columns = layerColumns(config);
    const layer = (): LayerActivations => ({
      norms: Object.fromEntries(
        columns.norms.map(({ role, values, scale }) => [
          role,
          { values: make(`norm of ${role}`, values), scale: make(`scale of ${role}`, scale) },
        ]),
      ),
      qkv: make('queries, keys and values', columns.buffers.qkv),
      attended: make('attended values', columns.buffers.attended),
      logSumExp: make('attention log-sum-exp', columns.buffers.logSumExp),
      middle: make('middle of the layer', columns.buffers.middle),
      gateUp: make('gate and up', columns.buffers.gateUp),
      hiddenMlp: make('hidden MLP', columns.buffers.hiddenMlp),
    });
    const shared = checkpointing ? layer() : undefined;
    this.layers = Array.from({ length: layers }, () => shared ?? layer());
    this.entries = Array.from({ length: layers }, () => make('entry of a layer', hidden));
    this.last = make('last residual', hidden);
    this.output = make('output', hidden);
    this.outputScale = make('output scale', 1);
    this.branch = make('attention branch', hidden);
    this.mlpBranch = make('MLP branch', hidden);
    this.targetOutput = make('outputs of targets', hidden, targets);
    this.targetLogSumExp = make('log-sum-exp of targets', 1, targets);
    this.lossState = make('state of the loss', 4, targets);
    this.losses = make('losses', 1, targets);
  }

  /** [count, columns] f32 that live as long as these activations. */
  allocate(label: string, columns: number, count: number): DeviceBuffer {
    const buffer = this.#gpu.allocate(Math.max(1, count) * columns * 4, label);
    this.#buffers.push(buffer);
    return buffer;
  }

  release(): void {
    this.#gpu.release(...this.#buffers);
  }
}

/** Scratch of the backward pass: gradients of the activations. */
export class ActivationGradients {
  /** [rows, hidden]: of the residual stream, and of a norm's output. */
  readonly stream: DeviceBuffer;
  readonly normed: DeviceBuffer;
  readonly attended: DeviceBuffer;
  readonly qkv: DeviceBuffer;
  readonly delta: DeviceBuffer;
  readonly hiddenMlp: DeviceBuffer;
  readonly targetOutput: DeviceBuffer;
  readonly columnSums: DeviceBuffer;
  readonly #gpu: Gpu;

  constructor(gpu: Gpu, config: DecoderConfig, rows: number, targets: number) {
    const { hidden, heads, kvHeads, headDim, mlp } = config;
    const qkv = (heads + 2 * kvHeads) * headDim;
    const make = (label: string, columns: number, count = rows) =>
      gpu.allocate(Math.max(1, count) * columns * 4, `gradient of ${label}`);
    this.#gpu = gpu;
    this.stream = make('the residual stream', hidden);
    this.normed = make('a norm', hidden);
    this.attended = make('attended values', heads * headDim);
    this.qkv = make('queries, keys and values', qkv);
    this.delta = make('attention weights', heads);
    this.hiddenMlp = make('hidden MLP', mlp);
    this.targetOutput = make('outputs of targets', hidden, targets);
    this.columnSums = gpu.allocate(columnSumBytes(rows, Math.max(hidden, qkv, 2 * mlp)), 'column sums');
  }

  release(): void {
    const { stream, normed, attended, qkv, delta, hiddenMlp, targetOutput, columnSums } = this;
    this.#gpu.release(stream, normed, attended, qkv, delta, hiddenMlp, targetOutput, columnSums);
  }
}
