import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { numericalRank } from '../../../src/linalg/numerical-rank.js';
import { activationBasis } from '../../../src/steps/activation-basis.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { gaussian, withSingularValues } from '../../oracles/matrices.js';
import { columnsOf, type Dense, dense, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import { checkOrthonormal, subspaceDistance } from '../../oracles/svd-bars.js';
import { DeviceContext } from './checkpoints.js';

/** Hidden states with a large common part, as models have them: [prompts, hidden] in f32. */
function states(prompts: number, hidden: number): Dense {
  const spread = withSingularValues(prompts, hidden, (i) => 0.8 ** i, `states ${prompts} ${hidden}`).data;
  const common = gaussian(1, hidden, `common ${hidden}`).data;
  return dense(
    prompts,
    hidden,
    Float32Array.from(spread, (value, at) => value + common[at % hidden]!),
  );
}

/** H [hidden, prompts], from each column its mean over prompts taken if asked. */
function definition(hiddenStates: Dense, centre: boolean): Dense {
  const { rows: prompts, columns: hidden, data } = hiddenStates;
  const h = transpose(hiddenStates);
  if (!centre) return h;
  const mean = Array.from({ length: hidden }, (_, d) => {
    let sum = 0;
    for (let p = 0; p < prompts; p++) sum += data[p * hidden + d]!;
    return sum / prompts;
  });
  return dense(
    hidden,
    prompts,
    h.data.map((value, at) => value - mean[Math.floor(at / prompts)]!),
  );
}

for (const [prompts, hidden] of [
  [7, 24],
  [61, 24],
  [24, 24],
  [1, 9],
] as const) {
  for (const centre of [false, true]) {
    // One prompt, centred, is nothing.
    if (prompts === 1 && centre) continue;
    test(`${prompts} prompts of ${hidden} numbers${centre ? ', centred' : ''}: left singular vectors of H as defined`, async () => {
      const hiddenStates = states(prompts, hidden);
      const bytes = new Uint8Array(Float32Array.from(hiddenStates.data).buffer);
      const digest = digestOf(bytes);
      const input: Artifact = { digest, bytes: bytes.length, tensor: { dtype: 'F32', shape: [prompts, hidden] } };
      const objects = new Map([[digest, bytes]]);
      const context = new DeviceContext({ centre }, { hidden: { 'hidden/3': input } }, objects);
      await (await implementationOf(activationBasis.kind))(context);
      const { u, s } = context.outputs;
      const r = Math.min(prompts, hidden);
      assert.equal(u!.tensor, { dtype: 'F32', shape: [hidden, r] });
      assert.equal(s!.tensor, { dtype: 'F64', shape: [r] });
      const basis = dense(hidden, r, new Float32Array(objects.get(u!.digest)!.slice().buffer));
      const values = new Float64Array(objects.get(s!.digest)!.slice().buffer);
      const truth = svdOracle(definition(hiddenStates, centre));
      for (const [i, value] of values.entries()) {
        assert.ok(Math.abs(value - truth.s[i]!) < 2e-6 * truth.s[0]!, `σ${i}: ${value} instead of ${truth.s[i]}`);
      }
      checkOrthonormal(basis, 'u');
      for (let k = 1; k <= Math.min(5, r); k++) {
        const distance = subspaceDistance(columnsOf(basis, k), columnsOf(truth.u, k));
        assert.ok(distance < 1e-4, `the first ${k} directions are off by ${distance}`);
      }
    });
  }
}

for (const [prompts, hidden] of [
  [160, 160],
  [192, 24],
] as const) {
  test(`${prompts} prompts with equal states of ${hidden} numbers have one direction, theirs`, async () => {
    const state = gaussian(1, hidden, `equal ${hidden}`).data;
    const bytes = new Uint8Array(
      Float32Array.from({ length: prompts * hidden }, (_, at) => state[at % hidden]!).buffer,
    );
    const digest = digestOf(bytes);
    const input: Artifact = { digest, bytes: bytes.length, tensor: { dtype: 'F32', shape: [prompts, hidden] } };
    const objects = new Map([[digest, bytes]]);
    const context = new DeviceContext({ centre: false }, { hidden: { 'hidden/0': input } }, objects);
    await (await implementationOf(activationBasis.kind))(context);
    const basis = dense(hidden, Math.min(prompts, hidden), new Float32Array(objects.get(context.outputs.u!.digest)!.slice().buffer)); // biome-ignore format: one line
    const values = new Float64Array(objects.get(context.outputs.s!.digest)!.slice().buffer);
    const length = Math.hypot(...Float32Array.from(state));
    assert.is(numericalRank(values), 1);
    assert.ok(Math.abs(values[0]! / (length * Math.sqrt(prompts)) - 1) < 2e-6, `${values[0]}`);
    checkOrthonormal(basis, 'u');
    const unit = dense(
      hidden,
      1,
      state.map((value) => value / length),
    );
    assert.ok(subspaceDistance(columnsOf(basis, 1), unit) < 1e-6);
  });
}

test('centred, equal states have no direction at all', async () => {
  for (const [prompts, hidden] of [
    [30, 30],
    [50, 9],
    [7, 24],
  ] as const) {
    const state = gaussian(1, hidden, `centred ${hidden}`).data;
    const bytes = new Uint8Array(
      Float32Array.from({ length: prompts * hidden }, (_, at) => state[at % hidden]!).buffer,
    );
    const digest = digestOf(bytes);
    const input: Artifact = { digest, bytes: bytes.length, tensor: { dtype: 'F32', shape: [prompts, hidden] } };
    const objects = new Map([[digest, bytes]]);
    const context = new DeviceContext({ centre: true }, { hidden: { 'hidden/0': input } }, objects);
    await (await implementationOf(activationBasis.kind))(context);
    const values = new Float64Array(objects.get(context.outputs.s!.digest)!.slice().buffer);
    assert.is(numericalRank(values), 0, `${prompts} prompts of ${hidden}: ${values.slice(0, 3)}`);
  }
});

test.run();
