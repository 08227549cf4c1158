import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { type KlParams, kl } from '../../../src/steps/kl.js';
import { nextToken } from '../../../src/steps/next-token.js';
import type { Scores } from '../../../src/steps/scores.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { decoderOracle } from '../../oracles/nn/decoder.js';
import { DeviceContext, objects, stored } from './checkpoints.js';

const json = (value: unknown) => stored(Buffer.from(JSON.stringify(value)));

const { config, json: configJson } = await readFixture('qwen2-gqa');
const shapes = architectureTensors(config);
const reference = initialWeights(config);
const compared = new Map(
  [...reference].map(([name, values]) => [name, values.map((x, i) => x * (1 + 0.3 * Math.sin(i)))]),
);
type Weights = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** A model whose word `w0`, `w1`, … is token 0, 1, …, or another order of them. */
function model(weights: Weights, tokenOf = (word: number) => word): Artifacts {
  const vocab = Object.fromEntries(Array.from({ length: config.vocabulary }, (_, i) => [`w${i}`, tokenOf(i)]));
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
  const tensors = [...weights].map(([name, values]) => [
    `tensor/${name}`,
    stored(fromFloat32(values, 'F32'), { dtype: 'F32', shape: shapes.get(name)! }),
  ]);
  const files = { 'file/tokenizer.json': json(definition), 'file/tokenizer_config.json': json({}) };
  return { 'file/config.json': json(configJson), ...files, ...Object.fromEntries(tensors) };
}

const prompts = [[5, 6, 7, 8, 9], [1], [3, 4, 5], [9, 9]];
const texts = prompts.map((ids) => JSON.stringify({ prompt: ids.map((id) => `w${id}`).join(' ') }));
const rows = { rows: stored(Buffer.from(texts.join('\n'))) };
const params: KlParams = {
  model: { kind: 'whole' },
  dataset: 'datasets.d',
  prompt: 'prompt',
  template: 'raw',
  limit: null,
};

async function run(kind: string, inputs: Record<string, Artifacts>, of: KlParams = params): Promise<Artifacts> {
  const context = new DeviceContext(of, inputs, objects);
  await (await implementationOf(kind))(context);
  return context.outputs;
}

async function divergences(of: Weights, more: Partial<KlParams> = {}): Promise<readonly (number | null)[]> {
  const asked = { ...params, ...more };
  const kept = await run(nextToken.kind, { model: model(reference), rows }, asked);
  const { scores } = await run(kl.kind, { model: model(of), rows, reference: kept }, asked);
  return (JSON.parse(new TextDecoder().decode(objects.get(scores!.digest))) as Scores).values;
}

/** ln p of the token behind each prompt, in f64. */
function logProbabilities(weights: Weights): number[][] {
  const exact = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]));
  return prompts.map((inputIds) => {
    const { logits } = decoderOracle(config, exact, [{ inputIds, labels: [] }]);
    const row = [...logits.subarray((inputIds.length - 1) * config.vocabulary)];
    const largest = Math.max(...row);
    const total = row.reduce((sum, x) => sum + Math.exp(x - largest), 0);
    return row.map((x) => x - largest - Math.log(total));
  });
}

test('the divergence of the next token is that of double precision', async () => {
  const [p, q] = [logProbabilities(reference), logProbabilities(compared)];
  const values = await divergences(compared);
  assert.is(values.length, prompts.length);
  for (const [prompt, value] of values.entries()) {
    const expected = p[prompt]!.reduce((sum, own, token) => sum + Math.exp(own) * (own - q[prompt]![token]!), 0);
    assert.ok(expected > 1e-3, `prompt ${prompt} tells the models apart: ${expected}`);
    assert.ok(Math.abs(value! - expected) < 1e-5 * (1 + expected), `${value} instead of ${expected}`);
  }
});

test('a model does not diverge from itself, and the limit takes the first prompts', async () => {
  assert.equal(await divergences(reference), [0, 0, 0, 0]);
  assert.equal(await divergences(compared, { limit: 2 }), (await divergences(compared)).slice(0, 2));
});

test('the logits kept are [prompts, vocabulary] in f32', async () => {
  const { logits } = await run(nextToken.kind, { model: model(reference), rows });
  assert.equal(logits!.tensor, { dtype: 'F32', shape: [prompts.length, config.vocabulary] });
  const kept = toFloat32(objects.get(logits!.digest)!, 'F32');
  assert.is(kept.length, prompts.length * config.vocabulary);
});

test('models that read a prompt as other tokens are not compared', async () => {
  const kept = await run(nextToken.kind, { model: model(reference), rows });
  const other = model(compared, (word) => (word === 0 ? 0 : config.vocabulary - word));
  try {
    await run(kl.kind, { model: other, rows, reference: kept });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /prompt 1 is other tokens for this model than for the reference model/);
  }
});

test('logits that are not finite are refused by the number of the prompt', async () => {
  const broken = new Map([...reference].map(([name, values]) => [name, values.map((x) => x * 1e30)]));
  try {
    await run(nextToken.kind, { model: model(broken), rows });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /logits are not finite behind prompt 1/);
  }
});

test.run();
