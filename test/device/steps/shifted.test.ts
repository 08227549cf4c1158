import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { packTokenRows } from '../../../src/formats/token-rows.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { generate } from '../../../src/nn/generate.js';
import { loss } from '../../../src/steps/loss.js';
import type { ModelRecipe } from '../../../src/steps/recipes/registry.js';
import type { Scores } from '../../../src/steps/scores.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { runningModel } from '../../../src/worker/steps/running-model.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { gaussian } from '../../oracles/matrices.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';
import { device } from '../device.js';
import { DeviceContext, objects, stored } from './checkpoints.js';

/** Models to whose residual stream a direction is added while steps run them, against decoders in f64 with that bias. */

const sequences = [
  [3, 1, 4, 1, 5],
  [9, 2, 6],
];

/** Notes under which identity each model would stay on the device. */
class NotingContext extends DeviceContext {
  readonly identities: string[] = [];
  override resident<T>(key: string, make: () => Promise<T>): Promise<T> {
    this.identities.push(key);
    return make();
  }
}

interface Subject {
  readonly config: DecoderConfig;
  readonly model: Artifacts;
  readonly exact: Tensors;
  readonly r: Float64Array;
}

async function subject(fixture: Parameters<typeof readFixture>[0]): Promise<Subject> {
  const { json, config } = await readFixture(fixture);
  const weights = initialWeights(config);
  const model: Record<string, Artifact> = { 'file/config.json': stored(Buffer.from(JSON.stringify(json))) };
  for (const [name, shape] of architectureTensors(config)) {
    model[`tensor/${name}`] = stored(fromFloat32(weights.get(name)!, 'F32'), { dtype: 'F32', shape });
  }
  const exact = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]));
  return { config, model, exact, r: gaussian(config.hidden, 1, 'r').data.map((value) => 0.3 * value) };
}

function vectorOf(r: Float64Array): Artifact {
  return stored(new Uint8Array(r.slice().buffer), { dtype: 'F64', shape: [r.length] });
}

function contextOf({ model, r }: Subject, recipe: ModelRecipe, more: Record<string, Artifacts> = {}): NotingContext {
  const inputs = recipe.kind === 'whole' ? { model } : { shifted: model, vector: { r: vectorOf(r) } };
  return new NotingContext({ model: recipe } as unknown as JsonObject, { ...inputs, ...more }, objects);
}

/** The weights of a decoder that does the same: a bias of the MLP below the layer, or at layer 0 a part of every embedding. */
function biased({ config, exact, r }: Subject, layer: number, times: number): Tensors {
  const embedding = 'model.embed_tokens.weight';
  const head = exact.get('lm_head.weight') ?? exact.get(embedding)!;
  const weights: Tensors = new Map([...exact, ['lm_head.weight', head]]);
  const bias = `model.layers.${layer - 1}.mlp.down_proj.bias`;
  if (layer > 0) weights.set(bias, r.map((value, i) => times * value + (exact.get(bias)?.[i] ?? 0))); // biome-ignore format: one line
  else weights.set(embedding, exact.get(embedding)!.map((value, i) => value + times * r[i % config.hidden]!)); // biome-ignore format: one line
  return weights;
}

async function lossesOf(one: Subject, recipe: ModelRecipe): Promise<Scores['values']> {
  const integers = (values: Int32Array) => stored(new Uint8Array(values.slice().buffer));
  const rows = sequences.map((ids) => ({ inputIds: Int32Array.from(ids), labels: Int32Array.from(ids) }));
  const { inputIds, labels, offsets } = packTokenRows(rows);
  const tokens = { 'input-ids': integers(inputIds), labels: integers(labels), offsets: integers(offsets) };
  const context = contextOf(one, recipe, { tokens });
  await (await implementationOf(loss.kind))(context);
  return (JSON.parse(new TextDecoder().decode(objects.get(context.outputs.scores!.digest))) as Scores).values;
}

for (const fixture of ['llama-mha', 'llama-biased-llama3-rope', 'qwen2-mqa-tied'] as const) {
  test(`${fixture}: losses and states are those of a bias of down_proj, or of the embeddings, in double precision`, async () => {
    const one = await subject(fixture);
    const { config } = one;
    for (let layer = 0; layer < config.layers; layer++) {
      for (const times of [1, -2.5]) {
        const recipe = { kind: 'shifted', layer, times } as const;
        const weights = biased(one, layer, times);
        const where = `layer ${layer}, ${times}`;
        const untied = { ...config, tied: false };
        const values = await lossesOf(one, recipe);
        for (const [row, ids] of sequences.entries()) {
          const wanted = decoderOracle(untied, weights, [{ inputIds: ids, labels: ids }]).loss / (ids.length - 1);
          assert.ok(Math.abs(values[row]! / wanted - 1) <= 5e-6, `${where}: loss ${values[row]}, not ${wanted}`);
        }
        const { decoder } = await runningModel(contextOf(one, recipe), recipe);
        const states = await decoder.hiddenStates(sequences);
        decoder.release();
        const wanted = decoderOracle(untied, weights, sequences.map((inputIds) => ({ inputIds, labels: [] }))).states; // biome-ignore format: one line
        for (const [depth, state] of states.entries()) {
          const largest = Math.max(...wanted[depth]!.map(Math.abs));
          let end = 0;
          for (const [row, { length }] of sequences.entries()) {
            end += length;
            for (let i = 0; i < config.hidden; i++) {
              const off = state[row * config.hidden + i]! - wanted[depth]![(end - 1) * config.hidden + i]!;
              assert.ok(Math.abs(off) <= 1e-5 * largest, `${where}: depth ${depth}, row ${row}, component ${i}`);
            }
          }
        }
      }
    }
  });
}

test('greedy responses, with cached keys and values, are those of double precision over whole sequences', async () => {
  const one = await subject('llama-mha');
  const { config } = one;
  const gpu = await device();
  const plain: number[][] = [];
  for (const [layer, times] of [
    [0, 0],
    [0, 2],
    [1, 1],
    [config.layers - 1, -2],
  ] as const) {
    const weights = biased(one, layer, times);
    const wanted = sequences.map((prompt) => {
      const ids = [...prompt];
      for (let step = 0; step < 8; step++) {
        const { logits } = decoderOracle({ ...config, tied: false }, weights, [{ inputIds: ids, labels: [] }]);
        const last = [...logits.subarray((ids.length - 1) * config.vocabulary)];
        const [first, second] = [...last].sort((a, b) => b - a) as [number, number];
        assert.ok(first - second > 1e-4, `rounding could decide: ${first - second}`);
        ids.push(last.indexOf(first));
      }
      return ids.slice(prompt.length);
    });
    if (times === 0) plain.push(...wanted);
    else assert.not.equal(wanted, plain, 'the vector is too short to matter');
    const recipe = { kind: 'shifted', layer, times } as const;
    const { decoder } = await runningModel(contextOf(one, recipe), recipe);
    for (const slots of [1, 2]) {
      const options = { maxTokens: 8, endTokens: new Set<number>(), sampling: null, slots };
      const prompts = sequences.map((ids) => Int32Array.from(ids));
      const found = await generate(gpu, decoder, prompts, options);
      assert.equal(found.map((ids) => [...ids]), wanted, `layer ${layer}, ${times}, ${slots} slots`); // biome-ignore format: one line
    }
    decoder.release();
  }
});

test('with norms behind attention and MLP, too, exactly what enters the layer is shifted, and nothing below it', async () => {
  const one = await subject('olmo2-mha');
  const { config, r } = one;
  const layer = config.layers - 1;
  const states = [];
  for (const recipe of [{ kind: 'whole' }, { kind: 'shifted', layer, times: -1 }] as const) {
    const { decoder } = await runningModel(contextOf(one, recipe), recipe);
    states.push(await decoder.hiddenStates(sequences));
    decoder.release();
  }
  const [before, after] = states as [Float32Array[], Float32Array[]];
  for (let depth = 0; depth < layer; depth++) assert.equal(after[depth], before[depth], `depth ${depth}`);
  for (const [i, value] of after[layer]!.entries()) {
    const wanted = before[layer]![i]! - r[i % config.hidden]!;
    assert.ok(Math.abs(value - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)), `component ${i}`);
  }
  assert.not.equal(after[layer + 1], before[layer + 1]);
});

test('0 times the vector gives the numbers of the plain model', async () => {
  const one = await subject('qwen2-gqa');
  assert.equal(await lossesOf(one, { kind: 'shifted', layer: 1, times: 0 }), await lossesOf(one, { kind: 'whole' }));
});

test('what stays on the device is told apart by layer, multiple and vector, and from the plain model', async () => {
  const one = await subject('llama-mha');
  const other = { ...one, r: one.r.map((value) => -value) };
  const identityOf = async (from: Subject, recipe: ModelRecipe) => {
    const context = contextOf(from, recipe);
    (await runningModel(context, recipe)).decoder.release();
    return context.identities[0]!;
  };
  const recipe = { kind: 'shifted', layer: 1, times: 1 } as const;
  const identities = [
    await identityOf(one, recipe),
    await identityOf(one, { kind: 'whole' }),
    await identityOf(one, { ...recipe, times: 2 }),
    await identityOf(one, { ...recipe, layer: 0 }),
    await identityOf(other, recipe),
  ];
  assert.is(new Set(identities).size, 5);
  assert.is(await identityOf(one, recipe), identities[0]);
});

test('such a decoder is not trained, and takes no other change', async () => {
  const one = await subject('llama-mha');
  const recipe = { kind: 'shifted', layer: 1, times: 1 } as const;
  const { decoder } = await runningModel(contextOf(one, recipe), recipe);
  const row = { inputIds: Int32Array.from([1, 2, 3]), labels: Int32Array.from([1, 2, 3]) };
  const message = async (run: () => Promise<unknown>) => run().then(() => '', (error: Error) => error.message); // biome-ignore format: one line
  assert.is(await message(() => decoder.accumulate([row], 1)), 'a decoder whose residual stream is changed cannot be trained'); // biome-ignore format: one line
  assert.is(await message(() => decoder.withChange({}, async () => 0)), 'the residual stream of this decoder is changed already'); // biome-ignore format: one line
  decoder.release();
});

test('a vector of another length or type, one that is not finite, and a multiple beyond F32 are refused', async () => {
  const one = await subject('llama-mha');
  const { hidden } = one.config;
  const failure = async (vector: Artifact, times = 1) => {
    const recipe = { kind: 'shifted', layer: 1, times } as const;
    const inputs = { shifted: one.model, vector: { r: vector } };
    try {
      await runningModel(new DeviceContext({ model: recipe }, inputs, objects), recipe);
    } catch (error) {
      assert.instance(error, DataError, String(error));
      return (error as DataError).message;
    }
    throw new Error('it did not fail');
  };
  const takes = `and the residual stream takes F64 [${hidden}]`;
  assert.is(await failure(vectorOf(new Float64Array(hidden + 1))), `input "vector" is F64 [${hidden + 1}], ${takes}`);
  const short = stored(fromFloat32(new Float32Array(hidden), 'F32'), { dtype: 'F32', shape: [hidden] });
  assert.is(await failure(short), `input "vector" is F32 [${hidden}], ${takes}`);
  const holes = one.r.slice();
  holes[2] = Number.NaN;
  assert.is(await failure(vectorOf(holes)), 'input "vector" is not finite in component 2 (counted from 0)');
  const far = new Float64Array(hidden);
  far[3] = 1e30;
  assert.is(await failure(vectorOf(far), -1e9), '-1000000000 times the direction is beyond F32 in component 3 (counted from 0)'); // biome-ignore format: one line
});

test.run();
