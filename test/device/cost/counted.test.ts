import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DeviceTraits } from '../../../src/cost/costed-step.js';
import { forwardPhase, generationPhases, trainingPhases } from '../../../src/cost/decoder-work.js';
import { alike, describedTensor, type TokenLengths } from '../../../src/cost/described.js';
import { costsOf } from '../../../src/cost/estimate.js';
import { joined, type Phase } from '../../../src/cost/work.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { familyNames } from '../../../src/formats/families/registry.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { Decoder } from '../../../src/nn/decoder.js';
import { generate } from '../../../src/nn/generate.js';
import { type StepKind, stepContracts } from '../../../src/steps/contracts.js';
import type { Step } from '../../../src/steps/step.js';
import { gaussian } from '../../oracles/matrices.js';
import { device } from '../device.js';
import { smallDecoder, smallRows } from '../nn/small-decoder.js';
import { run, world } from '../steps/subspace-lab.js';

/** What cost functions say, against what the device was really asked for. */

interface Counts {
  flop: number;
  dispatches: number;
  waits: number;
}

/** Operations of products, dispatches and waits while something runs. */
async function counted(gpu: Gpu, action: () => Promise<unknown>): Promise<Counts> {
  const counts = { flop: 0, dispatches: 0, waits: 0 };
  const { dispatch, read } = gpu;
  gpu.dispatch = (one) => {
    counts.flop += one.flop ?? 0;
    counts.dispatches++;
    dispatch.call(gpu, one);
  };
  gpu.read = (...given) => {
    counts.waits++;
    return read.apply(gpu, given);
  };
  try {
    await action();
  } finally {
    Object.assign(gpu, { dispatch, read });
  }
  return counts;
}

function near(what: string, estimated: number, real: number, tolerance: number): void {
  const off = Math.abs(estimated - real) / real;
  assert.ok(off <= tolerance, `${what}: ${estimated} estimated, ${real} counted, ${(100 * off).toFixed(1)} % off`);
}

const rows = smallRows(4);
const lengths: TokenLengths = alike(4, 60, 4 * 40);
/** Attention says nothing of its operations: 4 a head's column and visible pair forward, 14 backward. */
const attention = ({ layers, heads, headDim }: DecoderConfig, factor: number, pairs: number) =>
  factor * layers * heads * headDim * pairs;
const pairs = (4 * (60 * 60 + 60)) / 2;

function traits(gpu: Gpu): DeviceTraits {
  const { adapter, memoryBudget, limits } = gpu;
  return { software: adapter.software, memoryBudget, largestBinding: limits.maxStorageBufferBindingSize };
}

async function decoderOf(gpu: Gpu, config: DecoderConfig, activationCheckpointing: boolean): Promise<Decoder> {
  const options = { type: 'F32', activationCheckpointing } as const;
  return Decoder.create(gpu, config, options, async (_, shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return new Uint8Array(Float32Array.from({ length: count }, (_, i) => 0.05 * Math.sin(i)).buffer);
  });
}

for (const family of familyNames) {
  test(`${family}: a pass over rows, and one forward and backward`, async () => {
    const gpu = await device();
    const config = smallDecoder(family);
    for (const recomputed of [false, true]) {
      const decoder = await decoderOf(gpu, config, recomputed);
      const forward = await counted(gpu, () => decoder.rowLosses(rows));
      const estimate = forwardPhase(traits(gpu), config, 'F32', lengths, { outputs: 160, told: 160 });
      near('flop forward', estimate.flop - attention(config, 4, pairs), forward.flop, 0.001);
      near('dispatches forward', estimate.dispatches, forward.dispatches, 0.2);
      const both = await counted(gpu, () => decoder.accumulate(rows, 1 / 160));
      const shape = { rows: lengths, batch: 4, steps: 0, microBatches: 1, precision: 'f32', recomputed } as const;
      const [micro] = trainingPhases(config, shape).phases as [Phase];
      const again = recomputed ? 2 / 3 : 0;
      near('flop both', micro.flop - attention(config, 4 + 14 + 4 * again, pairs), both.flop, 0.001);
      near('dispatches both', micro.dispatches, both.dispatches, 0.2);
      decoder.release();
    }
  });
}

test('responses: passes over prompts and one a token', async () => {
  const gpu = await device();
  const config = smallDecoder('llama');
  const decoder = await decoderOf(gpu, config, true);
  const prompts = Array.from({ length: 6 }, (_, row) => Int32Array.from({ length: 10 }, (_, t) => (row + t * 7) % 320));
  const options = { maxTokens: 5, endTokens: new Set<number>(), sampling: null };
  const real = await counted(gpu, () => generate(gpu, decoder, prompts, options));
  const { phases } = generationPhases(traits(gpu), config, 'F32', alike(6, 10), 5, false);
  const estimate = joined(phases);
  const seen = (6 * (10 * 10 + 10)) / 2 + 6 * (10 * 4 + (4 * 5) / 2);
  near('flop', estimate.flop - attention(config, 4, seen), real.flop, 0.001);
  near('dispatches', estimate.dispatches, real.dispatches, 0.2);
  assert.is(estimate.waits, real.waits);
  decoder.release();
});

/** The cost of one step whose inputs are these artifacts. */
async function costOf(gpu: Gpu, kind: StepKind, params: Step['params'], inputs: Record<string, Artifact>) {
  const existing = new Map(
    Object.entries(inputs).map(([name, { bytes, tensor }]) => [name, new Map([['one', { bytes, ...(tensor && { tensor }) }]])]), // biome-ignore format: one line
  );
  const named = Object.fromEntries(Object.keys(inputs).map((name) => [name, { node: name, output: 'one' }]));
  const step: Step = { id: kind, kind, params, inputs: named, group: kind };
  const facts = { steps: [step], existing, known: new Map(), device: traits(gpu), assumed: new Map() };
  return (await costsOf(facts)).steps[0]!;
}

async function check(kind: StepKind, params: Step['params'], inputs: Record<string, Artifact>) {
  const gpu = await device();
  let outputs: Readonly<Record<string, Artifact>> = {};
  const real = await counted(gpu, async () => {
    outputs = await run(stepContracts[kind]!, params, inputs);
  });
  const { least, most } = await costOf(gpu, kind, params, inputs);
  const [low, high] = [joined(least.phases), joined(most.phases)];
  const said = `${kind}: ${real.flop} operations between ${low.flop} and ${high.flop}`;
  assert.ok(real.flop >= 0.99 * low.flop && real.flop <= 1.01 * high.flop, said);
  const asked = `${kind}: ${real.dispatches} dispatches between ${low.dispatches} and ${high.dispatches}`;
  assert.ok(real.dispatches >= 0.7 * low.dispatches && real.dispatches <= 1.5 * high.dispatches, asked);
  const stored = Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(stored <= 1.01 * most.stored && stored >= 0.2 * most.stored, `${kind}: ${stored} of ${most.stored} bytes`);
  assert.is(Object.keys(outputs).length, most.objects, kind);
  return outputs;
}

for (const [rowsOf, columns] of [
  [300, 72],
  [72, 300],
  [2300, 600],
] as const) {
  test(`steps on an update of [${rowsOf}, ${columns}]`, async () => {
    const { base, aligned, tuned } = world(gaussian(rowsOf, columns, 'alignment'), 'BF16');
    const { u, s, v } = await check('svd', {}, { from: base, to: aligned });
    const r = Math.min(rowsOf, columns);
    const ranks = [Math.round(r / 4), Math.round(r / 2)];
    for (const [side, basis] of [
      ['right', v],
      ['left', u],
    ] as const) {
      const inputs = { from: aligned, to: tuned, basis: basis!, s: s! };
      await check('energy', { mode: 'parallel', side, ranks }, inputs);
    }
    await check('overlap', {}, { 'a-u': u!, 'a-s': s!, 'b-u': u!, 'b-s': s! });
    await check('cosine', {}, { from: base, to: aligned, 'onto-from': aligned, 'onto-to': tuned });
    await check('random-basis', { rows: rowsOf, columns: r, seed: 1, stream: 'w' }, {});
  });
}

test('a described tensor has the bytes of its elements', () => {
  assert.is(describedTensor('BF16', [3, 5]).bytes, 30);
});

test.run();
