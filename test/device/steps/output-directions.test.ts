import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { linearMoments } from '../../../src/formats/linear-moments.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { Decoder } from '../../../src/nn/decoder.js';
import { type ChosenTokens, inputMoments } from '../../../src/steps/input-moments.js';
import { outputBasis } from '../../../src/steps/output-basis.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { type Fixture, fixtureNames, initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';
import { columnsOf, type Dense, dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import { energy } from '../../oracles/projection.js';
import { checkOrthonormal } from '../../oracles/svd-bars.js';
import type { MemoryContext } from '../../unit/steps/memory-context.js';
import { device } from '../device.js';
import { DeviceContext, objects, stored } from './checkpoints.js';

/** Moments of what linear layers take and give, and the directions of their outputs, against a decoder in double precision. */

interface Row {
  readonly ids: readonly number[];
  /** Tokens before the response. */
  readonly prompt: number;
}

const rows: readonly Row[] = [
  { ids: [0, 1, 2, 3, 4, 3, 2], prompt: 4 },
  { ids: [1], prompt: 0 },
  { ids: [3, 4, 0, 1, 1, 2, 4, 3, 4], prompt: 1 },
  { ids: [3, 2, 2], prompt: 3 },
  { ids: [1, 1, 1, 2, 3], prompt: 2 },
];

function tokensOf(of: readonly Row[]): Artifacts {
  const integers = (values: readonly number[]) => stored(new Uint8Array(Int32Array.from(values).buffer));
  let offset = 0;
  return {
    'input-ids': integers(of.flatMap(({ ids }) => ids)),
    labels: integers(of.flatMap(({ ids, prompt }) => ids.map((id, position) => (position < prompt ? -100 : id)))),
    offsets: integers([
      0,
      ...of.map(({ ids }) => {
        offset += ids.length;
        return offset;
      }),
    ]),
  };
}

function modelOf({ config, json }: Fixture, weights: ReadonlyMap<string, Float32Array>): Artifacts {
  const tensors = [...architectureTensors(config)].map(([name, shape]) => [
    `tensor/${name}`,
    stored(fromFloat32(weights.get(name)!, 'F32'), { dtype: 'F32', shape }),
  ]);
  return {
    'file/config.json': stored(Buffer.from(JSON.stringify(json))),
    ...Object.fromEntries(tensors),
  };
}

async function momentsOf(
  model: Artifacts,
  of: readonly Row[],
  tokens: ChosenTokens,
  limit = 128,
): Promise<DeviceContext> {
  const params = { model: { kind: 'whole' }, tokens, limit };
  const context = new DeviceContext(params, { model, tokens: tokensOf(of) }, objects);
  await (await implementationOf(inputMoments.kind))(context);
  return context;
}

function isChosen(tokens: ChosenTokens, position: number, { prompt }: Row): boolean {
  return tokens === 'all' || (tokens === 'response') === position >= prompt;
}

/** What a layer takes at the chosen tokens, in double precision. */
function chosenInputs(x: Float64Array, of: readonly Row[], tokens: ChosenTokens): Dense {
  const count = of.reduce((sum, { ids }) => sum + ids.length, 0);
  const columns = x.length / count;
  const chosen = of.flatMap((row) => row.ids.map((_, position) => isChosen(tokens, position, row)));
  const kept = chosen.flatMap((is, row) => (is ? [x.subarray(row * columns, (row + 1) * columns)] : []));
  return dense(
    kept.length,
    columns,
    kept.flatMap((row) => [...row]),
  );
}

function packedOf({ outputs }: MemoryContext, name: string): Float64Array {
  const { digest, tensor } = outputs[name]!;
  assert.is(tensor!.dtype, 'F64');
  return new Float64Array(objects.get(digest)!.slice().buffer);
}

async function basisOf(context: MemoryContext, model: Artifacts, tensor: string, directions: number) {
  const [name] = momentNames(model).get(tensor)!;
  const of = name.split('/')[0]!;
  const inputs: Record<string, Artifacts> = { [of]: { moment: context.outputs[name]! } };
  if (of === 'inputs') inputs.weight = { weight: model[`tensor/${tensor}`]! };
  const step = new DeviceContext({ directions }, inputs, objects);
  await (await implementationOf(outputBasis.kind))(step);
  const { digest, tensor: shape } = step.outputs.q!;
  const [m, k] = shape!.shape as [number, number];
  return { q: dense(m, k, toFloat32(objects.get(digest)!, 'F32')), eigenvalues: packedOf(step, 'eigenvalues') };
}

function momentNames(model: Artifacts): Map<string, [name: string, side: number]> {
  const shapes = Object.entries(model).flatMap(([name, { tensor }]) =>
    name.startsWith('tensor/') ? [[name.slice(7), tensor!.shape] as const] : [],
  );
  return new Map([...linearMoments(shapes)].map(([tensor, { name, side }]) => [tensor, [name, side]]));
}

function oracleOf({ config }: Fixture, weights: ReadonlyMap<string, Float32Array>, of: readonly Row[]): Tensors {
  const exact: Tensors = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]));
  const sequences = of.map(({ ids }) => ({ inputIds: ids, labels: ids }));
  return decoderOracle(config, exact, sequences).inputs;
}

for (const [index, name] of fixtureNames.entries()) {
  // Every choice of tokens with some family.
  const tokens = (['response', 'prompt', 'all'] as const)[index % 3]!;
  test(`${name}: moments, eigenvalues and directions at ${tokens} tokens are those of double precision`, async () => {
    const fixture = await readFixture(name);
    const weights = initialWeights(fixture.config);
    const model = modelOf(fixture, weights);
    const context = await momentsOf(model, rows, tokens);
    const inputs = oracleOf(fixture, weights, rows);
    const names = momentNames(model);
    assert.equal(Object.keys(context.outputs).sort(), [...new Set([...names.values()].map(([of]) => of))].sort());
    for (const [tensor, [moment, side]] of names) {
      const x = chosenInputs(inputs.get(tensor)!, rows, tokens);
      const [out] = model[`tensor/${tensor}`]!.tensor!.shape as [number, number];
      const w = dense(out, x.columns, weights.get(tensor)!);
      const y = multiply(x, transpose(w));
      const vectors = moment.startsWith('inputs/') ? x : y;
      const exact = multiply(transpose(vectors), vectors);
      const packed = packedOf(context, moment);
      assert.is(packed.length, (side * (side + 1)) / 2);
      for (let i = 0, at = 0; i < side; i++) {
        for (let j = 0; j <= i; j++, at++) {
          const scale = Math.sqrt(exact.data[i * side + i]! * exact.data[j * side + j]!);
          const error = Math.abs(packed[at]! - exact.data[i * side + j]!) / scale;
          assert.ok(error <= 1e-5, `${moment} at ${i}, ${j}: off by ${error}`);
        }
      }
      await checkDirections(context, model, tensor, w, x);
    }
  });
}

/** All directions of a layer: orthonormal, then zero; eigenvalues and leading projectors are those of an SVD of Y. */
async function checkDirections(context: MemoryContext, model: Artifacts, tensor: string, w: Dense, x: Dense) {
  const k = Math.min(w.rows, w.columns);
  const { q, eigenvalues } = await basisOf(context, model, tensor, k);
  assert.equal([q.rows, q.columns, eigenvalues.length], [w.rows, k, k]);
  const y = multiply(w, transpose(x));
  const { u, s } = svdOracle(y);
  // Fewer tokens than directions: the others are zero.
  const rank = Math.min(k, x.rows);
  const found = eigenvalues.findLastIndex((value) => value > 0) + 1;
  assert.ok(found <= rank, `${tensor}: ${found} directions, of at most ${rank}`);
  assert.ok(found >= s.filter((value) => value > 1e-4 * s[0]!).length, `${tensor}: ${found} directions only`);
  checkOrthonormal(columnsOf(q, found), tensor);
  for (let i = 0; i < q.rows; i++) for (let j = found; j < k; j++) assert.is(q.data[i * k + j], 0);
  for (let j = 0; j < k; j++) {
    const error = Math.abs(Math.sqrt(eigenvalues[j]!) - (s[j] ?? 0)) / s[0]!;
    assert.ok(error <= 5e-6, `${tensor}: singular value ${j} is off by ${error} of the largest`);
  }
  for (const count of [1, 3, 7]) {
    if (count > found) continue;
    // No other projector of this rank keeps more of Y; and where the next singular value is well apart, it is the same one.
    const leading = columnsOf(q, count);
    const kept = energy(multiply(transpose(leading), y)) / energy(y);
    const most = s.subarray(0, count).reduce((sum, value) => sum + value * value, 0) / energy(y);
    assert.ok(Math.abs(kept - most) <= 2e-6, `${tensor}: ${count} directions keep ${kept} of ${most}`);
    const gap = (s[count - 1]! - (s[count] ?? 0)) / s[0]!;
    const shared = energy(multiply(transpose(leading), columnsOf(u, count)));
    const angle = Math.sqrt(Math.max(0, count - shared));
    assert.ok(angle <= 3e-5 / gap + 1e-3, `${tensor}: the first ${count} are turned by ${angle} at a gap of ${gap}`);
  }
}

test('batches are taken layer by layer, and none sees another', async () => {
  const gpu = await device();
  for (const name of ['llama-mha', 'olmo2-mha'] as const) {
    const { config } = await readFixture(name);
    const weights = initialWeights(config);
    const load = async (tensor: string) => fromFloat32(weights.get(tensor)!, 'F32');
    for (const activationCheckpointing of [true, false]) {
      const decoder = await Decoder.create(gpu, config, { type: 'F32', activationCheckpointing }, load);
      const ids = rows.map((row) => row.ids);
      const together = await inputsOf(gpu, decoder, [ids]);
      const apart = await inputsOf(gpu, decoder, [ids.slice(0, 1), ids.slice(1, 4), ids.slice(4)]);
      decoder.release();
      const places = Array.from({ length: config.layers }, (_, layer) =>
        linearNames.map((input) => `${layer} ${input}`),
      ).flat();
      assert.equal([...together.keys()].sort(), places.sort());
      for (const [place, values] of together) {
        const parts = apart.get(place)!;
        assert.is(parts.length, values.length);
        values.forEach((value, at) => {
          assert.ok(Math.abs(value - parts[at]!) <= 1e-5, `${name}, ${place}: ${value} and ${parts[at]}`);
        });
      }
    }
  }
});

const linearNames = ['attentionInput', 'attended', 'mlpInput', 'hiddenMlp'] as const;

/** By layer and place, those of all batches one behind the other. */
async function inputsOf(gpu: Gpu, decoder: Decoder, batches: readonly (readonly (readonly number[])[])[]) {
  const { hidden, heads, headDim, mlp } = decoder.config;
  const columns = { attentionInput: hidden, attended: heads * headDim, mlpInput: hidden, hiddenMlp: mlp };
  const found = new Map<string, number[]>();
  for await (const { layer, batch, inputs } of decoder.layerInputs(batches)) {
    const count = batches[batch]!.reduce((sum, { length }) => sum + length, 0);
    for (const name of linearNames) {
      const values = new Float32Array(await gpu.read(inputs[name], 0, count * columns[name] * 4));
      const place = `${layer} ${name}`;
      found.set(place, [...(found.get(place) ?? []), ...values]);
    }
  }
  return found;
}

test('rows beyond the limit are not read, and rows without a chosen token add nothing', async () => {
  const fixture = await readFixture('qwen2-gqa');
  const weights = initialWeights(fixture.config);
  const model = modelOf(fixture, weights);
  const first = await momentsOf(model, rows, 'response', 3);
  const same = await momentsOf(model, rows.slice(0, 3), 'response');
  assert.equal(first.outputs, same.outputs);
  const [moment] = [...momentNames(model).values()][0]!;
  const more = await momentsOf(model, rows, 'response', 5);
  const fewer = await momentsOf(model, [...rows.slice(0, 3), rows[4]!], 'response');
  const [a, b] = [packedOf(more, moment), packedOf(fewer, moment)];
  a.forEach((value, at) => {
    assert.ok(Math.abs(value - b[at]!) <= 1e-5 * Math.abs(a[0]!));
  });
  assert.not.equal(first.outputs[moment]!.digest, more.outputs[moment]!.digest);
  assert.equal(first.lines, ['sums over 12 tokens of 3 rows']);
});

test('no token to sum over, and numbers that are not finite, are errors that say where', async () => {
  const fixture = await readFixture('llama-mha');
  const weights = initialWeights(fixture.config);
  const failure = async (run: () => Promise<unknown>) => {
    try {
      await run();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it did not fail');
  };
  const model = modelOf(fixture, weights);
  assert.is(
    await failure(() => momentsOf(model, [rows[3]!], 'response')),
    'the first 1 rows have no tokens of a response',
  );
  assert.is(await failure(() => momentsOf(model, [rows[1]!], 'prompt')), 'the first 1 rows have no tokens of a prompt');
  const broken = new Map(weights);
  const tensor = 'model.layers.1.mlp.up_proj.weight';
  broken.set(
    tensor,
    weights.get(tensor)!.map((value) => value * 3e38),
  );
  const message = await failure(() => momentsOf(modelOf(fixture, broken), rows, 'all'));
  assert.is(message, 'the outputs of model.layers.1.mlp.down_proj.weight are not finite');
});

test('zero weights give zero outputs: no direction, and zero eigenvalues', async () => {
  const fixture = await readFixture('odd-sizes');
  const weights = initialWeights(fixture.config);
  const zero = new Map(
    [...weights].map(([name, values]) => [name, name.includes('mlp') ? values.map(() => 0) : values]),
  );
  const model = modelOf(fixture, zero);
  const context = await momentsOf(model, rows, 'all');
  for (const layer of ['up_proj', 'down_proj']) {
    const { q, eigenvalues } = await basisOf(context, model, `model.layers.0.mlp.${layer}.weight`, 4);
    assert.ok(q.data.every((value) => value === 0));
    assert.equal([...eigenvalues], [0, 0, 0, 0]);
  }
});

test.run();
