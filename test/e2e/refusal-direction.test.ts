import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { candidateColumns } from '../../src/report/tables/candidates.js';
import { readTable } from '../../src/report/tables/csv.js';
import { energyColumns, tensorEnergyColumns } from '../../src/report/tables/energy.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { overlapColumns } from '../../src/report/tables/overlap.js';
import { type Dense, dense, svdOracle } from '../oracles/one-sided-jacobi.js';
import { difference } from '../oracles/projection.js';
import { readSafetensors } from '../oracles/safetensors.js';
import { ranSteps, Sandbox, summaryOf } from '../sandbox.js';

const example = fileURLToPath(new URL('../../../examples/refusal-direction.yaml', import.meta.url));

const test = suite<{ box: Sandbox }>('refusal direction');
test.before(async (context) => {
  context.box = await Sandbox.make();
  await context.box.write('refusal.yaml', await readFile(example, 'utf8'));
});
test.after(({ box }) => box.remove());

const results = 'results/refusal-direction';

test('a model that refuses does so less without its refusal direction, and solves as many problems', async ({
  box,
}) => {
  const { status, stdout, stderr } = await box.runflow(['run', 'refusal.yaml']);
  assert.is(status, 0, stdout + stderr);
  assert.match(
    stdout + stderr,
    /left out of subspaces\.refusal, subspaces\.chosen: model\.layers\.0\.input_layernorm\.weight.* and \d+ more/,
  );
  const rows = readTable(await readFile(box.path(results, 'evaluation.csv'), 'utf8'), evaluationColumns);
  const measured = (metric: string, model: string) =>
    rows.find((row) => row.metric === metric && row.model === model)!.value!;
  const [refusing, ablated, steered] = ['aligned', 'ablated', 'steered'].map((model) => measured('refusing', model)) as [number, number, number]; // biome-ignore format: one line
  assert.ok(refusing < 1.5, `the aligned model scores ${refusing}`);
  assert.ok(ablated > refusing + 0.5, `the ablated model scores ${ablated}, the aligned one ${refusing}`);
  assert.ok(steered > refusing + 0.5, `the steered model scores ${steered}, the aligned one ${refusing}`);
  const [solved, still] = ['aligned', 'ablated'].map((model) => measured('solved', model)) as [number, number];
  assert.ok(Math.abs(still - solved) < 0.15, `the ablated model solves ${still}, the aligned one ${solved}`);
});

test('tables tell each tensor’s side, and count tensors without one whole', async ({ box }) => {
  const model = readTable(await readFile(box.path(results, 'energy.csv'), 'utf8'), energyColumns);
  const tensors = readTable(await readFile(box.path(results, 'energy-by-tensor.csv'), 'utf8'), tensorEnergyColumns);
  assert.equal(
    model.map(({ side, cosine_alignment }) => [side, cosine_alignment]),
    [['mixed', null]],
  );
  let [kept, total] = [0, 0];
  for (const row of tensors) {
    const side = /norm/.test(row.tensor) ? '' : /(o|down)_proj/.test(row.tensor) ? 'left' : 'right';
    assert.is(row.side, side, row.tensor);
    assert.equal([row.rank, row.rank_max], side === '' ? [null, 0] : [1, 1], row.tensor);
    if (side === '') assert.is(row.energy_kept, 1);
    total += row.update_energy;
    kept += row.energy_kept! * row.update_energy;
  }
  assert.ok(Math.abs(kept / total - model[0]!.energy_kept!) <= 1e-9);
  const overlap = readTable(await readFile(box.path(results, 'overlap.csv'), 'utf8'), overlapColumns);
  assert.ok(overlap.every(({ k_b, d }) => k_b === 1 && d === 64));
  const ofUpdate = overlap.filter(({ pair }) => pair === 'alignment:refusal');
  assert.ok(ofUpdate.some(({ overlap: value, baseline }) => value! > 3 * baseline!));
  const candidates = readTable(await readFile(box.path(results, 'directions/chosen.csv'), 'utf8'), candidateColumns);
  assert.equal(
    candidates.map(({ layer, position }) => [layer, position]),
    [0, 1, 2].flatMap((layer) => [-1, -2].map((position) => [layer, position])),
  );
  // At layer 0 the state is the embedding of a token that ends all prompts.
  assert.ok(candidates.every(({ layer, verdict }) => (layer === 0) === (verdict === 'zero')));
  assert.is(candidates.filter(({ verdict }) => verdict === 'chosen').length, 1);
  assert.is(
    new Set(overlap.filter(({ pair }) => pair === 'refusal:chosen').map(({ overlap: value }) => value)).size,
    1,
  );
  const page = (await readFile(box.path(results, 'report.html'), 'utf8')).replace(/\s+/g, ' ');
  assert.match(page, 'refusal in 7 of 30 tensors');
  assert.match(page, 'Of the pairs refusal, chosen are subspaces: they count with all directions at every η');
});

test('typed again it runs nothing', async ({ box }) => {
  const ended = await box.runflow(['run', 'refusal.yaml', '--json']);
  assert.equal([ranSteps(ended), summaryOf(ended).ran], [[], 0]);
});

test('exported, its weights differ by one direction, the same in all tensors that write to the stream, and nowhere else', async ({
  box,
}) => {
  for (const model of ['aligned', 'ablated']) {
    const { status, stderr } = await box.runflow(['export', 'refusal.yaml', model, '--to', model]);
    assert.is(status, 0, stderr);
  }
  const [aligned, ablated] = [
    readSafetensors(box.path('aligned', 'model.safetensors')),
    readSafetensors(box.path('ablated', 'model.safetensors')),
  ];
  assert.equal([...ablated.keys()].sort(), [...aligned.keys()].sort());
  let direction: Dense | undefined;
  for (const [name, { matrix: before }] of aligned) {
    const after = ablated.get(name)!.matrix;
    const side = name.includes('embed') ? 'v' : /(o|down)_proj/.test(name) ? 'u' : undefined;
    if (side === undefined) {
      assert.equal(after, before, name);
      continue;
    }
    const { s, [side]: vectors } = svdOracle(difference(before, after));
    assert.ok(s[1]! <= 1e-5 * s[0]!, `${name} changes in more directions than one: ${s[0]}, ${s[1]}`);
    const first = dense(vectors.rows, 1, Float64Array.from({ length: vectors.rows }, (_, i) => vectors.data[i * vectors.columns]!)); // biome-ignore format: one line
    direction ??= first;
    const cosine = first.data.reduce((sum, value, i) => sum + value * direction!.data[i]!, 0);
    assert.ok(Math.abs(Math.abs(cosine) - 1) <= 1e-5, `${name}: cosine ${cosine}`);
  }
  assert.is(direction?.rows, 64);
});

test('a model with a direction added is not exported, and the message tells where it is defined', async ({ box }) => {
  const { status, stderr } = await box.runflow(['export', 'refusal.yaml', 'steered', '--to', 'steered']);
  assert.is(status, 2, stderr);
  assert.match(
    stderr,
    /refusal\.yaml:44:3: error: model steered: nothing can be made from it, and it cannot be exported/,
  );
  assert.match(stderr, 'Elsewhere name aligned, whose weights it has.');
});

test('the plan of a model with a tied output layer says that this changes, too', async ({ box }) => {
  const tied = (await readFile(example, 'utf8')).replace('vocabulary: 112', 'vocabulary: 112, tied: true');
  await box.write('tied.yaml', tied);
  const { status, stdout } = await box.runflow(['plan', 'tied.yaml']);
  assert.is(status, 0);
  assert.match(stdout, 'models.ablated: the output layer is tied to model.embed_tokens.weight');
});

test.run();
