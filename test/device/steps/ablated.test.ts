import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type FloatType, fromFloat32 } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { Side } from '../../../src/formats/projection.js';
import { tensorRole } from '../../../src/formats/tensor-role.js';
import { project } from '../../../src/steps/project.js';
import type { AblatedModel } from '../../../src/steps/recipes/ablated.js';
import type { ProjectedModel } from '../../../src/steps/recipes/projected.js';
import type { MadeModel } from '../../../src/steps/recipes/registry.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { runningModel } from '../../../src/worker/steps/running-model.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { gaussian } from '../../oracles/matrices.js';
import { decoderOracle } from '../../oracles/nn/decoder.js';
import { columnsOf, type Dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import * as oracle from '../../oracles/projection.js';
import { checkpoint, DeviceContext, objects, shapes, stored, tensors, valuesOf } from './checkpoints.js';

/** Models out of whose weights directions are taken, tensor by tensor against the definition in f64. */

const sides: Readonly<Record<string, Side>> = {
  'model.embed_tokens.weight': 'right',
  'model.layers.0.up.weight': 'left',
  'model.layers.0.norm.weight': 'left',
  'model.layers.0.stack.weight': 'right',
};
const ranks: Readonly<Record<string, number>> = Object.fromEntries(tensors.map((name, i) => [name, 1 + (i % 3)]));
const recipe: AblatedModel = { kind: 'ablated', sides, ranks };

/** Three orthonormal vectors for a tensor, in f64 and as they are stored. */
function directionsOf(name: string): { readonly exact: Dense; readonly artifact: Artifact } {
  const [rows, ...rest] = shapes[name]!;
  const length = sides[name] === 'left' ? rows! : rest.reduce((a, b) => a * b, 1);
  const exact = oracle.roundTo(columnsOf(svdOracle(gaussian(length, 3, `directions ${name}`)).u, 3), 'F32');
  const bytes = fromFloat32(Float32Array.from(exact.data), 'F32');
  return { exact, artifact: stored(bytes, { dtype: 'F32', shape: [length, 3] }) };
}

function inputsOf(model: Artifacts): Record<string, Artifacts> {
  const bases = tensors.map((name) => [`basis/${name}`, { basis: directionsOf(name).artifact }] as const);
  return { ablated: model, ...Object.fromEntries(bases) };
}

async function written(model: MadeModel, inputs: Record<string, Artifacts>): Promise<Artifacts> {
  const context = new DeviceContext({ model }, inputs, objects);
  await (await implementationOf(project.kind))(context);
  return context.outputs;
}

const step = { F32: 2 ** -23, F64: 2 ** -23, F16: 2 ** -10, BF16: 2 ** -7 } as const;

test('each tensor loses its part along the directions: tall, wide, a vector, three dimensions, on both sides', async () => {
  for (const dtype of ['F32', 'BF16', 'F16', 'F64'] as const) {
    const model = checkpoint(dtype, 'ablated', undefined, 1);
    const outputs = await written(recipe, inputsOf(model));
    for (const name of tensors) {
      const weights = valuesOf(model, name);
      const inside = oracle.project(weights, directionsOf(name).exact, ranks[name]!, sides[name]!);
      const storage: FloatType = dtype === 'F64' ? 'F32' : dtype;
      const expected = oracle.roundTo(oracle.difference(weights, inside), storage);
      assert.is(outputs[`tensor/${name}`]!.tensor!.dtype, storage);
      for (const [i, x] of valuesOf(outputs, name).data.entries()) {
        const y = expected.data[i]!;
        assert.ok(
          Math.abs(x - y) <= 2e-6 + step[dtype] * Math.abs(y),
          `${dtype} ${name}, element ${i}: ${x}, not ${y}`,
        );
      }
    }
    assert.is(outputs['tensor/steps'], model['tensor/steps']);
  }
});

test('what an ablated tensor gives has no part along the directions, and ablating it again changes nothing', async () => {
  const model = checkpoint('F32', 'once', undefined, 1);
  const once = await written(recipe, inputsOf(model));
  const twice = await written(recipe, inputsOf({ ...once }));
  for (const name of tensors) {
    const [before, after] = [valuesOf(once, name), valuesOf(twice, name)];
    const along = columnsOf(directionsOf(name).exact, ranks[name]!);
    const left = sides[name] === 'left' ? multiply(transpose(along), before) : multiply(before, along);
    const size = Math.sqrt(oracle.energy(valuesOf(model, name)));
    assert.ok(Math.sqrt(oracle.energy(left)) <= 1e-6 * size, name);
    for (const [i, x] of after.data.entries()) assert.ok(Math.abs(x - before.data[i]!) <= 5e-7 * size, name);
  }
});

test('it is the orthogonal projection of the whole weights, taken as an update of zero', async () => {
  const model = checkpoint('F32', 'whole', undefined, 1);
  const zero = checkpoint('F32', 'zero', undefined, 0);
  const projected: ProjectedModel = { kind: 'projected', mode: 'orthogonal', side: sides, ranks };
  const { ablated: _, ...bases } = inputsOf(model);
  const [one, other] = [
    await written(recipe, inputsOf(model)),
    await written(projected, { ...bases, from: zero, to: model }),
  ];
  for (const name of tensors) {
    const [a, b] = [valuesOf(one, name).data, valuesOf(other, name).data];
    for (const [i, x] of a.entries()) assert.ok(Math.abs(x - b[i]!) <= 2e-6, `${name}, element ${i}`);
  }
});

test('a zero tensor stays zero, and a tensor without a rank is that of the model', async () => {
  const zero = checkpoint('F32', 'zero', undefined, 0);
  const name = 'model.layers.0.up.weight';
  const only: AblatedModel = { kind: 'ablated', sides, ranks: { [name]: 2 } };
  const outputs = await written(only, inputsOf(zero));
  assert.ok(valuesOf(outputs, name).data.every((value) => value === 0));
  for (const other of tensors) {
    if (other !== name) assert.is(outputs[`tensor/${other}`], zero[`tensor/${other}`]);
  }
});

test('weights that are not finite, and directions of another length, are refused by the name of the tensor', async () => {
  const name = 'model.layers.0.up.weight';
  const model = checkpoint('F32', 'bad', undefined, 1);
  const values = new Float32Array(9 * 17).fill(1);
  values[20] = Number.NaN;
  const bad = { ...model, [`tensor/${name}`]: stored(fromFloat32(values, 'F32'), { dtype: 'F32', shape: [9, 17] }) };
  const failure = async (inputs: Record<string, Artifacts>) => {
    try {
      await written(recipe, inputs);
    } catch (error) {
      assert.instance(error, DataError);
      return (error as DataError).message;
    }
    throw new Error('it did not fail');
  };
  assert.is(await failure(inputsOf(bad)), `tensor ${name}: "ablated" holds NaN at row 1, column 3 (counted from 0)`);
  const other = {
    ...inputsOf(model),
    [`basis/${name}`]: { basis: directionsOf('model.layers.0.norm.weight').artifact },
  };
  assert.match(await failure(other), `tensor ${name}: input "basis/${name}" is a basis of 13 dimensions`);
});

async function checkStream(fixture: Parameters<typeof readFixture>[0]): Promise<void> {
  const { json, config } = await readFixture(fixture);
  const weights = initialWeights(config);
  const architecture = architectureTensors(config);
  const model: Record<string, Artifact> = { 'file/config.json': stored(Buffer.from(JSON.stringify(json))) };
  for (const [name, values] of weights) {
    model[`tensor/${name}`] = stored(fromFloat32(values, 'F32'), { dtype: 'F32', shape: architecture.get(name)! });
  }
  const writers = [...architecture.keys()].filter((name) => {
    const role = tensorRole(name);
    return role !== undefined && ('outputs' in role ? role.outputs === 'hidden' : role.part === 'embedding');
  });
  const q = oracle.roundTo(columnsOf(svdOracle(gaussian(config.hidden, 2, 'stream')).u, 2), 'F32');
  const basis = stored(fromFloat32(Float32Array.from(q.data), 'F32'), { dtype: 'F32', shape: [config.hidden, 2] });
  const sideOf = (name: string): Side => (name.includes('embed') ? 'right' : 'left');
  const stream: AblatedModel = {
    kind: 'ablated',
    ranks: Object.fromEntries(writers.map((name) => [name, 2])),
    sides: Object.fromEntries(writers.map((name) => [name, sideOf(name)])),
  };
  const bases = Object.fromEntries(writers.map((name) => [`basis/${name}`, { basis }]));
  const context = new DeviceContext({ model: stream } as unknown as JsonObject, { ablated: model, ...bases }, objects);
  const { decoder } = await runningModel(context, stream);
  const sequences = [
    [3, 1, 4, 1, 5],
    [9, 2, 6],
  ];
  const states = await decoder.hiddenStates(sequences);
  decoder.release();
  // The last of them is normalised with gains, which turn it.
  for (const [depth, state] of states.slice(0, -1).entries()) {
    for (let row = 0; row < sequences.length; row++) {
      const h = state.subarray(row * config.hidden, (row + 1) * config.hidden);
      const size = Math.hypot(...h);
      for (let j = 0; j < 2; j++) {
        const along = h.reduce((sum, value, i) => sum + value * q.data[i * 2 + j]!, 0);
        assert.ok(Math.abs(along) <= 3e-6 * size, `depth ${depth}, row ${row}: ${along} of ${size}`);
      }
    }
  }
  // The same weights in f64 give the same states.
  const exact = new Map(
    [...weights].map(([name, values]) => {
      const whole = Float64Array.from(values);
      if (!writers.includes(name)) return [name, whole];
      const [rows, columns = 1] = architecture.get(name)! as [number, number?];
      const matrix = { rows, columns, data: whole };
      return [name, oracle.difference(matrix, oracle.project(matrix, q, 2, sideOf(name))).data];
    }),
  );
  const wanted = decoderOracle(
    config,
    exact,
    sequences.map((inputIds) => ({ inputIds, labels: [] })),
  ).states;
  for (const [depth, state] of states.entries()) {
    const largest = Math.max(...wanted[depth]!.map(Math.abs));
    let end = 0;
    for (const [row, { length }] of sequences.entries()) {
      end += length;
      for (let i = 0; i < config.hidden; i++) {
        const difference = state[row * config.hidden + i]! - wanted[depth]![(end - 1) * config.hidden + i]!;
        assert.ok(Math.abs(difference) <= 1e-5 * largest, `depth ${depth}, row ${row}, component ${i}`);
      }
    }
  }
}

test('nothing in the residual stream of an ablated decoder lies along the directions, with biases and tied embeddings', async () => {
  await checkStream('qwen2-mqa-tied');
  await checkStream('llama-biased-llama3-rope');
});

test.run();
