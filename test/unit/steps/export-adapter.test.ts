import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adapterChanges } from '../../../src/formats/adapter/changes.js';
import { parseAdapterConfig } from '../../../src/formats/adapter/config.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { toFloat64 } from '../../../src/formats/float-conversion.js';
import type { AdapterSummary, ExportAdapterParams } from '../../../src/steps/export-adapter.js';
import { runExportAdapter } from '../../../src/worker/steps/export-adapter.js';
import { runMergeAdapter } from '../../../src/worker/steps/merge-adapter.js';
import { noise } from '../../checkpoint-fixtures.js';
import { type Dense, dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import { MemoryContext } from './memory-context.js';

/** Updates written as adapters, read back, and held to the rank cut in f64. */

const test = suite('export-adapter');

interface Lab {
  readonly objects: Map<string, Uint8Array>;
  readonly base: Record<string, Artifact>;
  readonly tuned: Record<string, Artifact>;
  readonly inputs: Record<string, Artifacts>;
  readonly updates: Map<string, Dense>;
  readonly linear: string[];
  readonly others: string[];
}

function lab(): Lab {
  return { objects: new Map(), base: {}, tuned: {}, inputs: {}, updates: new Map(), linear: [], others: [] };
}

function keep({ objects }: Lab, values: Float32Array | Float64Array, shape: readonly number[]): Artifact {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, tensor: { dtype: values instanceof Float32Array ? 'F32' : 'F64', shape } };
}

let seed = 0;

/** A tensor and its update, with the decomposition of an oracle where it is a linear layer's. */
function add(
  to: Lab,
  name: string,
  update: Dense,
  kind: 'linear' | 'other',
  shape = [update.rows, update.columns],
): void {
  const weights = noise(++seed, update.data.length);
  const moved = weights.map((value, i) => value + update.data[i]!);
  // What f32 holds of the update.
  const exact = dense(
    update.rows,
    update.columns,
    Float64Array.from(moved, (value, i) => value - weights[i]!),
  );
  to.base[`tensor/${name}`] = keep(to, weights, shape);
  to.tuned[`tensor/${name}`] = keep(to, moved, shape);
  to.updates.set(name, exact);
  if (kind === 'other') {
    to.inputs[`from/${name}`] = { one: to.base[`tensor/${name}`]! };
    to.inputs[`to/${name}`] = { one: to.tuned[`tensor/${name}`]! };
    to.others.push(name);
    return;
  }
  const { u, s, v } = svdOracle(exact);
  const r = s.length;
  to.inputs[`u/${name}`] = { one: keep(to, Float32Array.from(u.data), [u.rows, r]) };
  to.inputs[`s/${name}`] = { one: keep(to, Float64Array.from(s), [r]) };
  to.inputs[`v/${name}`] = { one: keep(to, Float32Array.from(v.data), [v.rows, r]) };
  to.linear.push(name);
}

const random = (rows: number, columns: number) => dense(rows, columns, noise(++seed, rows * columns, 0.1));
const zero = (rows: number, columns: number) => dense(rows, columns, new Float64Array(rows * columns));
/** Of a rank below both sides, exact in f32. */
const deficient = (rows: number, columns: number, rank: number) => {
  const small = (count: number) => noise(++seed, count, 4).map(Math.round);
  return multiply(dense(rows, rank, small(rows * rank)), dense(rank, columns, small(rank * columns)));
};

async function exported(from: Lab, params: Partial<ExportAdapterParams> & { readonly rank: number }, config?: object) {
  const { linear, others, objects } = from;
  const inputs = { ...from.inputs };
  if (config !== undefined) {
    const bytes = Buffer.from(JSON.stringify(config));
    objects.set(digestOf(bytes), bytes);
    inputs.config = { one: { digest: digestOf(bytes), bytes: bytes.length } };
  }
  const context = new MemoryContext({ linear, others, ...params }, inputs, objects);
  await runExportAdapter(context);
  const json = (output: string) => JSON.parse(Buffer.from(objects.get(context.outputs[output]!.digest)!).toString());
  return {
    outputs: context.outputs,
    config: json('file/adapter_config.json'),
    summary: json('summary') as AdapterSummary,
  };
}

/** The base with what was written merged into it. */
async function readBack(of: Lab, outputs: Artifacts, tied = false): Promise<Artifacts> {
  const bytes = of.objects.get(outputs['file/adapter_config.json']!.digest)!;
  const config = parseAdapterConfig(bytes, 'adapter_config.json');
  const tensorsOf = (artifacts: Artifacts) =>
    new Map(
      Object.entries(artifacts).flatMap(([output, { tensor }]) =>
        tensor === undefined || !output.startsWith('tensor/')
          ? []
          : [[output.slice('tensor/'.length), tensor] as const],
      ),
    );
  const { changes, problems } = adapterChanges(config, tensorsOf(outputs), { tensors: tensorsOf(of.base), tied });
  assert.equal(problems, []);
  const inputs: Record<string, Artifacts> = { base: of.base };
  const scales: Record<string, number> = {};
  const transposed: string[] = [];
  for (const [tensor, { whole, again, factors }] of changes) {
    for (const [port, key] of Object.entries({ whole, again, a: factors?.a, b: factors?.b })) {
      if (key !== undefined) inputs[`${port}/${tensor}`] = { one: outputs[`tensor/${key}`]! };
    }
    if (factors === undefined) continue;
    scales[tensor] = factors.scale;
    if (factors.transposed) transposed.push(tensor);
  }
  const context = new MemoryContext({ scales, transposed }, inputs, of.objects);
  await runMergeAdapter(context);
  return context.outputs;
}

function valuesOf({ objects }: Lab, artifact: Artifact): Float64Array {
  return toFloat64(objects.get(artifact.digest)!, artifact.tensor!.dtype as 'F32');
}

/** Δ cut to its k largest singular values, from the oracle. */
function cut(update: Dense, k: number): Float64Array {
  const { u, s, v } = svdOracle(update);
  const scaled = dense(
    u.rows,
    s.length,
    u.data.map((value, i) => (i % s.length < k ? value * s[i % s.length]! : 0)),
  );
  return multiply(scaled, transpose(v)).data;
}

function largest(values: Float64Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

test('read back, it is the rank cut of the update, to the rounding of its factors', async () => {
  const of = lab();
  const layer = (index: number, name: string) => `model.layers.${index}.${name}.weight`;
  add(of, layer(0, 'q_proj'), random(7, 5), 'linear');
  add(of, layer(1, 'q_proj'), random(7, 5), 'linear');
  add(of, layer(0, 'up_proj'), random(13, 4), 'linear');
  add(of, layer(1, 'up_proj'), deficient(13, 9, 2), 'linear');
  add(of, layer(0, 'down_proj'), random(3, 11), 'linear');
  add(of, layer(1, 'down_proj'), zero(3, 11), 'linear');
  add(of, 'lm_head.weight', random(17, 5), 'linear');
  const ranks = { 3: [3, 3, 3, 2, 3, 0, 3], 100: [5, 5, 4, 2, 3, 0, 5] };
  for (const rank of [3, 100] as const) {
    const { outputs, config, summary } = await exported(of, { rank });
    const back = await readBack(of, outputs);
    for (const [i, name] of of.linear.entries()) {
      const k = ranks[rank][i]!;
      const a = outputs[`tensor/base_model.model.${name.replace('.weight', '.lora_A.weight')}`];
      assert.equal(a?.tensor?.shape[0] ?? 0, k, name);
      const update = of.updates.get(name)!;
      const expected = cut(update, k);
      const [before, after] = [of.base, back].map((model) => valuesOf(of, model[`tensor/${name}`]!));
      const scale = largest(update.data) + largest(before!);
      for (const [j, value] of after!.entries()) {
        assert.ok(Math.abs(value - before![j]! - expected[j]!) <= 1e-6 * scale, `${name} ${j}`);
      }
    }
    assert.is(config.r, rank === 3 ? 3 : 5);
    assert.is(config.lora_alpha, config.r);
    // down_proj of layer 1 does not change, so that the name alone would mean too much.
    assert.equal(config.target_modules, ['lm_head', 'model.layers.0.down_proj', 'q_proj', 'up_proj']);
    assert.is(config.rank_pattern['model.layers.1.up_proj'], 2);
    assert.equal(config.alpha_pattern, config.rank_pattern);
    const energies = [...of.updates.values()].map((update) => svdOracle(update).s.map((value) => value * value));
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    const whole = energies.reduce((total, values) => total + sum(values), 0);
    const kept = energies.reduce((total, values, i) => total + sum(values.subarray(0, ranks[rank][i])), 0);
    assert.ok(Math.abs(summary.energy - whole) <= 1e-12 * whole);
    assert.ok(Math.abs(summary.kept - kept) <= 1e-12 * whole);
    assert.equal([summary.layers, summary.rest, summary.restEnergy], [6, [], 0]);
  }
});

function withRest(tiedNames = false): Lab {
  const of = lab();
  for (const index of [0, 1]) {
    add(of, `model.layers.${index}.q_proj.weight`, random(6, 5), 'linear');
    add(of, `model.layers.${index}.q_proj.bias`, index === 0 ? random(6, 1) : zero(6, 1), 'other', [6]);
    add(of, `model.layers.${index}.norm.weight`, index === 0 ? zero(5, 1) : random(5, 1), 'other', [5]);
  }
  add(of, 'model.embed_tokens.weight', random(9, 5), 'other');
  if (!tiedNames) add(of, 'lm_head.weight', random(9, 5), 'linear');
  return of;
}

test('what has no factors is stored whole, or left out with its norm stated', async () => {
  const of = withRest();
  const config = { architectures: ['Qwen2ForCausalLM'] };
  const stored = await exported(of, { rank: 9, rest: 'modules-to-save' }, config);
  assert.equal(stored.config.modules_to_save, ['model.embed_tokens', 'model.layers.1.norm']);
  assert.is(stored.config.bias, 'all');
  assert.is(stored.config.task_type, 'CAUSAL_LM');
  const back = await readBack(of, stored.outputs);
  for (const name of of.others) assert.is(back[`tensor/${name}`]!.digest, of.tuned[`tensor/${name}`]!.digest, name);

  const dropped = await exported(of, { rank: 9, rest: 'drop', base: { repo: 'lab/base', commit: 'c' } });
  assert.equal([dropped.config.modules_to_save, dropped.config.bias, dropped.config.task_type], [null, 'none', null]);
  assert.equal([dropped.config.base_model_name_or_path, dropped.config.revision], ['lab/base', 'c']);
  const after = await readBack(of, dropped.outputs);
  for (const name of of.others) assert.is(after[`tensor/${name}`], of.base[`tensor/${name}`], name);
  const changed = ['model.layers.0.q_proj.bias', 'model.layers.1.norm.weight', 'model.embed_tokens.weight'];
  const energy = changed.reduce((sum, name) => of.updates.get(name)!.data.reduce((part, d) => part + d * d, sum), 0);
  for (const { summary } of [stored, dropped]) {
    assert.equal(summary.rest, changed);
    assert.ok(Math.abs(summary.restEnergy - energy) <= 1e-14 * energy);
  }
});

const fails = async (of: Lab, params: Parameters<typeof exported>[1], message: RegExp) => {
  try {
    await exported(of, params);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, message);
  }
};

test('of an update of some tensors nothing is written that PEFT would take for more', async () => {
  const outside = ['model.layers.1.q_proj.weight', 'model.layers.1.norm.weight', 'model.layers.1.q_proj.bias'];
  const of = lab();
  add(of, 'model.layers.0.q_proj.weight', random(6, 5), 'linear');
  add(of, 'model.layers.0.up_proj.weight', random(7, 5), 'linear');
  add(of, 'model.layers.0.norm.weight', random(5, 1), 'other', [5]);
  const { config } = await exported(of, { rank: 2, rest: 'modules-to-save', outside });
  // up_proj is in no other layer, q_proj is.
  assert.equal(config.target_modules, ['model.layers.0.q_proj', 'up_proj']);
  assert.equal(config.modules_to_save, ['model.layers.0.norm']);
  add(of, 'model.layers.0.q_proj.bias', random(6, 1), 'other', [6]);
  const bias = /would store model\.layers\.1\.q_proj\.bias with it, which is not part of the update/;
  await fails(of, { rank: 2, rest: 'modules-to-save', outside }, bias);
});

test('the one matrix of tied embeddings is stored for both ends', async () => {
  const of = withRest(true);
  const { outputs, config } = await exported(of, { rank: 2, rest: 'modules-to-save', tied: true });
  assert.equal(config.modules_to_save, ['model.embed_tokens', 'model.layers.1.norm', 'lm_head']);
  assert.is(
    outputs['tensor/base_model.model.lm_head.weight'],
    outputs['tensor/base_model.model.model.embed_tokens.weight'],
  );
  const back = await readBack(of, outputs, true);
  assert.is(back['tensor/model.embed_tokens.weight']!.digest, of.tuned['tensor/model.embed_tokens.weight']!.digest);
});

test('layers that store [in, out] have their factors turned', async () => {
  const of = lab();
  add(of, 'transformer.h.0.attn.c_attn.weight', random(5, 15), 'linear');
  const { outputs, config } = await exported(of, { rank: 9, transposed: of.linear });
  assert.is(config.fan_in_fan_out, true);
  assert.equal(outputs['tensor/base_model.model.transformer.h.0.attn.c_attn.lora_A.weight']!.tensor!.shape, [5, 5]);
  assert.equal(outputs['tensor/base_model.model.transformer.h.0.attn.c_attn.lora_B.weight']!.tensor!.shape, [15, 5]);
  const back = await readBack(of, outputs);
  const [after, tuned] = [back, of.tuned].map((model) => valuesOf(of, model[`tensor/${of.linear[0]}`]!));
  for (const [i, value] of after!.entries()) assert.ok(Math.abs(value - tuned![i]!) < 1e-6);
});

test('an adapter that PEFT could not read is refused', async () => {
  const still = lab();
  add(still, 'model.layers.0.q_proj.weight', zero(4, 3), 'linear');
  await fails(still, { rank: 2 }, /changes no linear layer: an adapter of it would be empty/);
  const alone = lab();
  add(alone, 'model.layers.0.q_proj.weight', random(4, 3), 'linear');
  add(alone, 'scale', random(3, 1), 'other', [3]);
  await fails(alone, { rank: 2, rest: 'modules-to-save' }, /^scale cannot be stored whole .*: it belongs to no module/);
  const around = lab();
  add(around, 'model.layers.0.q_proj.weight', random(4, 3), 'linear');
  add(around, 'model.layers.0.gain', random(3, 1), 'other', [3]);
  await fails(
    around,
    { rank: 2, rest: 'modules-to-save' },
    /model\.layers\.0 cannot .* the linear layer model\.layers\.0\.q_proj with it/,
  );
  const broken = lab();
  add(broken, 'model.layers.0.q_proj.weight', random(4, 3), 'linear');
  add(broken, 'model.norm.weight', dense(3, 1, [0, Number.NaN, 0]), 'other', [3]);
  await fails(broken, { rank: 2, rest: 'drop' }, /tensor model\.norm\.weight: the update is not finite at element 1/);
});

test.run();
