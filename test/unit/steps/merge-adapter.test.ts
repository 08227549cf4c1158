import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adapterChanges } from '../../../src/formats/adapter/changes.js';
import { openAdapter } from '../../../src/formats/adapter/folder.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { type FloatType, toFloat64 } from '../../../src/formats/float-conversion.js';
import { readSafetensorsHeader, readTensor } from '../../../src/formats/safetensors-reader.js';
import type { MergeAdapterParams } from '../../../src/steps/merge-adapter.js';
import { runMergeAdapter } from '../../../src/worker/steps/merge-adapter.js';
import { MemoryContext } from './memory-context.js';

/** Adapters merged by make.py in double precision, without any of this program. */

const fixtures = fileURLToPath(new URL('../../../../test/fixtures/adapter/', import.meta.url));
const test = suite('merge-adapter');

async function load(file: string, objects: Map<string, Uint8Array>): Promise<Artifacts> {
  const artifacts: Record<string, Artifacts[string]> = {};
  for (const tensor of (await readSafetensorsHeader(file)).tensors) {
    const bytes = await readTensor(file, tensor);
    const digest = digestOf(bytes);
    objects.set(digest, bytes);
    const { dtype, shape } = tensor;
    artifacts[`tensor/${tensor.name}`] = { digest, bytes: bytes.length, tensor: { dtype, shape } };
  }
  return artifacts;
}

const tensorsOf = (artifacts: Artifacts) =>
  new Map(Object.entries(artifacts).map(([output, { tensor }]) => [output.slice('tensor/'.length), tensor!]));

/** The step as the plan wires it. */
async function merge(
  base: Artifacts,
  adapter: Artifacts,
  folder: string,
  objects: Map<string, Uint8Array>,
  tied = false,
) {
  const { adapter: config } = await openAdapter(folder);
  const { changes, problems } = adapterChanges(config!, tensorsOf(adapter), { tensors: tensorsOf(base), tied });
  assert.equal(problems, []);
  const inputs: Record<string, Artifacts> = { base };
  const params: { scales: Record<string, number>; transposed: string[] } = { scales: {}, transposed: [] };
  for (const [tensor, { whole, again, factors }] of changes) {
    for (const [port, key] of Object.entries({ whole, again, a: factors?.a, b: factors?.b })) {
      if (key !== undefined) inputs[`${port}/${tensor}`] = { one: adapter[`tensor/${key}`]! };
    }
    if (factors === undefined) continue;
    params.scales[tensor] = factors.scale;
    if (factors.transposed) params.transposed.push(tensor);
  }
  const context = new MemoryContext(params satisfies MergeAdapterParams, inputs, objects);
  await runMergeAdapter(context);
  return { context, changes };
}

for (const name of ['llama', 'gpt2']) {
  test(`${name}: the weights that PEFT would merge, rounded once`, async () => {
    const objects = new Map<string, Uint8Array>();
    const base = await load(join(fixtures, name, 'base.safetensors'), objects);
    const folder = join(fixtures, name, 'adapter');
    const adapter = await load(join(folder, 'adapter_model.safetensors'), objects);
    const expected = await load(join(fixtures, name, 'merged.safetensors'), objects);
    const { context, changes } = await merge(base, adapter, folder, objects);
    assert.equal(Object.keys(context.outputs).sort(), Object.keys(expected).sort());
    let different = 0;
    for (const [output, { digest, tensor }] of Object.entries(expected)) {
      const found = context.outputs[output]!;
      assert.equal(found.tensor, tensor, output);
      if (!changes.has(output.slice('tensor/'.length))) assert.is(found, base[output], output);
      else different += 1;
      if (tensor!.dtype !== 'F64') {
        assert.is(found.digest, digest, output);
        continue;
      }
      const [a, b] = [found.digest, digest].map((of) => toFloat64(objects.get(of)!, 'F64' satisfies FloatType));
      for (const [i, value] of a!.entries()) assert.ok(Math.abs(value - b![i]!) <= 1e-14 * Math.abs(b![i]!), output);
    }
    assert.is(different, name === 'llama' ? 10 : 2);
  });
}

test('a factor that is not finite is named, with the place', async () => {
  const objects = new Map<string, Uint8Array>();
  const base = await load(join(fixtures, 'gpt2/base.safetensors'), objects);
  const folder = join(fixtures, 'gpt2/adapter');
  const adapter: Record<string, Artifacts[string]> = {
    ...(await load(join(folder, 'adapter_model.safetensors'), objects)),
  };
  const key = 'tensor/base_model.model.transformer.h.1.attn.c_attn.lora_B.default.weight';
  const bytes = objects.get(adapter[key]!.digest)!.slice();
  new DataView(bytes.buffer).setFloat32(4 * 5, Number.NaN, true);
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  adapter[key] = { ...adapter[key]!, digest };
  try {
    await merge(base, adapter, folder, objects);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'factor B of transformer.h.1.attn.c_attn.weight holds NaN at element 5');
  }
});

test('a whole tensor that is not finite is named, too, though it is passed on as it is', async () => {
  const objects = new Map<string, Uint8Array>();
  const base = await load(join(fixtures, 'llama/base.safetensors'), objects);
  const whole = Object.entries(base).find(([, { tensor }]) => tensor!.dtype === 'F32' || tensor!.dtype === 'BF16')!;
  const [output, artifact] = whole;
  const bytes = objects.get(artifact.digest)!.slice();
  bytes.fill(0xff, 8, 12);
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  const name = output.slice('tensor/'.length);
  const inputs = { base, [`whole/${name}`]: { one: { ...artifact, digest } } };
  const params: MergeAdapterParams = { scales: {}, transposed: [] };
  try {
    await runMergeAdapter(new MemoryContext(params, inputs, objects));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, `the adapter's whole tensor ${name} holds NaN or an infinity at element`);
  }
});

test.run();
