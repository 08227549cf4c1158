import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matchingSteps } from '../../../src/plan/targets.js';
import { withoutTrainingSeed } from '../../../src/plan/training-seeds.js';
import type { ClaimsParams } from '../../../src/steps/claims.js';
import type { EnergyTableParams } from '../../../src/steps/energy-table.js';
import type { EvaluationTableParams } from '../../../src/steps/evaluation-table.js';
import type { LossTableParams } from '../../../src/steps/loss-table.js';
import type { Step } from '../../../src/steps/step.js';
import { type Keyed, keysOf, planOf } from './keyed-plan.js';

/** Two models with a seed to fill in, a model made of one of them, one that depends on none, and all that measures them. */
const lab = (seeds: string, more = '') => `runflow: 1
name: lab
seed: 3
models:
  base: { init: { family: llama, hidden: 8, layers: 2, heads: 2, mlp: 12, vocabulary: 24 }, tokenizer: { words-of: [rows, ask] } }
  aligned: { align: base, on: rows, recipe: quick }
  useful: { finetune: aligned, on: rows, recipe: quick, ${seeds} }
  harmful: { finetune: aligned, on: ask, recipe: quick, ${seeds} }
  again: { finetune: useful, on: ask, recipe: quick }
  half: { project: useful, onto: top-k, mode: parallel, fraction: 0.5 }
  perturbed: { perturb: aligned, seed: 4, norm: 0.1, decay: 1 }
datasets:
  rows: { synthetic: problems, rows: 9 }
  ask: { synthetic: vaults, rows: 9, answer: comply }
recipes:
  quick: { lr: 1e-3, steps: 2 }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  harmful: { from: aligned, to: harmful }
  onwards: { from: useful, to: harmful }
  still: { from: aligned, to: perturbed }
subspaces:
  top-k: { kind: top-k, of: alignment }
  own: { kind: top-k, of: useful }
  random: { kind: random, like: alignment, seeds: [1, 2] }
sweeps:
  parallel: { project: [useful, still], onto: [top-k, own, random], mode: parallel, fractions: [0.5, 1], measure: [energy, nll] }
metrics:
  overlap: { kind: mso, pairs: [[useful, harmful], [useful, alignment], [still, alignment], [onwards, still]], energies: [0.9] }
  geometry: { kind: cosine, pairs: [[useful, harmful], [still, alignment]] }
  nll: { kind: loss, on: rows, models: [aligned, useful, again, half] }
  apart: { kind: kl, on: ask, reference: useful, models: [aligned, harmful] }
claims:
  above: { kind: above-baseline, metric: overlap }
${more}`;

const several = lab('seeds: [1, 2, 3]');
const keys = await keysOf(several);

function stepOf(keyed: ReadonlyMap<string, Keyed>, id: string): Step {
  const found = keyed.get(id);
  assert.ok(found, `there is no step ${id}`);
  return found.step;
}

test('what is made from a model of training seeds has one step a seed, and everything else one step', () => {
  const counts = new Map<string, number>();
  for (const id of keys.keys()) counts.set(withoutTrainingSeed(id), (counts.get(withoutTrainingSeed(id)) ?? 0) + 1);
  const ofSeeds = [
    'train[useful]',
    'train[again]',
    'project[half]',
    'loss[nll,useful]',
    'loss[nll,half]',
    'next-token[apart,useful]',
  ];
  const shared = [
    'init[base]',
    'train[aligned]',
    'tokenise[useful]',
    'tokenise[nll,base]',
    'loss[nll,aligned]',
    'energy-table',
    'report',
    'claims',
  ];
  const tensor = 'model.layers.0.self_attn.q_proj.weight';
  ofSeeds.push(`svd[useful,${tensor}]`, `svd[onwards,${tensor}]`, `overlap[useful,harmful,${tensor}]`);
  ofSeeds.push(
    `overlap[useful,alignment,${tensor}]`,
    `energy[still,own,parallel,right,${tensor}]`,
    'kl[apart,aligned]',
  );
  shared.push(
    `svd[alignment,${tensor}]`,
    `overlap[still,alignment,${tensor}]`,
    `energy[still,top-k,parallel,right,${tensor}]`,
  );
  const countOf = (ids: readonly string[]) => ids.map((id) => [id, counts.get(id) ?? 0]);
  assert.equal(
    countOf(ofSeeds),
    ofSeeds.map((id) => [id, id.startsWith('project') ? 0 : 3]),
  );
  assert.equal(
    countOf(shared).filter(([id]) => id !== 'tokenise[nll,base]'),
    shared.filter((id) => id !== 'tokenise[nll,base]').map((id) => [id, 1]),
  );
});

test('the order in which training seeds are listed changes no key, no row and no order of steps', async () => {
  const listed = await keysOf(
    lab('seeds: [3, 1, 2]').replace('like: alignment, seeds: [1, 2]', 'like: alignment, seeds: [2, 1]'),
  );
  assert.equal(
    [...listed].map(([id, { key }]) => [id, key]),
    [...keys].map(([id, { key }]) => [id, key]),
  );
});

test('models go together by equal training seeds, never crossed', () => {
  for (const [id, { step }] of keys) {
    const seeds = new Set(
      Object.values(step.inputs).flatMap(({ node }) => /^training_seed=(\d+)\//.exec(node)?.[1] ?? []),
    );
    const own = /^training_seed=(\d+)\//.exec(id)?.[1];
    if (own !== undefined) assert.ok(seeds.size === 0 || (seeds.size === 1 && seeds.has(own)), id);
    else
      assert.ok(
        seeds.size === 0 ||
          [
            ...'energy-table overlap-table cosine-table evaluation-table loss-table data-table claims'.split(' '),
          ].includes(id),
        id,
      );
  }
});

test('a model of a list has the keys of one with that seed alone, and so has all that is made from it', async () => {
  for (const seed of [1, 2, 3]) {
    const alone = await keysOf(lab(`seed: ${seed}`));
    let compared = 0;
    for (const [id, { key }] of alone) {
      const own = keys.get(`training_seed=${seed}/${id}`) ?? keys.get(id);
      assert.ok(own, id);
      if (['Tables', 'Report'].includes(own.step.group)) continue;
      assert.is(own.key, key, id);
      compared++;
    }
    assert.ok(compared > 100);
  }
});

test('one more seed adds its own steps and moves the tables alone', async () => {
  const fewer = await keysOf(lab('seeds: [1, 2]'));
  const news = [...keys].filter(([id, { key }]) => fewer.get(id)?.key !== key).map(([id]) => id);
  const tables = [
    'energy-table',
    'overlap-table',
    'cosine-table',
    'evaluation-table',
    'claims',
    'loss-table',
    'data-table',
    'figures',
    'tables',
    'report',
  ];
  assert.equal(
    news.filter((id) => !id.startsWith('training_seed=3/')),
    tables,
  );
  assert.equal(
    [...fewer.keys()].filter((id) => !keys.has(id)),
    [],
  );
});

test('a list of one seed is fanned out as any other', async () => {
  const one = await keysOf(lab('seeds: [2]'));
  const { rows } = stepOf(one, 'evaluation-table').params as EvaluationTableParams;
  assert.is(one.get('training_seed=2/train[useful]')?.key, keys.get('training_seed=2/train[useful]')?.key);
  assert.equal(new Set(rows.map(({ trainingSeed }) => trainingSeed)), new Set([undefined, 2]));
});

test('rows stand in tables once a training seed, and those that depend on none once', () => {
  const energy = (stepOf(keys, 'energy-table').params as EnergyTableParams).rows;
  const text = ({ update, subspace, seed, trainingSeed }: (typeof energy)[number]) =>
    [update, subspace, seed, trainingSeed ?? null].join(' ');
  assert.equal(energy.map(text), [
    ...['useful top-k  1', 'useful top-k  2', 'useful top-k  3', 'useful own  1', 'useful own  2', 'useful own  3'],
    ...[
      'useful random 1 1',
      'useful random 1 2',
      'useful random 1 3',
      'useful random 2 1',
      'useful random 2 2',
      'useful random 2 3',
    ],
    ...['still top-k  ', 'still own  1', 'still own  2', 'still own  3', 'still random 1 ', 'still random 2 '],
  ]);
  const { models, trainingSeeds } = stepOf(keys, 'loss-table').params as LossTableParams;
  assert.equal(
    models.map((model, index) => `${model} ${trainingSeeds?.[index] ?? ''}`),
    [
      'again 1',
      'again 2',
      'again 3',
      'aligned ',
      'harmful 1',
      'harmful 2',
      'harmful 3',
      'useful 1',
      'useful 2',
      'useful 3',
    ],
  );
});

test('every input of a row of a table is of the seed of the row', () => {
  for (const table of ['energy-table', 'overlap-table', 'cosine-table', 'evaluation-table']) {
    const { params, inputs } = stepOf(keys, table);
    const { rows } = params as unknown as { readonly rows: readonly { readonly trainingSeed?: number }[] };
    const seeds = rows.map(() => new Set<string>());
    for (const [name, { node }] of Object.entries(inputs)) {
      const seed = /^training_seed=(\d+)\//.exec(node)?.[1];
      if (seed !== undefined) seeds[Number(name.split('/')[0])]!.add(seed);
    }
    assert.equal(
      seeds.map((set) => [...set].join()),
      rows.map(({ trainingSeed }) => `${trainingSeed ?? ''}`),
    );
  }
});

test('claims read the measurements of all training seeds', async () => {
  const keyed = await keysOf(
    lab('seeds: [1, 2]', '  falls: { kind: falling-together, sweep: parallel, metrics: [nll, nll2], tolerance: 0.2 }\n')
      .replace('apart:', 'nll2: { kind: loss, on: ask, models: [aligned, useful, perturbed] }\n  apart:')
      .replace('measure: [energy, nll]', 'measure: [energy, nll, nll2]'),
  );
  const { rows } = stepOf(keyed, 'claims').params as ClaimsParams;
  const whole = rows.filter(({ model, metric }) => model !== null && metric === 'nll');
  assert.equal(
    whole.map(({ model, trainingSeed }) => `${model} ${trainingSeed ?? ''}`),
    ['again 1', 'again 2', 'aligned ', 'base ', 'half 1', 'half 2', 'perturbed ', 'useful 1', 'useful 2'],
  );
});

test('how many models a metric measures counts those of every training seed', async () => {
  const { responseSets } = await planOf(several);
  const { rows } = stepOf(keys, 'evaluation-table').params as EvaluationTableParams;
  for (const metric of ['nll', 'apart']) {
    assert.is(responseSets.get(metric), rows.filter((row) => row.metric === metric).length);
  }
});

test('the candidates of a direction have a file a training seed', async () => {
  const select = 'select: { prompts: [ask, rows], refusals: [sorry], depth: 1 }';
  const told = `told: { kind: difference, model: useful, prompts: [ask, rows], template: raw, ${select} }`;
  const text = lab('seeds: [1, 2]')
    .replace('  own:', () => `  ${told}\n  own:`)
    .replace('onto: [top-k, own, random]', 'onto: [top-k, told]');
  const files = (await planOf(text)).results.filter(({ file }) => file.startsWith('directions/'));
  assert.equal(
    files.map(({ file, node }) => [file, node]),
    [1, 2].map((seed) => [`directions/told,training_seed=${seed}.csv`, `training_seed=${seed}/select-direction[told]`]),
  );
});

test('a target without a training seed means the steps of all', async () => {
  const plan = await planOf(several);
  assert.equal(
    [...matchingSteps(plan, 'train[useful]')],
    [1, 2, 3].map((seed) => `training_seed=${seed}/train[useful]`),
  );
  assert.equal([...matchingSteps(plan, 'training_seed=2/train[*]')].length, 3);
  assert.ok(matchingSteps(plan, 'models.useful').has('training_seed=3/train[useful]'));
});

test.run();
