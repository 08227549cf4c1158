import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { type ActivationsParams, activations } from '../../../src/steps/activations.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';
import { DeviceContext, objects, stored } from './checkpoints.js';

const json = (value: unknown) => stored(Buffer.from(JSON.stringify(value)));

const { config, json: configJson } = await readFixture('qwen2-gqa');
const weights = initialWeights(config);

/** A tokenizer of the words `w0`, `w1`, …: word i is token i. */
function words(tokenizerConfig: object): Artifacts {
  const vocab = Object.fromEntries(Array.from({ length: config.vocabulary }, (_, i) => [`w${i}`, i]));
  const definition = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      vocab,
      unk_token: 'w0',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  };
  return { 'file/tokenizer.json': json(definition), 'file/tokenizer_config.json': json(tokenizerConfig) };
}

function model(tokenizerConfig: object, scale = 1): Artifacts {
  const shapes = architectureTensors(config);
  const tensors = [...weights].map(([name, values]) => [
    `tensor/${name}`,
    stored(
      fromFloat32(
        values.map((x) => x * scale),
        'F32',
      ),
      { dtype: 'F32', shape: shapes.get(name)! },
    ),
  ]);
  return { 'file/config.json': json(configJson), ...words(tokenizerConfig), ...Object.fromEntries(tensors) };
}

const prompts = [[5, 6, 7, 8, 9], [1, 2], [3, 4, 5], [9], [8, 7], [6, 5, 4]];
const rows = stored(
  Buffer.from(prompts.map((ids) => JSON.stringify({ prompt: ids.map((id) => `w${id}`).join(' ') })).join('\n')),
);
const plain: ActivationsParams = {
  model: { kind: 'whole' },
  dataset: 'datasets.d',
  prompt: 'prompt',
  template: 'raw',
  maxLength: 512,
  maxTokens: null,
};

async function statesOf(params: ActivationsParams, from: Artifacts): Promise<Float32Array[]> {
  const context = new DeviceContext(params, { model: from, rows: { rows } }, objects);
  await (await implementationOf(activations.kind))(context);
  return Array.from({ length: config.layers + 1 }, (_, layer) =>
    toFloat32(objects.get(context.outputs[`hidden/${layer}`]!.digest)!, 'F32'),
  );
}

/** States of the last of `length` positions of every prompt, the positions behind it filled with a token. */
function oracle(of: Tensors, token: number, lengths: readonly number[]): number[][] {
  const sequences = prompts.map((inputIds, i) => ({ inputIds, labels: [], padding: { token, length: lengths[i]! } }));
  const { states } = decoderOracle(config, of, sequences);
  const { hidden } = config;
  let end = 0;
  const ends = lengths.map((length) => (end += length));
  return states.map((state) => ends.flatMap((at) => [...state.subarray((at - 1) * hidden, at * hidden)]));
}

function close(found: readonly Float32Array[], wanted: readonly (readonly number[])[], bar: number): void {
  assert.is(found.length, wanted.length);
  for (const [layer, state] of found.entries()) {
    const largest = Math.max(...wanted[layer]!.map(Math.abs));
    state.forEach((x, i) => {
      assert.ok(Math.abs(x - wanted[layer]![i]!) <= bar * largest, `layer ${layer}, element ${i}: ${x}`);
    });
  }
}

const exact: Tensors = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]));
const ownLengths = prompts.map(({ length }) => length);

test('batches are padded to their longest prompt, in the order of the rows, with the padding token', async () => {
  const from = model({ pad_token: 'w4', eos_token: 'w5' });
  const padded = await statesOf({ ...plain, padded: { batch: 3 } }, from);
  close(padded, oracle(exact, 4, [5, 5, 5, 3, 3, 3]), 4e-6);
  const last = await statesOf(plain, from);
  close(last, oracle(exact, 4, ownLengths), 4e-6);
  assert.not.equal(padded, last);
});

test('a tokenizer that pads on the left leaves the last token of every prompt last', async () => {
  const left = await statesOf({ ...plain, padded: { batch: 3 } }, model({ pad_token: 'w4', padding_side: 'left' }));
  close(left, oracle(exact, 4, ownLengths), 4e-6);
});

test('a position before the last has the state of the prompt that ends there', async () => {
  const from = model({ pad_token: 'w4' });
  const long = prompts.filter(({ length }) => length >= 3);
  const text = long.map((ids) => JSON.stringify({ prompt: ids.map((id) => `w${id}`).join(' ') })).join('\n');
  const inputs = { model: from, rows: { rows: stored(Buffer.from(text)) } };
  const context = new DeviceContext({ ...plain, position: -3 }, inputs, objects);
  await (await implementationOf(activations.kind))(context);
  const found = Array.from({ length: config.layers + 1 }, (_, layer) =>
    toFloat32(objects.get(context.outputs[`hidden/${layer}`]!.digest)!, 'F32'),
  );
  const { states } = decoderOracle(
    config,
    exact,
    long.map((inputIds) => ({ inputIds, labels: [] })),
  );
  const rowsWanted: number[] = [];
  let end = 0;
  for (const { length } of long) {
    end += length;
    rowsWanted.push(end - 3);
  }
  const { hidden } = config;
  close(
    found,
    states.map((state) => rowsWanted.flatMap((row) => [...state.subarray(row * hidden, (row + 1) * hidden)])),
    4e-6,
  );
  try {
    await statesOf({ ...plain, position: -2 }, from);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'prompt 3 (counted from 0) has 1 tokens, and none at position -2');
  }
});

test('weights and states are halves where the published code reads them so', async () => {
  const half = { ...plain, model: { kind: 'whole', heldAs: 'F16' }, heldAs: 'F16' } as const;
  const found = await statesOf(half, model({ pad_token: 'w4' }));
  const round = (values: ArrayLike<number>) => toFloat32(fromFloat32(Float32Array.from(values), 'F16'), 'F16');
  for (const state of found) assert.equal([...round(state)], [...state]);
  const rounded: Tensors = new Map([...weights].map(([name, values]) => [name, Float64Array.from(round(values))]));
  const wanted = oracle(rounded, 4, ownLengths);
  // A half has 11 bits.
  close(found, wanted, 2 ** -11);
  const apart = oracle(exact, 4, ownLengths);
  const distance = (x: readonly (readonly number[])[]) =>
    x.flatMap((layer, l) => layer.map((value, i) => Math.abs(value - found[l]![i]!))).reduce((a, b) => a + b, 0);
  assert.ok(distance(wanted) < distance(apart), 'the weights were not rounded');
});

test('weights beyond the range of halves are refused by name', async () => {
  const half = { ...plain, model: { kind: 'whole', heldAs: 'F16' }, heldAs: 'F16' } as const;
  try {
    await statesOf(half, model({ pad_token: 'w4' }, 1e6));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /^Tensor model\.\S+ holds \S+ at element \d+, beyond the range of F16/);
  }
});

test.run();
