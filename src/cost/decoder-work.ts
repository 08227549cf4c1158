import { architectureTensors } from '../formats/architecture.js';
import { families } from '../formats/families/registry.js';
import { type Precision, precisions } from '../formats/precision.js';
import { bytesPerElement, elementCount } from '../formats/tensor.js';
import { activationNumbers } from '../nn/activations.js';
import type { DecoderConfig } from '../nn/config.js';
import { cacheBytesPerToken, defaultSlots, mostCacheBytes, slotsThatFit } from '../nn/key-value-cache.js';
import { logitBytes, logitWindow, memoryPlan } from '../nn/memory-plan.js';
import { enoughTokens, rowsThatFit } from '../nn/rows-that-fit.js';
import type { DeviceTraits } from './costed-step.js';
import { alike, limited, type TokenLengths } from './described.js';
import { joined, type Phase, phase, product, times } from './work.js';

/** Type that a decoder's weights are held in on the device. */
export type HeldType = 'F32' | 'BF16';

/** Numbers of a decoder that costs follow from. */
interface Sizes {
  /** Weights of the linear layers, and of all tensors. */
  readonly linear: number;
  readonly all: number;
  /** Number of linear layers, of their biases, of norms, and of all tensors. */
  readonly linears: number;
  readonly biases: number;
  readonly norms: number;
  readonly tensors: number;
  /** Numbers a token that the kernels of a layer beside products read and write. */
  readonly stream: number;
}

const known = new WeakMap<DecoderConfig, Sizes>();

function sizesOf(config: DecoderConfig): Sizes {
  const have = known.get(config);
  if (have !== undefined) return have;
  const tensors = [...architectureTensors(config)].map(([name, shape]) => ({
    name,
    shape,
    count: elementCount(shape),
  }));
  const inLayers = tensors.filter(({ name }) => name.startsWith('model.layers.'));
  const linear = inLayers.filter(({ shape }) => shape.length === 2);
  const biases = inLayers.filter(({ name }) => name.endsWith('.bias')).length;
  const { hidden, heads, kvHeads, headDim, mlp } = config;
  const qkv = (heads + 2 * kvHeads) * headDim;
  const made: Sizes = {
    linear: linear.reduce((sum, { count }) => sum + count, 0),
    all: tensors.reduce((sum, { count }) => sum + count, 0),
    linears: linear.length,
    biases,
    norms: families[config.family].norms.length * config.layers,
    tensors: tensors.length,
    // Norms read the stream and a branch and write both ways; the rotation and a bias are in place; the gate reads twice.
    stream:
      families[config.family].norms.length * 4 * hidden + 2 * qkv + 3 * mlp + (2 * qkv * biases) / (3 * config.layers),
  };
  known.set(config, made);
  return made;
}

/** Pairs of a token and one that it sees, all sequences together. */
function visiblePairs({ squares, total }: TokenLengths): number {
  return (squares + total) / 2;
}

export function weightBytes(config: DecoderConfig, type: HeldType): number {
  return sizesOf(config).all * bytesPerElement[type];
}

/** Windows of the vocabulary in which so many rows of logits are made. */
function logitWindows({ vocabulary }: DecoderConfig, rows: number): number {
  return Math.ceil(vocabulary / logitWindow(rows));
}

/** One pass over the layers. @param pairs of a query and a key @param tokens of all sequences together */
function layersForward(config: DecoderConfig, type: HeldType, tokens: number, pairs: number, caches: boolean): Phase {
  const { layers, heads, headDim } = config;
  const { linear, linears, biases, norms, stream } = sizesOf(config);
  const { layer } = activationNumbers(config);
  const attention = 4 * heads * headDim * layers;
  // A rotation, attention and the gate are one kernel each.
  const dispatches = linears + biases + norms + (caches ? 4 : 3) * layers;
  return phase({
    flop: product(2 * linear, tokens) + product(attention, pairs),
    operandBytes: linear * bytesPerElement[type] + product(4 * 2 * layer * layers, tokens),
    otherBytes: product(4 * stream * layers, tokens),
    dispatches,
  });
}

/** Logits of so many rows and what looks at them. @param kernels how often all logits are read or written beside their product */
function head(config: DecoderConfig, type: HeldType, rows: number, kernels: number): Phase {
  const { hidden, vocabulary } = config;
  const windows = logitWindows(config, rows);
  return phase({
    flop: product(2 * hidden * vocabulary, rows),
    operandBytes: hidden * vocabulary * bytesPerElement[type] + product(4 * vocabulary, rows),
    otherBytes: product(4 * vocabulary * kernels, rows),
    dispatches: 2 * windows,
  });
}

/** What has no bound because nothing says how many sequences there are. */
const unbounded = phase({
  flop: Number.POSITIVE_INFINITY,
  operandBytes: Number.POSITIVE_INFINITY,
  otherBytes: Number.POSITIVE_INFINITY,
  dispatches: Number.POSITIVE_INFINITY,
  waits: Number.POSITIVE_INFINITY,
  transferred: Number.POSITIVE_INFINITY,
});

/** Passes that sequences take which go through a decoder once. */
function passes(device: DeviceTraits, config: DecoderConfig, { total, count }: TokenLengths): number {
  if (count === 0) return 0;
  const most = Math.min(
    enoughTokens,
    rowsThatFit({ limits: { maxStorageBufferBindingSize: device.largestBinding } }, config),
  );
  return Math.min(count, Math.max(1, Math.ceil(total / most)));
}

/**
 * Sequences that go through a decoder once.
 * @param outputs rows of logits that are made and looked at
 * @param told numbers that come back to the host
 */
export function forwardPhase(
  device: DeviceTraits,
  config: DecoderConfig,
  type: HeldType,
  lengths: TokenLengths,
  { outputs, told }: { readonly outputs: number; readonly told: number },
): Phase {
  if (lengths.count === 0) return phase({});
  if (!Number.isFinite(lengths.total)) return unbounded;
  const count = passes(device, config, lengths);
  const one = (part: number) => part / count;
  const pass = [
    layersForward(config, type, one(lengths.total), one(visiblePairs(lengths)), false),
    phase({ dispatches: 4, waits: 1, transferred: one(4 * told + 16 * lengths.total) }),
    ...(outputs === 0 ? [] : [head(config, type, one(outputs), 1)]),
  ];
  return times(count, joined(pass));
}

/**
 * Responses of `response` tokens each to prompts: those of the prompts together in a few passes, then one pass a token for as
 * many as have a slot.
 */
export function generationPhases(
  device: DeviceTraits,
  config: DecoderConfig,
  type: HeldType,
  prompts: TokenLengths,
  response: number,
  sampled: boolean,
): { readonly phases: readonly Phase[]; readonly deviceMemory: number } {
  const { count, total, longest } = prompts;
  if (count === 0 || response === 0) return { phases: [], deviceMemory: 0 };
  if (!Number.isFinite(total)) {
    // However many there are, no more than these are underway at a time.
    const some = alike(defaultSlots, longest);
    return { ...generationPhases(device, config, type, some, response, sampled), phases: [unbounded] };
  }
  const capacity = Math.min(longest + response - 1, config.contextLength);
  const perSlot = cacheBytesPerToken(config) * capacity * config.layers;
  const wanted = Math.min(count, defaultSlots);
  const slots = Math.min(wanted, slotsThatFit(device, config, capacity));
  // What the last slot leaves over counts: longer slots, of which fewer fit, then never seem to take less.
  const cacheBytes = Math.max(perSlot, Math.min(wanted * perSlot, mostCacheBytes(device, config)));
  const told = sampled ? 4 * config.vocabulary : 8;
  const looks = phase({ dispatches: 4, waits: 1 });
  const prefills = Math.max(passes(device, config, prompts), Math.ceil(count / slots));
  const prefill = times(
    prefills,
    joined([
      layersForward(config, type, total / prefills, visiblePairs(prompts) / prefills, true),
      head(config, type, count / prefills, 1),
      looks,
      phase({ transferred: (16 * total + told * count) / prefills }),
    ]),
  );
  // Prompts enter when a quarter of the slots is free: passes are nearly full until the last ones are underway.
  const steps = Math.ceil(count / slots) * (response - 1);
  const rows = count / Math.ceil(count / slots);
  const pairs = (product(total, response - 1) + (count * (response - 1) * response) / 2) / Math.max(1, steps);
  const one = joined([
    layersForward(config, type, rows, pairs, true),
    head(config, type, rows, 1),
    looks,
    phase({ transferred: rows * (told + 32) }),
  ]);
  const cache = phase({ otherBytes: (product(total, response - 1) / Math.max(1, steps)) * cacheBytesPerToken(config) });
  const decode = steps === 0 ? [] : [times(steps, joined([one, times(config.layers, cache)]))];
  return {
    phases: [prefill, ...decode],
    deviceMemory: cacheBytes + passBytes(device, config, prompts, wanted),
  };
}

/** Device memory of passes over sequences, without the weights. @param outputs rows of logits at a time */
export function passBytes(
  device: DeviceTraits,
  config: DecoderConfig,
  { total, longest }: TokenLengths,
  outputs: number,
): number {
  const { layer, entry } = activationNumbers(config);
  const fit = rowsThatFit({ limits: { maxStorageBufferBindingSize: device.largestBinding } }, config);
  const rows = Math.max(longest, Math.min(total, enoughTokens, fit));
  return 4 * rows * (layer + config.layers * entry + 4 * config.hidden) + logitBytes(outputs, config.vocabulary);
}

/** One micro-batch forward and backward, gradients added up. */
function microBatch(config: DecoderConfig, type: HeldType, batch: TokenLengths, recomputed: boolean): Phase {
  const { layers, heads, headDim, hidden, vocabulary } = config;
  const { linear, linears, biases, norms, stream } = sizesOf(config);
  const { total: tokens, targets } = batch;
  const pairs = visiblePairs(batch);
  const forward = layersForward(config, type, tokens, pairs, false);
  const again = recomputed && layers > 1 ? times((layers - 1) / layers, forward) : phase({});
  const windows = logitWindows(config, targets);
  const logits = head(config, type, targets, 2);
  const { layer } = activationNumbers(config);
  const backward = phase({
    // Two products a linear layer; attention computes its weights again for queries and for keys.
    flop: product(4 * linear, tokens) + product((6 + 8) * heads * headDim * layers, pairs),
    operandBytes: linear * (bytesPerElement[type] + 8) + product(4 * 4 * layer * layers, tokens),
    otherBytes: product(4 * 2 * stream * layers, tokens),
    // A bias and the gain of a norm take two kernels for their sums; the gradient of attention takes three.
    dispatches: 2 * linears + 2 * biases + 3 * norms + 5 * layers,
  });
  const headBackward = phase({
    flop: product(4 * hidden * vocabulary, targets),
    operandBytes: hidden * vocabulary * (bytesPerElement[type] + 8) + product(8 * vocabulary, targets),
    otherBytes: product(8 * vocabulary, targets),
    dispatches: 3 * windows,
  });
  const rest = phase({ dispatches: 10, waits: 1, transferred: 24 * tokens });
  return joined([forward, again, logits, ...(windows > 1 ? [logits] : []), headBackward, backward, rest]);
}

/** Bytes a weight that AdamW reads and writes, by the precision: see kernels/adamw. */
const adamBytes: { readonly [K in Precision]: number } = { f32: 28, 'bf16-weights': 30, bf16: 16 };

/** Norm of all gradients, the optimizer's step, and gradients set to zero. */
function optimizerStep(config: DecoderConfig, precision: Precision): Phase {
  const { all, tensors } = sizesOf(config);
  return phase({
    otherBytes: all * (adamBytes[precision] + 4 + 4),
    dispatches: 3 * tensors,
    waits: 2,
    transferred: all / 1024,
  });
}

export interface TrainingShape {
  /** All rows of an epoch. */
  readonly rows: TokenLengths;
  readonly batch: number;
  readonly steps: number;
  readonly microBatches: number;
  readonly precision: Precision;
  readonly recomputed: boolean;
}

/** Training by a recipe. */
export function trainingPhases(
  config: DecoderConfig,
  { rows, batch, steps, microBatches, precision, recomputed }: TrainingShape,
): { readonly phases: readonly Phase[]; readonly deviceMemory: number } {
  const type = precisions[precision].weights;
  const one = limited(rows, batch);
  const most = { tokens: one.count * rows.longest, targets: one.count * rows.longest };
  return {
    phases: [
      times(microBatches, microBatch(config, type, one, recomputed)),
      times(steps, optimizerStep(config, precision)),
    ],
    deviceMemory: memoryPlan(config, precision, most, recomputed).total,
  };
}

/** Bytes of the state that a resumed training starts from: weights, masters and moments. */
export function trainingStateBytes(config: DecoderConfig, precision: Precision): number {
  const { weights, updated, moments } = precisions[precision];
  const master = weights === updated ? 0 : bytesPerElement[updated];
  return sizesOf(config).all * (bytesPerElement[weights] + master + 2 * bytesPerElement[moments]);
}
