import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../src/plan/expand.js';
import { hubInUse } from '../../../src/plan/hub-in-use.js';
import { workflowToExport } from '../../../src/run/export.js';
import type { ProjectedModel } from '../../../src/steps/recipes/projected.js';
import type { Update } from '../../../src/workflow/updates.js';
import type { Model } from '../../../src/workflow/workflow.js';
import { factsOf, keysOf, planOf, workflowOf } from './keyed-plan.js';
import { areAdjacent, changed, idsOf, stepOf } from './measured-lab.js';
import { modelFacts, sampleFacts, sampleWorkflow } from './sample-workflow.js';

/** Models with a part of an update: made in memory where they are measured, written where something is made of them. */

const half = 'half: { project: useful, onto: random-k, seed: 2, mode: orthogonal, fraction: 0.25 }';

function lab(models: readonly string[], ...changes: readonly (readonly [string, string])[]): string {
  const added = models.map((model) => `  ${model}\n`).join('');
  return changed(['datasets:\n', `${added}datasets:\n`], ['[energy, utility, harm]', '[energy]'], ...changes);
}

const measuring = ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: half }\n'] as const;
const unknown = { models: new Map(), commits: new Map() };

test('a projected model that is only measured is not written', async () => {
  const plan = await planOf(lab([half], measuring));
  assert.equal(idsOf(plan, 'project'), []);
  const { ranks, ...how } = stepOf(plan, 'loss[nll,half]').params.model as ProjectedModel;
  assert.equal(how, { kind: 'projected', mode: 'orthogonal', side: 'right', permute: 2 });
  assert.is(ranks['model.embed_tokens.weight'], 2);
  assert.ok(areAdjacent(plan, ['tokenise[nll,aligned]', 'loss[nll,half]']));
});

test('a rank of a projected model is that of every tensor, and its model is that of a fraction of the same ranks', async () => {
  const of = (extent: string) => `half: { project: useful, onto: top-k, mode: parallel, ${extent} }`;
  const modelOf = async (extent: string) =>
    stepOf(await planOf(lab([of(extent)], measuring)), 'loss[nll,half]').params.model as ProjectedModel;
  const whole = await modelOf('fraction: 1');
  assert.equal(await modelOf('rank: 100000'), whole);
  const { ranks } = await modelOf('rank: 3');
  assert.equal(
    Object.entries(ranks),
    Object.entries(whole.ranks).map(([tensor, rankMax]) => [tensor, Math.min(3, rankMax as number)]),
  );
});

test('a projected model that nothing uses leaves no step', async () => {
  const [with_, without] = [await planOf(lab([half])), await planOf(lab([]))];
  assert.equal(idsOf(with_, 'svd', 'energy'), idsOf(without, 'svd', 'energy'));
  assert.is(with_.steps.length, without.steps.length);
});

test('what is made of a projected model has it written, with the tensors and files of the model it starts from', async () => {
  const plan = await planOf(
    lab(
      [half, 'more: { perturb: half, seed: 9, norm: 0.1, decay: 1 }'],
      ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: more }\n'],
    ),
  );
  assert.equal(idsOf(plan, 'project'), ['project[half]']);
  const { params, inputs, group, origin } = stepOf(plan, 'project[half]');
  const measured = stepOf(await planOf(lab([half], measuring)), 'loss[nll,half]');
  assert.equal(params, { model: measured.params.model });
  const { tokens: _, ...made } = measured.inputs;
  assert.equal(inputs, made);
  assert.equal([group, origin], ['Model half', 'models.half']);
  assert.equal(stepOf(plan, 'perturb[more]').inputs, { parent: { node: 'project[half]', output: '*' } });
  assert.equal(stepOf(plan, 'tokenise[nll,more]').inputs.config, { node: 'perturb[more]', output: 'file/config.json' });
});

test('a point of a sweep and the same projected model by name have the same keys', async () => {
  const named = 'point: { project: useful, onto: top-k, mode: parallel, fraction: 0.5 }';
  const keys = await keysOf(
    changed(['datasets:\n', `  ${named}\ndatasets:\n`], ['fewshot: {', 'models: point, fewshot: {']),
  );
  for (const kind of ['generate', 'exact-match']) {
    const [byName, byPoint] = ['point', 'useful,top-k,parallel,right,0.5'].map((what) =>
      keys.get(`${kind}[utility,${what}]`),
    );
    assert.ok(byName && byPoint);
    assert.is(byName!.key, byPoint!.key);
  }
});

test('an update may lead to a projected model, and a projected model may be made of such an update', async () => {
  const text = lab(
    [half, 'again: { project: removed, onto: of-removed, mode: parallel, fraction: 0.5, side: left }'],
    ['subspaces:\n', '  removed: { from: useful, to: half }\nsubspaces:\n  of-removed: { kind: top-k, of: removed }\n'],
    ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: again }\n'],
  );
  const plan = await planOf(text);
  assert.equal(idsOf(plan, 'project'), ['project[half]']);
  const { inputs } = stepOf(plan, 'loss[nll,again]');
  assert.equal(inputs.to, { node: 'project[half]', output: '*' });
  assert.equal(inputs['basis/lm_head.weight'], { node: 'svd[removed,lm_head.weight]', output: 'u' });
  assert.equal(stepOf(plan, 'svd[removed,model.norm.weight]').inputs.to, {
    node: 'project[half]',
    output: 'tensor/model.norm.weight',
  });
});

test('a tied head that is stored is not in the projected model', () => {
  const tied = modelFacts({ 'model.embed_tokens.weight': [8, 4], 'lm_head.weight': [8, 4], steps: [4] }, { tied: true, other: { steps: 'I64' } }); // biome-ignore format: one line
  const workflow = sampleWorkflow({
    models: {
      base: path('base'),
      aligned: path('aligned'),
      useful: path('useful'),
      half: projection('useful'),
    },
    updates: {
      alignment: { from: 'base', to: 'aligned' },
      useful: { from: 'aligned', to: 'useful' },
      removed: { from: 'half', to: 'useful' },
    },
    sweeps: {},
    metrics: { overlap: { kind: 'mso', pairs: [['removed', 'alignment']], energies: [0.5] } },
  });
  const plan = expand(workflow, sampleFacts({ base: tied, aligned: tied, useful: tied }));
  assert.equal(idsOf(plan, 'overlap'), ['overlap[removed,alignment,model.embed_tokens.weight]']);
  const { ranks } = stepOf(plan, 'project[half]').params.model as ProjectedModel;
  assert.equal(ranks, { 'model.embed_tokens.weight': 2 });
});

const path = (name: string) => ({ kind: 'path', path: `/models/${name}` }) as const;
const projection = (update: string) =>
  ({ kind: 'projected', update, onto: 'top-k', mode: 'parallel', side: 'right', extent: { fraction: 0.5 }, seed: null }) as const; // biome-ignore format: one line

test('projected models made of projected models form a chain of any length', () => {
  const length = 3000;
  type Bare<T> = T extends unknown ? Omit<T, 'name' | 'range'> : never;
  const models: Record<string, Bare<Model>> = { base: path('base'), aligned: path('aligned'), useful: path('useful') };
  const updates: Record<string, Bare<Update>> = { alignment: { from: 'base', to: 'aligned' } };
  for (let index = 0; index < length; index++) {
    updates[`u${index}`] = { from: 'base', to: index === 0 ? 'useful' : `m${index - 1}` };
    models[`m${index}`] = projection(`u${index}`);
  }
  const workflow = { ...sampleWorkflow({ models, updates, sweeps: {}, metrics: {} }), exports: [`m${length - 1}`] };
  const plan = expand(workflow, sampleFacts());
  assert.is(idsOf(plan, 'project').length, length);
  assert.is(idsOf(plan, 'svd').length, 2);
  assert.is(plan.exports.get(`m${length - 1}`), `project[m${length - 1}]`);
});

test('a projected model of a workflow that measures and claims can be exported: nothing else is done for it', async () => {
  const claims = 'claims:\n  linear: { kind: linear-energy, sweep: parallel }\n';
  const text = lab([half], measuring, ['fractions: [0.5, 0.1]', 'fractions: [0.5, 0.1, 0.9]']) + claims;
  const workflow = workflowToExport(await workflowOf(text), { exports: ['half'] });
  const plan = expand(workflow, factsOf(workflow));
  assert.equal([...plan.exports], [['half', 'project[half]']]);
  assert.equal([...new Set(plan.steps.map(({ kind }) => kind))], ['init', 'perturb', 'svd', 'project']);
  assert.ok(idsOf(plan, 'svd').every((id) => id.startsWith('svd[alignment,')));
  assert.equal(plan.results, []);
});

test('a projected model waits for all that it is made of', async () => {
  const hub = ['harmful: { perturb: aligned, seed: 4, norm: 0.1, decay: 1 }', 'harmful: { hub: org/harmful }'] as const;
  const onto = ['subspaces:\n', 'subspaces:\n  of-harmful: { kind: top-k, of: harmful }\n'] as const;
  const of = 'half: { project: useful, onto: of-harmful, mode: parallel, fraction: 0.5 }';
  const workflow = await workflowOf(lab([of], hub, onto, measuring));
  assert.equal(
    hubInUse(workflow).map(({ name }) => name),
    ['harmful'],
  );
  const plan = expand(workflow, unknown);
  assert.equal(plan.deferred, [
    { what: 'metrics.nll', models: ['harmful'] },
    { what: 'evaluation-table', models: ['harmful'] },
    { what: 'report', models: ['harmful'] },
  ]);
  const exported = expand(workflowToExport(workflow, { exports: ['half'] }), unknown);
  assert.equal(exported.deferred, [{ what: 'models.half', models: ['harmful'] }]);
  assert.equal([...exported.exports], []);
});

test('published code projects from the left in F16, and a fraction of 1 onto the matrix the subspace is made of', async () => {
  const made = async (subspace: string) => {
    const whole = `half: { project: useful, onto: ${subspace}, mode: parallel, fraction: 1 }`;
    const plan = await planOf(lab([whole], measuring), { semantics: 'reference' });
    const { params, inputs } = stepOf(plan, 'loss[nll,half]');
    const { ranks, ...how } = params.model as ProjectedModel;
    for (const [tensor, rank] of Object.entries(ranks)) assert.is(rank, tensor.includes('norm') ? 1 : null);
    return { how, inputs: Object.keys(inputs).filter((name) => !name.includes('/')) };
  };
  const how = {
    kind: 'projected',
    mode: 'parallel',
    side: 'left',
    heldAs: 'F16',
    castUpdate: 'F16',
    zeroAsUnits: true,
  };
  assert.equal(await made('top-k'), { how, inputs: ['from', 'to', 'onto-from', 'onto-to', 'tokens'] });
  assert.equal(await made('random'), { how: { ...how, gaussian: 1 }, inputs: ['from', 'to', 'tokens'] });
});

test.run();
