import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import type { ModelFacts } from '../../../src/plan/facts.js';
import { workflowToExport } from '../../../src/run/export.js';
import type { EvaluationTableParams } from '../../../src/steps/evaluation-table.js';
import type { CombinedModel } from '../../../src/steps/recipes/combined.js';
import type { ReportParams } from '../../../src/steps/report.js';
import type { Term } from '../../../src/workflow/models/term.js';
import { keysOf, moved, planOf, workflowOf } from './keyed-plan.js';
import { changed, idsOf, stepOf } from './measured-lab.js';
import { modelFacts, range, sampleFacts, sampleWorkflow } from './sample-workflow.js';

/** Combined models: made in memory where they are measured, written where something is made of them. */

const dare = 'made: { combine: useful, terms: [{ update: alignment, times: 0.5, dare: { drop: 0.3, seed: 1 } }] }';
const measuring = ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: made }\n'] as const;

function lab(model: string, ...changes: readonly (readonly [string, string])[]): string {
  return changed(
    ['datasets:\n', `  ${model}\ndatasets:\n`],
    ['[energy, utility, harm]', '[energy]'],
    ['sweeps:\n', 'sweeps:\n'],
    measuring,
    ...changes,
  );
}

const withTerms = (terms: string, base = 'useful') => lab(`made: { combine: ${base}, terms: [${terms}] }`);

async function recipeOf(text: string): Promise<{ model: CombinedModel; inputs: Record<string, unknown> }> {
  const { params, inputs } = stepOf(await planOf(text), 'loss[nll,made]');
  return { model: params.model as CombinedModel, inputs };
}

test('a combined model that is only measured is not written', async () => {
  const plan = await planOf(lab(dare));
  assert.equal(idsOf(plan, 'project'), []);
  const { params, inputs } = stepOf(plan, 'loss[nll,made]');
  const { terms, ...rest } = params.model as CombinedModel;
  assert.equal(rest, { kind: 'combined' });
  const [{ tensors, ...term } = { tensors: [] as readonly string[] }] = terms as readonly {
    tensors: readonly string[];
  }[];
  assert.equal(term, { kind: 'update', times: 0.5, dare: { drop: 0.3, seed: 1 } });
  assert.is(tensors.length, 21);
  assert.ok(tensors.includes('model.norm.weight'));
  const { tokens: _, ...own } = inputs;
  assert.equal(own, {
    origin: { node: 'perturb[useful]', output: '*' },
    'term/0/from': { node: 'init[base]', output: '*' },
    'term/0/to': { node: 'perturb[aligned]', output: '*' },
  });
});

test('what is made of a combined model has it written, and an export does nothing else', async () => {
  const plan = await planOf(lab(dare, ['models: made', 'models: more'], ['datasets:\n', '  more: { perturb: made, seed: 9, norm: 0.1, decay: 1 }\ndatasets:\n'])); // biome-ignore format: one line
  assert.equal(idsOf(plan, 'project'), ['project[made]']);
  const { params, inputs, group, origin } = stepOf(plan, 'project[made]');
  const measured = stepOf(await planOf(lab(dare)), 'loss[nll,made]');
  const { tokens: _, ...made } = measured.inputs;
  assert.equal([params, inputs], [{ model: measured.params.model }, made]);
  assert.equal([group, origin], ['Model made', 'models.made']);
  assert.equal(stepOf(plan, 'perturb[more]').inputs, { parent: { node: 'project[made]', output: '*' } });

  const workflow = workflowToExport(await workflowOf(lab(dare)), { exports: ['made'] });
  const exported = expand(workflow, { models: new Map(), commits: new Map() });
  assert.equal([...exported.exports], [['made', 'project[made]']]);
  assert.equal(idsOf(exported, 'init', 'perturb', 'svd', 'project').length, exported.steps.length);
  assert.equal(idsOf(exported, 'svd'), []);
});

test('a rank cut takes the decompositions of its own update, of matrices alone', async () => {
  const { model, inputs } = await recipeOf(withTerms('{ update: alignment, times: 2, rank: 6 }'));
  const [cut, whole] = model.terms as [
    Extract<CombinedModel['terms'][0], { kind: 'projected' }>,
    { tensors: string[] },
  ];
  const { ranks, ...of } = cut.of;
  assert.equal([cut.times, of], [2, { kind: 'projected', mode: 'parallel', side: 'left' }]);
  assert.ok(Object.values(ranks).every((rank) => rank === 6));
  // Those of a norm, and matrices whose rank is no larger.
  assert.ok(whole.tensors.includes('model.norm.weight') && !whole.tensors.some((name) => name in ranks));
  const name = 'model.layers.0.mlp.up_proj.weight';
  assert.equal(inputs[`term/0/basis/${name}`], { node: `svd[alignment,${name}]`, output: 'u' });
  assert.equal(inputs[`term/0/s/${name}`], { node: `svd[alignment,${name}]`, output: 's' });
  assert.not.ok(`term/0/basis/model.norm.weight` in inputs);

  const plan = await planOf(withTerms('{ update: alignment, times: 2, rank: 0 }'));
  const all = stepOf(plan, 'loss[nll,made]').params.model as CombinedModel;
  assert.equal(all, (await recipeOf(withTerms('{ update: alignment, times: 2 }'))).model);
  const still = (await recipeOf(withTerms('{ update: alignment, times: 2, rank: 6, vectors: false }'))).model;
  assert.is(still.terms.length, 1);
});

test('another times makes the model anew, and nothing else', async () => {
  for (const term of [
    'update: alignment, times: 1, rank: 6',
    'update: useful, times: 1, onto: top-k, mode: parallel, fraction: 0.5',
    'noise: {}, times: 1',
  ]) {
    const before = await keysOf(withTerms(`{ ${term} }`));
    const after = await keysOf(withTerms(`{ ${term.replace('times: 1', 'times: 0.5')} }`));
    assert.equal(
      moved(before, after).filter((id) => !['figures', 'tables', 'report'].includes(id)),
      ['loss[nll,made]', 'evaluation-table'],
      term,
    );
  }
});

test('a projected term takes the bases of the subspace, of chosen tensors alone', async () => {
  const term = "{ update: useful, times: -1, onto: random-k, seed: 2, mode: orthogonal, fraction: 0.5, tensors: ['*q_proj*', '*norm*'], except: '*.1.*', vectors: false }"; // biome-ignore format: one line
  const plan = await planOf(withTerms(term));
  const { params, inputs } = stepOf(plan, 'loss[nll,made]');
  const name = 'model.layers.0.self_attn.q_proj.weight';
  assert.equal((params.model as CombinedModel).terms, [
    {
      kind: 'projected',
      times: -1,
      of: { kind: 'projected', mode: 'orthogonal', side: 'right', ranks: { [name]: 4 }, permute: 2 },
    },
  ]);
  const { tokens: _, ...own } = inputs;
  assert.equal(Object.keys(own), ['origin', 'term/0/from', 'term/0/to', `term/0/basis/${name}`, `term/0/s/${name}`]);
});

test('noise is of matrices', async () => {
  const { model, inputs } = await recipeOf(withTerms("{ noise: { seed: 4 }, times: 0.1, except: '*head*' }"));
  const [term] = model.terms as readonly { tensors: readonly string[] }[];
  assert.equal({ ...term, tensors: [] }, { kind: 'noise', times: 0.1, seed: 4, tensors: [] });
  assert.is(term!.tensors.length, 15);
  assert.not.ok(term!.tensors.some((name) => name.includes('norm') || name.includes('head')));
  assert.equal(Object.keys(inputs), ['origin', 'tokens']);
});

test('a model that nothing is added to is the model itself', async () => {
  const nothing = '{ update: alignment, times: 0, rank: 6 }, { noise: {}, times: 0 }';
  const plan = await planOf(withTerms(nothing));
  assert.equal(stepOf(plan, 'loss[nll,made]').params.model, { kind: 'whole' });
  assert.equal(stepOf(plan, 'loss[nll,made]').inputs.model, { node: 'perturb[useful]', output: '*' });
  const more = ['datasets:\n', '  more: { perturb: made, seed: 9, norm: 0.1, decay: 1 }\ndatasets:\n'] as const;
  const made = await planOf(
    lab(`made: { combine: useful, terms: [${nothing}] }`, ['models: made', 'models: more'], more),
  );
  assert.equal(stepOf(made, 'perturb[more]').inputs.parent, { node: 'perturb[useful]', output: '*' });
});

test('in reference semantics weights are held as F16', async () => {
  const made = async (term: string) => {
    const plan = await planOf(withTerms(term), { semantics: 'reference' });
    return stepOf(plan, 'loss[nll,made]').params.model as CombinedModel;
  };
  assert.is((await made('{ update: alignment, times: 1 }')).heldAs, 'F16');
  const { terms } = await made('{ update: alignment, times: 1, rank: 6, vectors: false }');
  assert.is((terms[0] as { of: { heldAs?: string } }).of.heldAs, 'F16');
});

test('what does not fit the model is refused by name', () => {
  const shapes = { 'model.embed_tokens.weight': [8, 4], 'model.norm.weight': [4] };
  const other = modelFacts({ ...shapes, 'model.embed_tokens.weight': [9, 4] });
  const longer = modelFacts({ ...shapes, 'extra.weight': [3, 3] });
  const same = modelFacts(shapes);
  const message = (term: Partial<Term>, base: ModelFacts): string => {
    const workflow = sampleWorkflow({
      models: {
        base: path('base'),
        aligned: path('aligned'),
        useful: path('useful'),
        made: {
          kind: 'combine',
          base: 'useful',
          terms: [{ kind: 'update', update: 'alignment', times: 1, vectors: true, part: null, ...term } as Term], // biome-ignore format: one line
        },
      },
      updates: { alignment: { from: 'base', to: 'aligned' }, change: { from: 'base', to: 'made' } },
      sweeps: {},
      subspaces: {},
      metrics: { overlap: { kind: 'mso', pairs: [['change', 'alignment']], energies: [0.5] } },
    });
    try {
      expand(workflow, sampleFacts({ base: same, aligned: same, useful: base }));
    } catch (error) {
      assert.instance(error, InvalidWorkflowError);
      return (error as InvalidWorkflowError).diagnostics[0]!.message;
    }
    return '';
  };
  assert.is(
    message({}, other),
    'update alignment and model useful differ in 1 tensor: model.embed_tokens.weight: [8, 4] and [9, 4]',
  );
  assert.is(
    message({}, longer),
    'update alignment and model useful differ in 1 tensor: extra.weight: missing and [3, 3]',
  );
  assert.is(message({ tensors: [pattern('*norm*')] }, same), '');
  assert.match(message({ except: [pattern('*norm*')] }, other), 'differ in 1 tensor: model.embed_tokens.weight');
  assert.is(message({ tensors: [pattern('*nrom*')] }, same), 'tensors: no tensor of update alignment is called *nrom*');
  assert.is(message({ except: [pattern('*.weight')] }, same), 'a term of update alignment is left with no tensor');
  const noise = { kind: 'noise', seed: 1 } as const;
  assert.is(message({ ...noise, tensors: [pattern('*norm*')] }, same), 'a term of model useful is left with no tensor');
});

const pattern = (text: string) => ({ text, range });
const path = (name: string) => ({ kind: 'path', path: `/models/${name}` }) as const;

test('a combined model waits for all that it is made of', async () => {
  const hub = ['aligned: { perturb: base, seed: 1, norm: 0.1, decay: 1 }', 'aligned: { hub: org/aligned }'] as const;
  const workflow = await workflowOf(lab(dare, hub));
  const plan = expand(workflowToExport(workflow, { exports: ['made'] }), { models: new Map(), commits: new Map() });
  assert.equal(plan.deferred, [{ what: 'models.made', models: ['aligned'] }]);
});

const between = 'made: { combine: aligned, terms: [{ update: useful, times: 0.5 }] }';
const scale = ['metrics:\n', '  scale: { vary: made, times: [1, -1, 0, 0.5], measure: [nll] }\nmetrics:\n'] as const;

test('a sweep over times measures a model a multiple, the models beside it, and those that it meets as they are', async () => {
  const plan = await planOf(lab(between, [', models: made', ''], scale));
  const { rows } = stepOf(plan, 'evaluation-table').params as EvaluationTableParams;
  assert.equal(
    rows.map(({ model, times }) => [model, times]),
    [
      ['aligned', undefined],
      ['useful', undefined],
      ['made', -1],
      ['made', 0],
      ['made', 0.5],
      ['made', 1],
    ],
  );
  const of = (text: string) => {
    const { params, inputs } = stepOf(plan, `loss[nll,${text}]`);
    return { params, inputs };
  };
  assert.equal(of('made,times=0'), of('aligned'));
  assert.equal(of('made,times=1'), of('useful'));
  assert.equal(of('made,times=0.5').params, stepOf(await planOf(lab(between)), 'loss[nll,made]').params);
  assert.is((of('made,times=-1').params.model as CombinedModel).terms[0]!.times, -1);
  assert.equal(
    idsOf(plan, 'svd', 'project').filter((id) => id.includes('made') || id.includes('useful')),
    [],
  );
  assert.ok(plan.named.get('sweeps.scale')!.includes('loss[nll,made,times=0.5]'));
  const { varied } = stepOf(plan, 'report').params as ReportParams;
  assert.equal(varied, [{ model: 'made', text: 'aligned + t · useful', beside: ['aligned', 'useful'] }]);
});

test('taken away once, an update gives where it starts; a part of it gives no other model', async () => {
  const recipeAt = async (model: string, times: number) => {
    const sweep = ['metrics:\n', `  scale: { vary: made, times: [${times}], measure: [nll] }\nmetrics:\n`] as const;
    const plan = await planOf(lab(model, [', models: made', ''], sweep));
    const { params, inputs } = stepOf(plan, `loss[nll,made,times=${times}]`);
    return [(params.model as { kind: string }).kind, inputs.model?.node];
  };
  const made = (term: string, base = 'useful') => `made: { combine: ${base}, terms: [{ ${term}, times: 0.5 }] }`;
  assert.equal(await recipeAt(made('update: useful'), -1), ['whole', 'perturb[aligned]']);
  assert.equal(await recipeAt(made('update: useful'), 1), ['combined', undefined]);
  assert.equal(await recipeAt(made('update: alignment'), 1), ['combined', undefined]);
  for (const part of ['vectors: false', 'rank: 0', 'dare: { drop: 0 }', "except: '*norm*'"]) {
    assert.equal(await recipeAt(made(`update: useful, ${part}`, 'aligned'), 1), ['combined', undefined], part);
  }
});

test.run();
