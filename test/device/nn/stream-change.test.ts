import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureTensors } from '../../../src/formats/architecture.js';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import { tensorRole } from '../../../src/formats/tensor-role.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { Decoder } from '../../../src/nn/decoder.js';
import { nextTokenLogits } from '../../../src/nn/next-token.js';
import type { StreamChange } from '../../../src/nn/stream-change.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { gaussian } from '../../oracles/matrices.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';
import { columnsOf, type Dense, dense, svdOracle } from '../../oracles/one-sided-jacobi.js';
import * as oracle from '../../oracles/projection.js';
import { device } from '../device.js';

/** A decoder whose residual stream is changed while it runs, against a decoder in f64 whose weights are. */

const sequences = [
  [3, 1, 4, 1, 5],
  [9, 2, 6],
];

interface Subject {
  readonly config: DecoderConfig;
  readonly decoder: Decoder;
  readonly exact: Tensors;
}

async function subject(fixture: Parameters<typeof readFixture>[0]): Promise<Subject> {
  const { config } = await readFixture(fixture);
  const weights = initialWeights(config);
  const gpu = await device();
  const decoder = await Decoder.create(gpu, config, { type: 'F32' }, async (name) =>
    fromFloat32(weights.get(name)!, 'F32'),
  );
  return { config, decoder, exact: new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)])) };
}

/** Logits behind each sequence, of the decoder with a change and of the f64 decoder with other weights. */
async function check(
  { config, decoder, exact }: Subject,
  change: StreamChange,
  changed: Tensors,
  what: string,
): Promise<void> {
  const gpu = await device();
  const prompts = sequences.map((ids) => Int32Array.from(ids));
  const [logits, states] = await decoder.withChange(change, async () => [
    await nextTokenLogits(gpu, decoder, prompts),
    await decoder.hiddenStates(sequences),
  ]);
  // The stream is changed and no weight is: a tied output layer stays as it was.
  const head = exact.get('lm_head.weight') ?? exact.get('model.embed_tokens.weight')!;
  const weights: Tensors = new Map([...changed, ['lm_head.weight', head]]);
  const rows = sequences.map((inputIds) => ({ inputIds, labels: [] }));
  const wanted = decoderOracle({ ...config, tied: false }, weights, rows);
  let end = 0;
  for (const [row, { length }] of sequences.entries()) {
    end += length;
    const compare = (found: Float32Array, exact: Float64Array, width: number, where: string) => {
      const own = exact.subarray((end - 1) * width, end * width);
      const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      own.forEach((value, i) => {
        const difference = Math.abs(found[row * width + i]! - value);
        assert.ok(difference <= 1e-5 * largest, `${what}: ${where}, row ${row}, element ${i} is off by ${difference}`);
      });
    };
    compare(logits, wanted.logits, config.vocabulary, 'logits');
    for (const [depth, state] of states.entries())
      compare(state, wanted.states[depth]!, config.hidden, `depth ${depth}`);
  }
}

function directions(hidden: number, count: number): { readonly q: Dense; readonly rows: Float32Array } {
  const q = oracle.roundTo(columnsOf(svdOracle(gaussian(hidden, count, 'directions')).u, count), 'F32');
  const rows = new Float32Array(count * hidden);
  for (let j = 0; j < count; j++) for (let i = 0; i < hidden; i++) rows[j * hidden + i] = q.data[i * count + j]!;
  return { q, rows };
}

/** The weights of all that writes to the stream without their part along the directions. */
function ablated({ config, exact }: Subject, q: Dense): Tensors {
  const shapes = architectureTensors(config);
  return new Map(
    [...exact].map(([name, values]) => {
      const role = tensorRole(name);
      const left = role !== undefined && 'outputs' in role && role.outputs === 'hidden';
      if (!left && role?.part !== 'embedding') return [name, values];
      const [rows, columns = 1] = shapes.get(name)! as readonly [number, number?];
      const matrix = dense(rows, columns, values);
      return [name, oracle.difference(matrix, oracle.project(matrix, q, q.columns, left ? 'left' : 'right')).data];
    }),
  );
}

test('directions taken out of the stream are those taken out of the weights that write to it, with biases too', async () => {
  for (const [fixture, count] of [
    ['llama-biased-llama3-rope', 1],
    ['qwen2-gqa', 3],
    ['mistral-gqa', 2],
  ] as const) {
    const one = await subject(fixture);
    const { q, rows } = directions(one.config.hidden, count);
    await check(one, { without: rows }, ablated(one, q), fixture);
    one.decoder.release();
  }
});

test('a vector added to what enters a layer is a bias of the MLP below it, and at layer 0 a part of every embedding', async () => {
  const one = await subject('llama-mha');
  const { hidden, layers, vocabulary } = one.config;
  const vector = Float32Array.from(gaussian(hidden, 1, 'vector').data, (value) => 0.1 * value);
  for (let layer = 1; layer < layers; layer++) {
    const bias = [`model.layers.${layer - 1}.mlp.down_proj.bias`, Float64Array.from(vector)] as const;
    await check(one, { plus: { layer, vector } }, new Map([...one.exact, bias]), `layer ${layer}`);
  }
  const embedding = one.exact.get('model.embed_tokens.weight')!.map((value, i) => value + vector[i % hidden]!);
  assert.is(embedding.length, vocabulary * hidden);
  await check(
    one,
    { plus: { layer: 0, vector } },
    new Map([...one.exact, ['model.embed_tokens.weight', embedding]]),
    'layer 0',
  );
  one.decoder.release();
});

test('a change ends with what it was made for, and nothing is trained meanwhile', async () => {
  const one = await subject('llama-mha');
  const { rows } = directions(one.config.hidden, 1);
  const row = { inputIds: Int32Array.from([1, 2, 3]), labels: Int32Array.from([1, 2, 3]) };
  let refusal = '';
  try {
    await one.decoder.withChange({ without: rows }, () => one.decoder.accumulate([row], 1));
  } catch (error) {
    refusal = (error as Error).message;
  }
  assert.is(refusal, 'a decoder whose residual stream is changed cannot be trained');
  await check(one, {}, one.exact, 'afterwards');
  const short = new Float32Array(one.config.hidden + 1);
  let message = '';
  await one.decoder
    .withChange({ without: short }, async () => undefined)
    .catch((error: Error) => {
      message = error.message;
    });
  assert.match(message, /^a vector of the residual stream has \d+ components$/);
  one.decoder.release();
});

test.run();
