import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { tensorRole } from '../../../src/formats/tensor-role.js';
import { candidateColumns } from '../../../src/report/tables/candidates.js';
import { readTable } from '../../../src/report/tables/csv.js';
import { type SelectDirectionParams, selectDirection } from '../../../src/steps/select-direction.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { gaussian } from '../../oracles/matrices.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';
import { type Dense, dense } from '../../oracles/one-sided-jacobi.js';
import * as oracle from '../../oracles/projection.js';
import { DeviceContext, objects, stored } from './checkpoints.js';

/** The choice of a direction, against a decoder in f64 whose weights are changed instead of its stream. */

const { config, json } = await readFixture('llama-mha');
const weights = initialWeights(config);
const exact: Tensors = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]));
const { hidden, vocabulary } = config;

const file = (value: unknown) => stored(Buffer.from(JSON.stringify(value)));

/** Word i is token i; `unknown` is a special token of its own. */
function tokenizer(): Artifacts {
  const vocab = Object.fromEntries(Array.from({ length: vocabulary }, (_, i) => [i === 0 ? 'unknown' : `w${i}`, i]));
  const added = [{ id: 0, content: 'unknown', special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }]; // biome-ignore format: one line
  const model = { type: 'WordPiece', vocab, unk_token: 'unknown', continuing_subword_prefix: '##', max_input_chars_per_word: 100 }; // biome-ignore format: one line
  const definition = {
    version: '1.0',
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model,
  };
  return { 'file/tokenizer.json': file(definition), 'file/tokenizer_config.json': file({}) };
}

const shapes = architectureTensors(config);
const model: Artifacts = {
  'file/config.json': file(json),
  ...tokenizer(),
  ...Object.fromEntries(
    [...weights].map(([name, values]) => [
      `tensor/${name}`,
      stored(fromFloat32(values, 'F32'), { dtype: 'F32', shape: shapes.get(name)! }),
    ]),
  ),
};

const harmful = [
  [5, 6, 7, 8],
  [1, 2],
  [3, 4, 5],
  [9, 9, 9],
];
const harmless = [[8, 7, 1], [6, 5, 4, 2], [2]];
const rowsOf = (prompts: readonly (readonly number[])[]) =>
  stored(Buffer.from(prompts.map((ids) => JSON.stringify({ prompt: ids.map((id) => `w${id}`).join(' ') })).join('\n')));

const states = (name: string, size: number): Dense => {
  const { rows, columns, data } = gaussian(5, hidden, name);
  return oracle.roundTo(dense(rows, columns, data.map((value) => size * value)), 'F32'); // biome-ignore format: one line
};
/** Two sets of states for each candidate; those of the third do not differ. */
const sets = [
  [states('a0', 0.4), states('b0', 0.4)],
  [states('a1', 2), states('b1', 1)],
  [states('same', 1), states('same', 1)],
  [states('a3', 0.2), states('b3', 0.3)],
] as const;
const places = [0, 1, 1, 0].map((layer, index) => ({ layer, position: -1 - index }));
const refusals = ['w3', 'w11 w4', 'w3 w5'];
const tokens = [3, 11];

const params: SelectDirectionParams = {
  model: { kind: 'whole' },
  candidates: places,
  datasets: ['datasets.bad', 'datasets.good'],
  prompt: 'prompt',
  template: 'raw',
  maxLength: 3,
  limit: 3,
  refusals,
  largestDivergence: 100,
  leastInduced: -100,
};

async function chosen(change: Partial<SelectDirectionParams>) {
  const inputs: Record<string, Artifacts> = { model };
  const input = (name: string, artifact: Artifact) => {
    inputs[name] = { [name]: artifact };
  };
  const asStates = (matrix: Dense) => {
    const bytes = fromFloat32(Float32Array.from(matrix.data), 'F32');
    return stored(bytes, { dtype: 'F32', shape: [matrix.rows, hidden] });
  };
  for (const [index, [a, b]] of sets.entries()) {
    input(`a/${index}`, asStates(a));
    input(`b/${index}`, asStates(b));
  }
  input('harmful', rowsOf(harmful));
  input('harmless', rowsOf(harmless));
  const context = new DeviceContext({ ...params, ...change }, inputs, objects);
  await (await implementationOf(selectDirection.kind))(context);
  const csv = Buffer.from(objects.get(context.outputs['candidates.csv']!.digest)!).toString();
  const q = toFloat32(objects.get(context.outputs.q!.digest)!, 'F32');
  assert.equal(context.outputs.q!.tensor!.shape, [hidden, 1]);
  return { rows: readTable(csv, candidateColumns), q };
}

/** r of a candidate. */
function difference(index: number): Float64Array {
  const [a, b] = sets[index]!;
  const meanOf = ({ rows, data }: Dense, i: number) =>
    Array.from({ length: rows }, (_, row) => data[row * hidden + i]!).reduce((x, y) => x + y) / rows;
  return Float64Array.from({ length: hidden }, (_, i) => meanOf(a, i) - meanOf(b, i));
}

/** Softmax behind each prompt, as the step cuts prompts and sets. */
function distributions(of: Tensors, prompts: readonly (readonly number[])[]): Float64Array[] {
  const used = prompts.slice(0, 3).map((ids) => ids.slice(-3));
  const { logits } = decoderOracle(config, of, used.map((inputIds) => ({ inputIds, labels: [] }))); // biome-ignore format: one line
  let end = 0;
  return used.map(({ length }) => {
    end += length;
    const row = logits.subarray((end - 1) * vocabulary, end * vocabulary);
    const largest = Math.max(...row);
    const all = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return row.map((value) => Math.exp(value - largest) / all);
  });
}

function without(r: Float64Array): Tensors {
  const norm = Math.hypot(...r);
  const unit = dense(hidden, 1, r.map((value) => value / norm)); // biome-ignore format: one line
  return new Map(
    [...exact].map(([name, values]) => {
      const role = tensorRole(name);
      const left = role !== undefined && 'outputs' in role && role.outputs === 'hidden';
      if (!left && role?.part !== 'embedding') return [name, values];
      const [rows, columns] = shapes.get(name)! as readonly [number, number];
      const matrix = dense(rows, columns, values);
      return [name, oracle.difference(matrix, oracle.project(matrix, unit, 1, left ? 'left' : 'right')).data];
    }),
  );
}

function withAdded(layer: number, r: Float64Array): Tensors {
  if (layer > 0) return new Map([...exact, [`model.layers.${layer - 1}.mlp.down_proj.bias`, r]]);
  const name = 'model.embed_tokens.weight';
  return new Map([...exact, [name, exact.get(name)!.map((value, i) => value + r[i % hidden]!)]]);
}

const mean = (values: readonly number[]) => values.reduce((x, y) => x + y) / values.length;
const scoreOf = (rows: readonly Float64Array[]) =>
  mean(
    rows.map((row) => {
      const p = tokens.reduce((sum, token) => sum + row[token]!, 0);
      return Math.log(p + 1e-8) - Math.log(1 - p + 1e-8);
    }),
  );

const base = distributions(exact, harmless);
const wanted = places.map(({ layer }, index) => {
  if (index === 2) return undefined;
  const r = difference(index);
  const moved = distributions(without(r), harmless).map((row, prompt) =>
    base[prompt]!.reduce((sum, p, token) => sum + p * Math.log(p / row[token]!), 0),
  );
  return {
    ablated: scoreOf(distributions(without(r), harmful)),
    added: scoreOf(distributions(withAdded(layer, r), harmless)),
    divergence: mean(moved),
  };
});

test('every candidate has the scores of a decoder in f64 with other weights; a difference that is zero has none', async () => {
  const { rows } = await chosen({});
  assert.equal(
    rows.map(({ layer, position }) => ({ layer, position })),
    places,
  );
  for (const [index, row] of rows.entries()) {
    const own = wanted[index];
    if (own === undefined) {
      assert.equal([row.refusal_ablated, row.refusal_added, row.divergence, row.verdict], [null, null, null, 'zero']);
      continue;
    }
    const close = (x: number | null, y: number, what: string) =>
      assert.ok(Math.abs(x! - y) <= 2e-5 * (1 + Math.abs(y)), `candidate ${index}: ${what} is ${x}, not ${y}`);
    close(row.refusal_ablated, own.ablated, 'refusal_ablated');
    close(row.refusal_added, own.added, 'refusal_added');
    close(row.divergence, own.divergence, 'divergence');
  }
});

test('the lowest score of those that pass is chosen, and its direction is the result', async () => {
  const measured = wanted.flatMap((own, index) => (own === undefined ? [] : [{ index, ...own }]));
  const check = async (change: Partial<SelectDirectionParams>, passing: typeof measured) => {
    const best = passing.reduce((one, other) => (other.ablated < one.ablated ? other : one));
    const { rows, q } = await chosen(change);
    assert.equal(
      rows.map(({ verdict }) => verdict === 'chosen' || verdict === 'passes'),
      places.map((_, index) => passing.some((own) => own.index === index)),
    );
    assert.is(
      rows.findIndex(({ verdict }) => verdict === 'chosen'),
      best.index,
    );
    const r = difference(best.index);
    const norm = Math.hypot(...r);
    r.forEach((value, i) => {
      assert.ok(Math.abs(q[i]! - value / norm) <= 1e-7, `component ${i}`);
    });
    return rows;
  };
  await check({}, measured);
  const divergences = measured.map(({ divergence }) => divergence).sort((a, b) => a - b);
  const largestDivergence = (divergences[1]! + divergences[2]!) / 2;
  const calm = measured.filter(({ divergence }) => divergence <= largestDivergence);
  const rows = await check({ largestDivergence }, calm);
  assert.is(rows.filter(({ verdict }) => verdict === 'changes-harmless').length, 1);
  const scores = measured.map(({ added }) => added).sort((a, b) => a - b);
  const leastInduced = (scores[0]! + scores[1]!) / 2;
  const inducing = measured.filter(({ added }) => added >= leastInduced);
  const other = await check({ leastInduced }, inducing);
  assert.is(other.filter(({ verdict }) => verdict === 'induces-nothing').length, 1);
});

test('where nothing passes the error says how far the candidates are, and texts without a token are refused', async () => {
  const failure = async (change: Partial<SelectDirectionParams>) => {
    try {
      await chosen(change);
    } catch (error) {
      assert.instance(error, DataError);
      return (error as DataError).message;
    }
    throw new Error('it did not fail');
  };
  assert.match(
    await failure({ leastInduced: 30 }),
    /^none of 4 candidates passes: their divergences begin at \S+ \(at most 100 is allowed\), their scores with the direction added end at \S+ \(at least 30 is asked for\)$/,
  );
  assert.is(
    await failure({ refusals: ['w3', 'nowhere'] }),
    'the tokenizer has no token of text that "nowhere" of refusals begins with',
  );
});

test.run();
