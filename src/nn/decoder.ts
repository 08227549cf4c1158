import { architectureTensors, embeddingTensor, finalNormTensor, outputTensor } from '../formats/architecture.js';
import { families } from '../formats/families/registry.js';
import type { TokenRow } from '../formats/token-rows.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { gemm } from '../linalg/device/gemm.js';
import { ActivationGradients, Activations } from './activations.js';
import { type AttentionTiling, attentionTiling } from './attention.js';
import { targetCount } from './batches.js';
import type { DecoderConfig } from './config.js';
import { crossEntropy, crossEntropyBackward } from './cross-entropy.js';
import { type Continuation, type ForwardBatch, packContinuations, packPadded, packSequences } from './forward-batch.js';
import type { KeyValueCache } from './key-value-cache.js';
import { gainOf, type LayerPass, layerBackward, layerForward, normBackward } from './layer.js';
import { type LayerInputs, layerInputs } from './layer-inputs.js';
import { type Layer, layerWeights } from './layer-weights.js';
import { OutputHead } from './output-head.js';
import { labelsOf, type PackedBatch, packBatch, type ScoredRow } from './packed-batch.js';
import { DeviceParameter, type Parameter } from './parameter.js';
import { rmsNorm } from './rms-norm.js';
import { type RotaryTables, uploadRotaryTables } from './rope.js';
import { gatherRows, scatterAddRows } from './rows.js';
import { checkRows } from './rows-that-fit.js';
import { DeviceStreamChange, type StreamChange } from './stream-change.js';
import type { TrainableModel } from './train.js';
import { writeInParts } from './write-in-parts.js';

export interface DecoderOptions {
  /** What weights are kept in on the device. */
  readonly type: 'F32' | 'BF16';
  /** Keep one layer's activations and compute each layer's again in the backward pass. */
  readonly activationCheckpointing?: boolean;
  /** Token ids a window of logits may hold; for tests. */
  readonly largestWindow?: number;
  /** What is done to its residual stream whenever it runs: such a decoder cannot be trained. */
  readonly change?: StreamChange;
}

/**
 * A decoder of one of the families on the device. Sequences are packed without padding. Logits exist for positions with a target
 * only, and a window of the vocabulary at a time.
 */
export class Decoder implements TrainableModel {
  readonly config: DecoderConfig;
  readonly parameters: readonly DeviceParameter[];
  readonly #gpu: Gpu;
  readonly #options: DecoderOptions;
  readonly #tiling: AttentionTiling;
  readonly #byName: ReadonlyMap<string, Parameter>;
  readonly #layers: readonly Layer[];
  readonly #head: OutputHead;
  #change: DeviceStreamChange | undefined;
  #rotaryTables: RotaryTables | undefined;
  #rotaryPositions = 0;
  #activations: Activations | undefined;
  #gradients: ActivationGradients | undefined;

  /**
   * @param load the bytes of a tensor in `options.type`, by its checkpoint name; every tensor of the architecture once
   */
  static async create(
    gpu: Gpu,
    config: DecoderConfig,
    options: DecoderOptions,
    load: (name: string, shape: readonly number[]) => Promise<Uint8Array>,
  ): Promise<Decoder> {
    const parameters: DeviceParameter[] = [];
    try {
      for (const [name, shape] of architectureTensors(config)) {
        const parameter = new DeviceParameter(gpu, name, shape, options.type);
        parameters.push(parameter);
        await writeInParts(gpu, parameter.weights, await load(name, shape));
      }
    } catch (error) {
      for (const parameter of parameters) parameter.release();
      throw error;
    }
    return new Decoder(gpu, config, options, parameters);
  }

  private constructor(
    gpu: Gpu,
    config: DecoderConfig,
    options: DecoderOptions,
    parameters: readonly DeviceParameter[],
  ) {
    this.#gpu = gpu;
    this.config = config;
    this.#options = options;
    this.parameters = parameters;
    this.#tiling = attentionTiling(gpu, config);
    this.#byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.#layers = Array.from({ length: config.layers }, (_, index) => layerWeights(config, index, this.#byName));
    const head = config.tied ? this.#embedding : this.#parameter(outputTensor);
    this.#head = new OutputHead(gpu, head, options.largestWindow);
    this.#change = options.change && new DeviceStreamChange(gpu, config.hidden, options.change);
  }

  /**
   * Summed token loss of each row and its number of targets, without gradients. Natural logarithm. A row with alternatives
   * has one for each of its labels, in their order.
   */
  async rowLosses(rows: readonly ScoredRow[]): Promise<{ readonly sum: number; readonly targets: number }[]> {
    const batch = packBatch(this.#gpu, rows, this.#tiling, this.config.vocabulary);
    try {
      this.#lossWindows(this.#forward(batch), undefined);
      const losses = await this.#losses(batch);
      let first = 0;
      return rows.flatMap(labelsOf).map((labels) => {
        const targets = targetCount({ labels });
        const ofRow = losses.subarray(first, first + targets);
        first += targets;
        return { sum: ofRow.reduce((sum, loss) => sum + loss, 0), targets };
      });
    } finally {
      batch.release();
    }
  }

  /**
   * The likeliest next token of every continued sequence, the lowest of several; `noToken` where a logit is not finite.
   * What the sequences add goes into the cache.
   */
  async nextTokens(continuations: readonly Continuation[], cache: KeyValueCache): Promise<Uint32Array> {
    return this.#continue(continuations, cache, (outputs) => this.#head.greedyTokens(outputs, continuations.length));
  }

  /** [continuations, vocabulary]: the logits of every continued sequence's next token. As nextTokens otherwise. */
  async nextLogits(continuations: readonly Continuation[], cache: KeyValueCache): Promise<Float32Array> {
    return this.#continue(continuations, cache, (outputs) => this.#head.allLogits(outputs, continuations.length));
  }

  /**
   * Hidden states of the last token of each sequence, [sequences, hidden] for each of layers + 1 depths: the embeddings,
   * the residual stream behind each layer but the last, and the normalised output, as `hidden_states` of transformers.
   * @param padding takes the last position of batches that are padded on the right instead: `lengths` are those of each
   *   sequence's longest neighbour
   */
  async hiddenStates(
    sequences: readonly ArrayLike<number>[],
    padding?: { readonly token: number; readonly lengths: readonly number[] },
  ): Promise<Float32Array[]> {
    const gpu = this.#gpu;
    const { hidden, vocabulary } = this.config;
    const batch =
      padding === undefined
        ? packSequences(gpu, sequences, this.#tiling, vocabulary)
        : packPadded(gpu, sequences, padding, this.#tiling, vocabulary);
    const { rows: index, count: rows } = batch.targets;
    const y = gpu.allocate(rows * hidden * 4, 'hidden states');
    try {
      this.#forward(batch);
      const states: Float32Array[] = [];
      for (const buffer of [...this.#activations!.entries, this.#activations!.output]) {
        gatherRows(gpu, {
          source: { buffer, type: 'F32' },
          sourceRows: batch.rows,
          columns: hidden,
          index,
          rows,
          y,
        });
        states.push(new Float32Array(await gpu.read(y)));
      }
      return states;
    } finally {
      gpu.release(y);
      batch.release();
    }
  }

  /** What the linear layers take, one layer after another; see layerInputs. */
  layerInputs(batches: readonly (readonly ArrayLike<number>[])[]): AsyncGenerator<LayerInputs> {
    return layerInputs(batches, {
      layers: this.#layers,
      pack: (sequences) => packSequences(this.#gpu, sequences, this.#tiling, this.config.vocabulary),
      prepare: (batch) => ({ pass: this.#passOf(batch), activations: this.#activationsFor(batch) }),
      embed: (pass, y) => this.#embed(pass, y),
    });
  }

  /**
   * Runs the decoder with its residual stream changed; `accumulate` is not for that time, nor is another change.
   * @param run uses this decoder, and nothing else does meanwhile
   */
  async withChange<T>(change: StreamChange, run: () => Promise<T>): Promise<T> {
    if (this.#change !== undefined) throw new TypeError('the residual stream of this decoder is changed already');
    const made = new DeviceStreamChange(this.#gpu, this.config.hidden, change);
    this.#change = made;
    try {
      return await run();
    } finally {
      this.#change = undefined;
      made.release();
    }
  }

  async accumulate(rows: readonly TokenRow[], weight: number): Promise<number> {
    if (this.#change !== undefined) throw new TypeError('a decoder whose residual stream is changed cannot be trained');
    const batch = packBatch(this.#gpu, rows, this.#tiling, this.config.vocabulary);
    try {
      const pass = this.#forward(batch);
      const gradients = this.#gradientsFor();
      this.#lossWindows(pass, { weight, gradients });
      this.#backward(pass, gradients);
      return (await this.#losses(batch)).reduce((sum, loss) => sum + loss, 0);
    } finally {
      batch.release();
    }
  }

  /** [targets, vocabulary] logits of the positions that have a target, for tests and small vocabularies. */
  async logits(rows: readonly TokenRow[]): Promise<Float32Array> {
    const batch = packBatch(this.#gpu, rows, this.#tiling, this.config.vocabulary);
    try {
      this.#forward(batch);
      return await this.#head.allLogits(this.#activations!.targetOutput, batch.targets.count);
    } finally {
      batch.release();
    }
  }

  /** A tensor's bytes as a checkpoint stores them, in the decoder's type. */
  async weightsOf({ weights, count, type }: Parameter): Promise<Uint8Array> {
    return new Uint8Array(await this.#gpu.read(weights)).subarray(0, count * (type === 'F32' ? 4 : 2));
  }

  release(): void {
    for (const parameter of this.parameters) parameter.release();
    this.#activations?.release();
    this.#gradients?.release();
    this.#releaseRotary();
    this.#change?.release();
  }

  async #continue<T>(
    continuations: readonly Continuation[],
    cache: KeyValueCache,
    choose: (outputs: DeviceBuffer) => Promise<T>,
  ): Promise<T> {
    const batch = packContinuations(this.#gpu, continuations, this.#tiling, this.config.vocabulary);
    try {
      this.#forward(batch, { cache, rows: batch.cacheRows });
      return await choose(this.#activations!.targetOutput);
    } finally {
      batch.release();
    }
  }

  #forward<Batch extends ForwardBatch>(
    batch: Batch,
    cached?: { readonly cache: KeyValueCache; readonly rows: Binding },
  ): LayerPass<Batch> {
    const gpu = this.#gpu;
    const { hidden, normEpsilon: epsilon } = this.config;
    const a = this.#activationsFor(batch);
    const pass = this.#passOf(batch);
    const { change } = pass;
    this.#embed(pass, a.last);
    this.#layers.forEach((layer, index) => {
      change?.entering(index, index === 0 ? a.last : a.mlpBranch, batch.rows);
      layerForward(pass, {
        layer,
        activations: a.layers[index]!,
        entry: a.entries[index]!,
        ...(index === 0 ? { x: a.last } : { x: a.layers[index - 1]!.middle, branch: a.mlpBranch }),
        attentionBranch: a.branch,
        mlpBranch: a.mlpBranch,
        ...(cached === undefined ? {} : { cached: { ...cached, layer: index } }),
      });
    });
    rmsNorm(gpu, {
      rows: batch.rows,
      columns: hidden,
      epsilon,
      x: a.layers.at(-1)!.middle,
      branch: a.mlpBranch,
      gain: gainOf(this.#finalNorm),
      sum: a.last,
      y: a.output,
      scale: a.outputScale,
    });
    const { rows: index, count: rows } = batch.targets;
    if (rows > 0) {
      const source = { buffer: a.output, type: 'F32' } as const;
      gatherRows(gpu, { source, sourceRows: batch.rows, columns: hidden, index, rows, y: a.targetOutput });
    }
    return pass;
  }

  #passOf<Batch extends ForwardBatch>(batch: Batch): LayerPass<Batch> {
    const rotaryTables = this.#rotary(batch.longest);
    return { gpu: this.#gpu, config: this.config, tiling: this.#tiling, batch, rotaryTables, change: this.#change };
  }

  #embed({ batch: { ids: index, rows }, change }: LayerPass, y: DeviceBuffer): void {
    const { vocabulary: sourceRows, hidden: columns } = this.config;
    const { weights: buffer, type } = this.#embedding;
    const scale = this.#embeddingScale;
    gatherRows(this.#gpu, { source: { buffer, type }, sourceRows, columns, index, rows, y, scale });
    change?.written(y, rows);
  }

  /** The loss window by window; with gradients, those of the head and of the target outputs too. */
  #lossWindows(
    { batch }: LayerPass<PackedBatch>,
    backward: { readonly weight: number; readonly gradients: ActivationGradients } | undefined,
  ): void {
    const gpu = this.#gpu;
    const a = this.#activations!;
    const { hidden, vocabulary } = this.config;
    const { count: rows, labels: targets } = batch.targets;
    if (rows === 0) return;
    const head = this.#head;
    const windows = head.windows(rows);
    const logits = gpu.allocate(rows * windows[0]!.count * 4, 'logits');
    const { targetLogSumExp: logSumExp, lossState, losses: buffer } = a;
    for (const window of windows) {
      head.logits(a.targetOutput, rows, window, logits);
      crossEntropy(gpu, { rows, window, logits, targets, logSumExp }, vocabulary, lossState, { buffer, start: 0 });
    }
    if (backward !== undefined) {
      const { weight, gradients } = backward;
      const { weights, type, gradient } = head.parameter;
      for (const [index, window] of windows.entries()) {
        // A single window's logits are still there.
        if (windows.length > 1) head.logits(a.targetOutput, rows, window, logits);
        crossEntropyBackward(gpu, { rows, window, logits, targets, logSumExp }, weight);
        const offset = window.first * hidden;
        gemm(gpu, {
          m: window.count,
          n: hidden,
          k: rows,
          transposeA: true,
          beta: 1,
          a: { buffer: logits },
          b: { buffer: a.targetOutput },
          c: { buffer: gradient, offset },
        });
        gemm(gpu, {
          m: rows,
          n: hidden,
          k: window.count,
          beta: index === 0 ? 0 : 1,
          a: { buffer: logits },
          b: { buffer: weights, type, offset },
          c: { buffer: gradients.targetOutput },
        });
      }
    }
    gpu.release(logits);
  }

  #backward(pass: LayerPass<PackedBatch>, gradients: ActivationGradients): void {
    const gpu = this.#gpu;
    const a = this.#activations!;
    const { batch } = pass;
    const { hidden, vocabulary } = this.config;
    if (batch.targets.count === 0) return;
    gatherRows(gpu, {
      source: { buffer: gradients.targetOutput, type: 'F32' },
      sourceRows: batch.targets.count,
      columns: hidden,
      index: batch.targetOfRow,
      rows: batch.rows,
      y: gradients.normed,
    });
    normBackward(pass, this.#finalNorm, a.last, a.outputScale, gradients, false);
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const layer = this.#layers[index]!;
      const activations = a.layers[index]!;
      const entry = a.entries[index]!;
      // With checkpointing the layer above has overwritten the shared activations; `last` is free by now.
      if (this.#options.activationCheckpointing && index < this.#layers.length - 1) {
        layerForward(pass, {
          layer,
          activations,
          x: entry,
          entry: a.last,
          attentionBranch: a.branch,
          mlpBranch: a.mlpBranch,
        });
      }
      layerBackward(pass, layer, activations, entry, gradients);
    }
    const [targets, starts, rows] = batch.byToken.bindings;
    scatterAddRows(gpu, {
      x: gradients.stream,
      columns: hidden,
      order: batch.byToken,
      targets,
      starts,
      rows,
      sum: this.#embedding.gradient,
      sumRows: vocabulary,
      scale: this.#embeddingScale,
    });
  }

  /** Loss of every target. */
  async #losses({ targets: { count } }: PackedBatch): Promise<Float32Array> {
    if (count === 0) return new Float32Array();
    return new Float32Array(await this.#gpu.read(this.#activations!.losses, 0, count * 4));
  }

  #activationsFor({ rows, targets }: ForwardBatch): Activations {
    const have = this.#activations;
    if (have !== undefined && have.rows >= rows && have.targets >= targets.count) return have;
    checkRows(this.#gpu, this.config, rows);
    have?.release();
    this.#gradients?.release();
    this.#gradients = undefined;
    const [mostRows, mostTargets] = [Math.max(rows, have?.rows ?? 0), Math.max(targets.count, have?.targets ?? 0)];
    const checkpointing = this.#options.activationCheckpointing ?? false;
    this.#activations = new Activations(this.#gpu, this.config, mostRows, mostTargets, checkpointing);
    return this.#activations;
  }

  #gradientsFor(): ActivationGradients {
    const { rows, targets } = this.#activations!;
    this.#gradients ??= new ActivationGradients(this.#gpu, this.config, rows, targets);
    return this.#gradients;
  }

  #rotary(positions: number): RotaryTables {
    if (this.#rotaryTables !== undefined && this.#rotaryPositions >= positions) return this.#rotaryTables;
    this.#releaseRotary();
    this.#rotaryPositions = Math.max(positions, 2 * this.#rotaryPositions);
    this.#rotaryTables = uploadRotaryTables(this.#gpu, this.config, this.#rotaryPositions);
    return this.#rotaryTables;
  }

  #releaseRotary(): void {
    if (this.#rotaryTables !== undefined) this.#gpu.release(...new Set(Object.values(this.#rotaryTables)));
  }

  get #embedding(): Parameter {
    return this.#parameter(embeddingTensor);
  }

  get #embeddingScale(): number {
    return families[this.config.family].scalesEmbeddings ? Math.sqrt(this.config.hidden) : 1;
  }

  get #finalNorm() {
    return { gain: this.#parameter(finalNormTensor), offset: families[this.config.family].gainOffset };
  }

  #parameter(name: string): Parameter {
    return this.#byName.get(name)!;
  }
}
