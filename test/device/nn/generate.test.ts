import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { argmax, noToken } from '../../../src/nn/argmax.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { Decoder, type DecoderOptions } from '../../../src/nn/decoder.js';
import { type GenerateOptions, generate } from '../../../src/nn/generate.js';
import { KeyValueCache } from '../../../src/nn/key-value-cache.js';
import { fixtureNames, initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { decoderOracle } from '../../oracles/nn/decoder.js';
import { device } from '../device.js';
import { closeTo, uniform } from './operands.js';

const gpu = await device();

async function decoderOf(config: DecoderConfig, options: Partial<DecoderOptions> = {}): Promise<Decoder> {
  const weights = initialWeights(config);
  const whole = { type: 'F32', activationCheckpointing: true, ...options } as const;
  return Decoder.create(gpu, config, whole, async (name) => fromFloat32(weights.get(name)!, whole.type));
}

const greedy: GenerateOptions = { maxTokens: 16, endTokens: new Set(), sampling: null };
const tokens = (prompts: readonly (readonly number[])[]) => prompts.map((prompt) => Int32Array.from(prompt));

async function responses(decoder: Decoder, prompts: readonly Int32Array[], options: Partial<GenerateOptions> = {}) {
  const all = await generate(gpu, decoder, prompts, { ...greedy, ...options });
  return all.map((ids) => [...ids]);
}

for (const name of fixtureNames) {
  test(`${name}: greedy tokens are those of double precision, cached, uncached, together and one by one`, async () => {
    const { config, generations } = await readFixture(name);
    const decoder = await decoderOf(config);
    const prompts = tokens(generations.prompts);
    // What f32 rounds off must not decide a token: logits of a few units are off by some 1e-6.
    assert.ok(generations.gap > 1e-4, `the smallest gap between two logits is ${generations.gap}`);
    for (const slots of [64, 4, 1]) {
      assert.equal(await responses(decoder, prompts, { slots }), generations.tokens, `${slots} slots`);
    }
    const windows = await decoderOf(config, { largestWindow: 4 });
    assert.equal(await responses(windows, prompts), generations.tokens, 'vocabulary in windows');

    // Without a cache: every token from a pass over the whole sequence.
    const uncached: number[] = [];
    for (const token of generations.tokens[0]!) {
      const sequence = [...generations.prompts[0]!, ...uncached];
      const cache = new KeyValueCache(gpu, config, sequence.length);
      uncached.push((await decoder.nextTokens([{ ids: sequence, start: 0, firstKey: 0 }], cache))[0]!);
      cache.release();
      assert.is(uncached.at(-1), token);
    }
    decoder.release();
    windows.release();
  });

  test(`${name}: hidden states of the last token are those of double precision`, async () => {
    const { config, generations, tensors } = await readFixture(name);
    const decoder = await decoderOf(config);
    const states = await decoder.hiddenStates(tokens(generations.prompts));
    assert.is(states.length, config.layers + 1);
    for (const [depth, state] of states.entries()) {
      closeTo(`depth ${depth}`, Float64Array.from(state), tensors.get(`hidden/${depth}`)!, 2e-6);
    }
    decoder.release();
  });
}

for (const name of fixtureNames) {
  test(`${name}: the last position of a batch that is padded on the right is that of the whole padded batch`, async () => {
    const { config, generations } = await readFixture(name);
    const decoder = await decoderOf(config);
    const sequences = generations.prompts;
    const token = 2;
    // Batches of three; one of the sequences of each is the longest and has no padding.
    const lengths = sequences.map((_, i) => {
      const batch = sequences.slice(i - (i % 3), i - (i % 3) + 3);
      return Math.max(...batch.map(({ length }) => length));
    });
    assert.ok(sequences.some(({ length }, i) => length < lengths[i]!));
    const states = await decoder.hiddenStates(tokens(sequences), { token, lengths });
    const padded = sequences.map((inputIds, i) => ({ inputIds, labels: [], padding: { token, length: lengths[i]! } }));
    const weights = new Map([...initialWeights(config)].map(([of, w]) => [of, Float64Array.from(w)]));
    const oracle = decoderOracle(config, weights, padded);
    for (const [depth, state] of states.entries()) {
      const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((sum, length) => sum + length, 0));
      const { hidden } = config;
      const wanted = ends.flatMap((end) => [...oracle.states[depth]!.subarray((end - 1) * hidden, end * hidden)]);
      closeTo(`depth ${depth}`, Float64Array.from(state), Float64Array.from(wanted), 2e-6);
    }
    decoder.release();
  });
}

const { config, generations } = await readFixture('qwen2-gqa');
const prompts = tokens(generations.prompts);

test('bf16 weights give the tokens of an f64 decoder with the same rounded weights', async () => {
  const decoder = await decoderOf(config, { type: 'BF16' });
  const rounded = new Map(
    [...initialWeights(config)].map(([name, values]) => [
      name,
      Float64Array.from(toFloat32(fromFloat32(values, 'BF16'), 'BF16')),
    ]),
  );
  const expected = prompts.map((prompt) => {
    const ids = [...prompt];
    for (let step = 0; step < 16; step++) {
      const { logits } = decoderOracle(config, rounded, [{ inputIds: ids, labels: ids }]);
      const last = [...logits.subarray((ids.length - 1) * config.vocabulary)];
      ids.push(last.indexOf(Math.max(...last)));
    }
    return ids.slice(prompt.length);
  });
  assert.equal(await responses(decoder, prompts), expected);
  decoder.release();
});

test('a response ends at an end token without it, at a stop with it, at the limit, and with the context', async () => {
  const decoder = await decoderOf(config);
  const whole = generations.tokens;
  const ends = new Set([whole[0]![3]!, whole[2]![5]!]);
  const before = whole.map((ids) => {
    const at = ids.findIndex((id) => ends.has(id));
    return at < 0 ? ids : ids.slice(0, at);
  });
  assert.equal(await responses(decoder, prompts, { endTokens: ends, slots: 2 }), before);
  const third = (ids: readonly number[]) => ids.length === 3;
  assert.equal(
    await responses(decoder, prompts, { stops: third }),
    whole.map((ids) => ids.slice(0, 3)),
  );
  assert.equal(
    await responses(decoder, prompts, { maxTokens: 1 }),
    whole.map((ids) => ids.slice(0, 1)),
  );
  assert.equal(
    await responses(decoder, prompts, { maxTokens: 0 }),
    whole.map(() => []),
  );
  assert.equal(await responses(decoder, []), []);
  decoder.release();
  const short = await decoderOf({ ...config, contextLength: 14 });
  assert.equal(
    await responses(short, prompts, { slots: 3 }),
    whole.map((ids, index) => ids.slice(0, 14 - prompts[index]!.length)),
  );
  short.release();
});

test('many prompts through few slots: in order, whatever their lengths, and no memory is left behind', async () => {
  const decoder = await decoderOf(config);
  const many = Array.from({ length: 37 }, (_, index) => prompts[(index * 5) % prompts.length]!);
  const expected = many.map((_, index) => generations.tokens[(index * 5) % prompts.length]!);
  const seen: number[] = [];
  const progress = (done: number, total: number) => {
    assert.is(total, 37);
    seen.push(done);
  };
  assert.equal(await responses(decoder, many, { slots: 5, progress }), expected);
  assert.is(seen.at(-1), 37);
  assert.equal(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  const ended = await responses(decoder, many, { slots: 5, stops: (ids) => ids.length === 1 + (ids[0]! % 7) });
  assert.equal(
    ended,
    expected.map((ids) => ids.slice(0, 1 + (ids[0]! % 7))),
  );
  decoder.release();
});

test('sampling draws the same tokens whatever runs beside a prompt, others with another seed, and the likeliest at top-k 1', async () => {
  const decoder = await decoderOf(config);
  const sampling = { temperature: 1.3, topP: 0.95, topK: null, seed: 4 };
  const together = await responses(decoder, prompts, { sampling });
  assert.equal(await responses(decoder, prompts, { sampling, slots: 1 }), together);
  assert.not.equal(await responses(decoder, prompts, { sampling: { ...sampling, seed: 5 } }), together);
  assert.equal(await responses(decoder, prompts, { sampling: { ...sampling, topK: 1 } }), generations.tokens);
  decoder.release();
});

test('a prompt that cannot be answered, weights that overflow and a signal stop it with a clear error', async () => {
  const decoder = await decoderOf(config);
  const fails = async (run: Promise<unknown>, pattern: RegExp) => {
    try {
      await run;
    } catch (error) {
      return assert.match((error as Error).message, pattern);
    }
    assert.unreachable();
  };
  await fails(responses(decoder, [prompts[0]!, new Int32Array()]), /Prompt 2 has no tokens/);
  await fails(responses(decoder, [new Int32Array(64)]), /Prompt 1 has 64 tokens.* context of 64/);
  await fails(responses(decoder, [Int32Array.of(1, 13)]), /Token 13 is not in the model's vocabulary of 13/);
  await fails(responses(decoder, prompts, { signal: AbortSignal.abort() }), /abort/i);
  // The device is as good as before.
  assert.equal(await responses(decoder, prompts), generations.tokens);
  decoder.release();
  const broken = await Decoder.create(gpu, config, { type: 'F32' }, async (name) => {
    const values = initialWeights(config).get(name)!;
    if (name === 'model.layers.0.mlp.down_proj.weight') values[5] = Number.NaN;
    return fromFloat32(values, 'F32');
  });
  await fails(responses(broken, prompts), /logits are not finite after 0 tokens of response 1/);
  const sampling = { temperature: 1, topP: 1, topK: null, seed: 1 };
  await fails(responses(broken, prompts, { sampling }), /logits are not finite/);
  broken.release();
});

test('the greedy choice takes the lowest of equal logits and marks rows that are not finite, over windows', async () => {
  const [rows, vocabulary] = [37, 131];
  const values = Float32Array.from(uniform('greedy', rows * vocabulary, 9));
  // Whole numbers, so that many are equal; all negative in row 3, all the same in row 4.
  for (let i = 0; i < values.length; i++) values[i] = Math.round(values[i]!);
  values.fill(-3.4e38, 3 * vocabulary, 4 * vocabulary);
  values.fill(2, 4 * vocabulary, 5 * vocabulary);
  values[5 * vocabulary + 130] = Number.NaN;
  values[6 * vocabulary] = Number.POSITIVE_INFINITY;
  values[7 * vocabulary + 64] = Number.NEGATIVE_INFINITY;
  const expected = Array.from({ length: rows }, (_, row) => {
    const ofRow = values.subarray(row * vocabulary, (row + 1) * vocabulary);
    return ofRow.every(Number.isFinite) ? ofRow.indexOf(Math.max(...ofRow)) : noToken;
  });
  assert.equal(expected.slice(3, 8), [0, 0, noToken, noToken, noToken]);
  for (const size of [131, 64, 37]) {
    const best = gpu.allocate(rows * 8, 'best');
    for (let first = 0; first < vocabulary; first += size) {
      const count = Math.min(size, vocabulary - first);
      const part = Float32Array.from({ length: rows * count }, (_, i) => {
        return values[Math.floor(i / count) * vocabulary + first + (i % count)]!;
      });
      argmax(gpu, rows, { first, count }, gpu.upload(part, 'logits'), best);
    }
    const words = new Uint32Array(await gpu.read(best));
    assert.equal(
      Array.from({ length: rows }, (_, row) => words[2 * row + 1]!),
      expected,
      `windows of ${size}`,
    );
  }
});

test('keys and values go to their own rows of a cache, whole vectors or not', async () => {
  for (const headDim of [8, 6]) {
    const shape = { layers: 1, heads: 3, kvHeads: 1, headDim };
    const rows = 21;
    const stride = 5 * headDim;
    const qkv = Float32Array.from(uniform('qkv', rows * stride));
    const cache = new KeyValueCache(gpu, shape, 2 * rows);
    const { k, v } = cache.keysAndValues(0);
    gpu.clear(k.buffer);
    const index = Uint32Array.from({ length: rows }, (_, row) => (row * 8) % rows) // 8 and 21 have no common divisor
      .map((row) => 2 * row);
    cache.store(0, gpu.upload(qkv, 'qkv'), rows, gpu.upload(index, 'index'));
    const expected = new Float32Array(2 * rows * 2 * headDim);
    index.forEach((to, row) => {
      expected.set(qkv.subarray(row * stride + 3 * headDim, (row + 1) * stride), to * 2 * headDim);
    });
    assert.equal(new Float32Array(await gpu.read(k.buffer)), expected);
    assert.is(v.offset, headDim);
    cache.release();
  }
});

test.run();
