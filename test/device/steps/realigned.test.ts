import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import type { FloatType } from '../../../src/formats/float-conversion.js';
import type { Realignment, RealignmentRule } from '../../../src/formats/realignment.js';
import { energy } from '../../../src/steps/energy.js';
import { project } from '../../../src/steps/project.js';
import { realignment } from '../../../src/steps/realignment.js';
import type { RealignedModel } from '../../../src/steps/recipes/realigned.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { type Dense, dense, multiply, transpose } from '../../oracles/one-sided-jacobi.js';
import { checkpoint, DeviceContext, decomposed, objects, shapes, tensors, valuesOf } from './checkpoints.js';

/** Whole realigned models, tensor by tensor against the definitions in f64. */

const matrices = tensors.filter((name) => shapes[name]!.length > 1);

interface World {
  readonly base: Artifacts;
  readonly aligned: Artifacts;
  readonly tuned: Artifacts;
  readonly safe: Artifacts;
  readonly svd: Readonly<Record<string, Artifacts>>;
}

async function world(dtype: FloatType, change: (w: Omit<World, 'svd'>) => Partial<World> = () => ({})): Promise<World> {
  const base = checkpoint(dtype, 'base', undefined, 1);
  const aligned = checkpoint(dtype, 'aligned', base, 0.1);
  const made = { base, aligned, tuned: checkpoint(dtype, 'tuned', aligned), safe: checkpoint(dtype, 'safe', aligned) };
  const models = { ...made, ...change(made) };
  const svd: Record<string, Artifacts> = {};
  for (const name of matrices)
    svd[name] = await decomposed({ from: one(models.base, name), to: one(models.aligned, name) }, {});
  return { ...models, svd };
}

const one = (model: Artifacts, name: string): Artifacts => ({ x: model[`tensor/${name}`]! });

async function run(kind: string, params: object, inputs: Record<string, Artifacts>): Promise<Artifacts> {
  const context = new DeviceContext(params as never, inputs, objects);
  await (await implementationOf(kind))(context);
  return context.outputs;
}

async function realigned(w: World, rule: RealignmentRule, share?: number) {
  const agreements: Record<string, Artifacts> = {};
  const bases: Record<string, Artifacts> = {};
  for (const [index, name] of matrices.entries()) {
    const { u, s } = w.svd[name]!;
    const params = { mode: 'parallel', side: 'left', ranks: [] };
    const ends = { from: one(w.aligned, name), to: one(w.tuned, name), basis: { u: u! }, s: { s: s! } };
    agreements[`${index}/energy`] = { energy: (await run(energy.kind, params, ends)).energy! };
    agreements[`${index}/s`] = { s: s! };
    Object.assign(bases, { [`basis/${name}`]: { u: u! }, [`s/${name}`]: { s: s! } });
  }
  const { choice } = await run(realignment.kind, { rule, tensors: matrices }, agreements);
  const model: RealignedModel = { kind: 'realigned', tensors: matrices, ...(share !== undefined && { share }) };
  const ends = { from: w.aligned, to: w.tuned, choice: { choice: choice! } };
  const more = share === undefined ? bases : { 'safe-from': w.aligned, 'safe-to': w.safe };
  const written = await run(project.kind, { model }, { ...ends, ...more });
  return { written, choice: JSON.parse(new TextDecoder().decode(objects.get(choice!.digest))) as Realignment };
}

const minus = (a: Dense, b: Dense) => dense(a.rows, a.columns, a.data.map((x, i) => x - b.data[i]!)); // biome-ignore format: one line
const norm = ({ data }: Dense) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));

/** C Δ from the definition, and its cosine with Δ. */
function product(w: World, name: string): { readonly value: Dense; readonly cosine: number } {
  const v = minus(valuesOf(w.aligned, name), valuesOf(w.base, name));
  const delta = minus(valuesOf(w.tuned, name), valuesOf(w.aligned, name));
  const c = multiply(v, transpose(v));
  const value = multiply(dense(c.rows, c.columns, c.data.map((x) => x / norm(v))), delta); // biome-ignore format: one line
  const inner = value.data.reduce((sum, x, i) => sum + x * delta.data[i]!, 0);
  return { value, cosine: inner / (norm(value) * norm(delta)) };
}

function requireNear(actual: Dense, expected: ArrayLike<number>, tolerance: number, name: string): void {
  const size = Math.max(...Array.from(expected, Math.abs));
  for (const [i, value] of actual.data.entries()) {
    assert.ok(Math.abs(value - expected[i]!) <= tolerance * size, `${name} at ${i}: ${value}, not ${expected[i]}`);
  }
}

const digest = (model: Artifacts, name: string) => (model[`tensor/${name}`] as Artifact).digest;

for (const [dtype, tolerance] of [
  ['F32', 1e-6],
  ['F64', 1e-6],
  ['BF16', 4e-3],
  ['F16', 5e-4],
] as const) {
  test(`SafeLoRA in ${dtype}: θ_A + C Δ where the cosine is low, θ_T elsewhere`, async () => {
    const w = await world(dtype);
    const { written, choice } = await realigned(w, { method: 'safelora', threshold: 1 });
    for (const name of matrices) {
      const { value, cosine } = product(w, name);
      assert.ok(Math.abs(choice[name]!.cosine! - cosine) < 1e-6, `${name}: ${choice[name]!.cosine} is not ${cosine}`);
      assert.is(choice[name]!.changed, true);
      const start = valuesOf(w.aligned, name);
      requireNear(
        valuesOf(written, name),
        start.data.map((x, i) => x + value.data[i]!),
        tolerance,
        name,
      );
    }
    for (const name of tensors.filter((other) => !matrices.includes(other)))
      assert.is(digest(written, name), digest(w.tuned, name));
  });

  test(`SafeMERGE in ${dtype}: a weighted mean of both updates`, async () => {
    const w = await world(dtype);
    const { written } = await realigned(w, { method: 'safemerge', threshold: 1 }, 0.2);
    for (const name of matrices) {
      const [from, to, safe] = [w.aligned, w.tuned, w.safe].map((model) => valuesOf(model, name).data);
      const mean = from!.map((x, i) => x + 0.8 * (to![i]! - x) + 0.2 * (safe![i]! - x));
      requireNear(valuesOf(written, name), mean, tolerance, name);
    }
  });
}

test('a threshold below every cosine leaves the tuned model, bit by bit', async () => {
  const w = await world('BF16');
  const { written, choice } = await realigned(w, { method: 'safelora', threshold: -1 });
  for (const name of tensors) assert.is(digest(written, name), digest(w.tuned, name), name);
  assert.ok(Object.values(choice).every(({ changed }) => !changed));
});

test('the lowest tensor alone changes', async () => {
  const w = await world('F32');
  const { choice } = await realigned(w, { method: 'safelora', lowest: 1 });
  const lowest = matrices.toSorted((a, b) => product(w, a).cosine - product(w, b).cosine)[0];
  for (const name of matrices) assert.is(choice[name]!.changed, name === lowest, name);
});

test('where the update or the alignment is zero there is no cosine, and SafeMERGE merges without an alignment', async () => {
  const [still, flat] = matrices as [string, string];
  const w = await world('F32', ({ base, aligned, tuned }) => ({
    tuned: { ...tuned, [`tensor/${still}`]: aligned[`tensor/${still}`]! },
    base: { ...base, [`tensor/${flat}`]: aligned[`tensor/${flat}`]! },
  }));
  const lora = await realigned(w, { method: 'safelora', threshold: 1 });
  for (const name of [still, flat]) {
    assert.equal(lora.choice[name], { cosine: null, changed: false }, name);
    assert.is(digest(lora.written, name), digest(w.tuned, name));
  }
  const merged = await realigned(w, { method: 'safemerge', threshold: 0.35 }, 0.5);
  assert.equal(merged.choice[flat], { cosine: 0, changed: true });
  assert.equal(merged.choice[still], { cosine: null, changed: false });
});

test('weights that a checkpoint could not store are refused by tensor', async () => {
  const w = await world('F16', ({ base }) => {
    const aligned = checkpoint('F16', 'far', base, 3000);
    return { aligned, tuned: checkpoint('F16', 'further', aligned, 300) };
  });
  try {
    await realigned(w, { method: 'safelora', threshold: 1 });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /tensor model.*beyond the range of f16 at row \d+, column \d+/);
  }
});

test.run();
