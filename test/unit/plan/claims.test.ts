import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../src/plan/expand.js';
import type { Plan } from '../../../src/plan/plan.js';
import { selectTargets } from '../../../src/plan/targets.js';
import type { ClaimsParams } from '../../../src/steps/claims.js';
import { keysOf, moved, planOf, workflowOf } from './keyed-plan.js';
import { changed, idsOf, stepOf } from './measured-lab.js';

/** What a workflow expects to find. */

const claims: Readonly<Record<string, string>> = {
  linear: '{ kind: linear-energy, sweep: parallel }',
  stronger:
    '{ kind: stronger-than-random, sweep: parallel, metric: utility, subspace: top-k, than: [random-k, random] }',
  together: '{ kind: falling-together, sweep: parallel, metrics: [harm, utility], tolerance: 0.1 }',
  above: '{ kind: above-baseline, metric: overlap }',
  highest: '{ kind: highest-pair, metric: hidden, pair: [examples, gsm8k] }',
};

const metrics = `metrics:
  overlap: { kind: mso, pairs: [[useful, harmful], [useful, alignment]], energies: [0.9, 0.5] }
  hidden: { kind: activation-mso, models: [aligned, useful], prompts: [gsm8k, advbench, examples], layers: [0.5, 1], energies: [0.5] }
  nll: { kind: loss, on: gsm8k, models: base }
`;

function lab(...names: readonly string[]): string {
  const text = changed(
    ['project: useful\n', 'project: [useful, harmful]\n'],
    ['onto: [top-k]', 'onto: [top-k, random-k, random]'],
    ['fractions: [0.5, 0.1]', 'fractions: [0.5, 0.1, 0.9]'],
    ['metrics:\n', metrics],
  );
  return `${text}${names.length > 0 ? 'claims:\n' : ''}${names.map((name) => `  ${name}: ${claims[name]}\n`).join('')}`;
}

const params = (plan: Plan) => stepOf(plan, 'claims').params as ClaimsParams;
const claimIn = async (name: string) => params(await planOf(lab(name))).claims[0];
const parallel = {
  updates: ['useful', 'harmful'],
  subspaces: ['top-k', 'random-k', 'random'],
  mode: 'parallel',
  side: 'right',
  fractions: [0.5, 0.1, 0.9],
};
const ends = { useful: { from: 'aligned', to: 'useful' }, harmful: { from: 'aligned', to: 'harmful' } };

test('a claim knows which subspaces have sides of their own', async () => {
  const refusal = 'refusal: { kind: difference, model: aligned, prompts: [advbench, gsm8k], layer: 1, template: raw }';
  const text = lab('linear')
    .replace('subspaces:\n', `subspaces:\n  ${refusal}\n`)
    .replace('onto: [top-k, random-k, random]', 'onto: [top-k, refusal]');
  const { claims: planned } = stepOf(await planOf(text), 'claims').params as ClaimsParams;
  const { sweep } = planned[0]!.claim as { readonly sweep: object };
  assert.equal(sweep, { ...parallel, subspaces: ['top-k', 'refusal'], ownSided: ['refusal'] });
});

test('a claim comes with what the names in it stand for', async () => {
  assert.equal(await claimIn('linear'), {
    name: 'linear',
    activations: null,
    claim: { kind: 'linear-energy', sweep: parallel, tolerance: 0.05 },
  });
  assert.equal(await claimIn('stronger'), {
    name: 'stronger',
    activations: null,
    claim: {
      kind: 'stronger-than-random',
      sweep: { ...parallel, ends },
      metric: 'utility',
      subspace: 'top-k',
      than: ['random-k', 'random'],
    },
  });
  assert.equal(await claimIn('together'), {
    name: 'together',
    activations: null,
    claim: {
      kind: 'falling-together',
      sweep: { ...parallel, ends },
      metrics: ['harm', 'utility'],
      tolerance: 0.1,
    },
  });
  assert.equal(await claimIn('above'), {
    name: 'above',
    activations: null,
    claim: {
      kind: 'above-baseline',
      of: { models: [null], pairs: ['useful:harmful', 'useful:alignment'], energies: [0.9, 0.5] },
    },
  });
  assert.equal(await claimIn('highest'), {
    name: 'highest',
    activations: 'hidden',
    claim: {
      kind: 'highest-pair',
      of: {
        models: ['aligned', 'useful'],
        pairs: ['gsm8k:advbench', 'gsm8k:examples', 'advbench:examples'],
        energies: [0.5],
      },
      pair: 'gsm8k:examples',
    },
  });
});

test('all claims are judged by one step, from the tables and the scores of what they are about', async () => {
  const plan = await planOf(lab(...Object.keys(claims)));
  assert.equal(idsOf(plan, 'claims'), ['claims']);
  const { inputs } = stepOf(plan, 'claims');
  const { rows, claims: judged } = params(plan);
  assert.equal(
    judged.map(({ name }) => name),
    ['above', 'highest', 'linear', 'stronger', 'together'],
  );
  const files = ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv', 'activations.csv'];
  assert.equal(
    Object.keys(inputs).filter((name) => !name.includes('/')),
    files,
  );
  assert.equal(inputs['energy-by-tensor.csv'], { node: 'energy-table', output: 'energy-by-tensor.csv' });
  // Four models beside the sweep, and its two updates × four controls × three fractions; nobody claims a loss.
  assert.is(rows.length, 2 * (4 + 2 * 4 * 3));
  assert.equal([...new Set(rows.map(({ metric }) => metric))], ['harm', 'utility']);
  assert.is(Object.keys(inputs).length, files.length + rows.length);
  for (const [index, { metric, model, update, subspace, seed: drawn, mode, side, fraction }] of rows.entries()) {
    const control = drawn === null ? subspace : `${subspace}#${drawn}`;
    const what = model ?? [update, control, mode, side, fraction].join();
    const kind = metric === 'harm' ? 'judge' : 'exact-match';
    assert.equal(inputs[`${index}/scores`], { node: `${kind}[${metric},${what}]`, output: 'scores' });
  }
  assert.equal(rows[0], {
    model: 'aligned',
    update: null,
    subspace: null,
    seed: null,
    mode: null,
    side: null,
    fraction: null,
    metric: 'harm',
    kind: 'judge',
  });
  assert.equal(
    plan.results.filter(({ node }) => node === 'claims'),
    [{ file: 'claims.csv', node: 'claims', output: 'claims.csv' }],
  );
  assert.equal(stepOf(plan, 'report').inputs['claims.csv'], { node: 'claims', output: 'claims.csv' });
});

test('claims of energy and overlap read no scores', async () => {
  const plan = await planOf(lab('linear', 'above'));
  assert.equal(params(plan).rows, []);
  assert.equal(Object.keys(stepOf(plan, 'claims').inputs), ['energy-by-tensor.csv', 'overlap.csv']);
});

test('a claim about a named score reads the scores of its metric', async () => {
  const text = lab('together').replace('metrics: [harm, utility]', 'metrics: [harm.share-of-5, utility]');
  const plan = await planOf(text);
  const { rows, claims: judged } = params(plan);
  const { claim } = judged[0]!;
  assert.equal(claim.kind === 'falling-together' && claim.metrics, ['harm.share-of-5', 'utility']);
  const harm = rows.findIndex(({ metric }) => metric === 'harm.share-of-5');
  assert.is(rows[harm]!.score, 'share-of-5');
  assert.equal(stepOf(plan, 'claims').inputs[`${harm}/scores`], { node: 'judge[harm,aligned]', output: 'scores' });
  assert.ok(rows.every(({ metric, score }) => (metric === 'utility') === (score === undefined)));
});

test('another tolerance judges again, and measures nothing', async () => {
  const before = await keysOf(lab('together'));
  const after = await keysOf(lab('together').replace('tolerance: 0.1', 'tolerance: 0.3'));
  assert.equal(moved(before, after), ['claims', 'figures', 'tables', 'report']);
});

test('a claim is a target: what it needs, and nothing that it does not', async () => {
  const plan = await planOf(lab('linear'));
  const steps = selectTargets(plan, ['claims.linear']).map(({ kind }) => kind);
  assert.is(steps.at(-1), 'claims');
  for (const kind of ['generate', 'activations', 'overlap', 'report']) assert.not.ok(steps.includes(kind), kind);
});

test('a workflow without claims has no such step; claims wait as long as anything is unknown', async () => {
  assert.equal(idsOf(await planOf(lab()), 'claims'), []);
  const hub = lab('above').replace('base: { init: { family: llama, hidden: 8, layers: 2, heads: 2, mlp: 12, vocabulary: 16 } }', 'base: { hub: org/base }'); // biome-ignore format: one line
  const plan = expand(await workflowOf(hub), { models: new Map(), commits: new Map() });
  assert.ok(plan.deferred.some(({ what, models }) => what === 'claims' && models.join() === 'base'));
  assert.equal(idsOf(plan, 'claims'), []);
});

test.run();
