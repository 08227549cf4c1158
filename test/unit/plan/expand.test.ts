import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import { trainParams } from '../../../src/plan/expand-training.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { EnergyParams } from '../../../src/steps/energy.js';
import type { EnergyTableParams } from '../../../src/steps/energy-table.js';
import type { Recipe, Workflow } from '../../../src/workflow/workflow.js';
import { modelFacts, range, sampleFacts, sampleRecipe, sampleSweep, sampleWorkflow } from './sample-workflow.js';

const ids = (plan: Plan, kind?: string) =>
  plan.steps.filter((step) => kind === undefined || step.kind === kind).map((step) => step.id);
const step = (plan: Plan, id: string) => plan.steps.find((candidate) => candidate.id === id)!;
function failure(workflow: Workflow, facts = sampleFacts()): InvalidWorkflowError {
  try {
    expand(workflow, facts);
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    return error as InvalidWorkflowError;
  }
  throw new Error('expected the workflow to be refused');
}

test('a workflow unrolls to these steps, in this order', () => {
  assert.equal(ids(expand(sampleWorkflow(), sampleFacts())), [
    'svd[alignment,layers.0.weight]',
    'energy[useful,top-k,parallel,right,layers.0.weight]',
    'cosine[useful,alignment,layers.0.weight]',
    'svd[alignment,norm]',
    'energy[useful,top-k,parallel,right,norm]',
    'cosine[useful,alignment,norm]',
    'energy[useful,random-k#1,parallel,right,layers.0.weight]',
    'energy[useful,random-k#1,parallel,right,norm]',
    'energy[useful,random-k#2,parallel,right,layers.0.weight]',
    'energy[useful,random-k#2,parallel,right,norm]',
    'random-basis[random#1,right,layers.0.weight]',
    'energy[useful,random#1,parallel,right,layers.0.weight]',
    'random-basis[random#1,left,norm]',
    'energy[useful,random#1,parallel,right,norm]',
    'energy-table',
    'svd[useful,layers.0.weight]',
    'overlap[useful,alignment,layers.0.weight]',
    'svd[useful,norm]',
    'overlap[useful,alignment,norm]',
    'overlap-table',
    'figures',
    'tables',
    'report',
  ]);
});

test('every step comes after the steps it takes inputs from, and every input is a step or a source', () => {
  const plan = expand(sampleWorkflow(), sampleFacts());
  const seen = new Set(plan.sources.keys());
  for (const { id, inputs } of plan.steps) {
    for (const { node } of Object.values(inputs)) assert.ok(seen.has(node), `${id} needs ${node}`);
    assert.not.ok(seen.has(id), `${id} is there twice`);
    seen.add(id);
  }
});

test('a step holds all that decides its result', () => {
  const plan = expand(sampleWorkflow(), sampleFacts());
  assert.equal(step(plan, 'energy[useful,random-k#2,parallel,right,layers.0.weight]'), {
    id: 'energy[useful,random-k#2,parallel,right,layers.0.weight]',
    kind: 'energy',
    params: { mode: 'parallel', side: 'right', ranks: [1, 2], permute: { seed: 2, stream: 'layers.0.weight' } },
    inputs: {
      from: { node: 'source[aligned]', output: 'tensor/layers.0.weight' },
      to: { node: 'source[useful]', output: 'tensor/layers.0.weight' },
      basis: { node: 'svd[alignment,layers.0.weight]', output: 'v' },
      s: { node: 'svd[alignment,layers.0.weight]', output: 's' },
    },
    group: 'Energy of useful in random-k',
    cost: 128,
    origin: 'sweeps.parallel',
  });
  assert.equal(step(plan, 'random-basis[random#1,right,layers.0.weight]').params, {
    rows: 4,
    columns: 4,
    seed: 1,
    stream: 'layers.0.weight',
  });
});

test('the left side takes the left singular vectors, and a vector is always projected from the left', () => {
  const sweeps = { parallel: { ...sampleSweep, side: 'left' as const } };
  const plan = expand(sampleWorkflow({ sweeps }), sampleFacts());
  const basis = (id: string) => step(plan, id).inputs.basis;
  assert.equal(basis('energy[useful,top-k,parallel,left,layers.0.weight]'), {
    node: 'svd[alignment,layers.0.weight]',
    output: 'u',
  });
  assert.is(step(plan, 'random-basis[random#1,left,layers.0.weight]').params.rows, 8);
  const vector = step(expand(sampleWorkflow(), sampleFacts()), 'energy[useful,top-k,parallel,right,norm]');
  assert.is(vector.params.side, 'left');
  assert.is(vector.inputs.basis?.output, 'u');
});

test('sweeps that share a curve measure it once, at the fractions of both', () => {
  const sweeps = {
    parallel: sampleSweep,
    finer: { ...sampleSweep, onto: ['top-k'], fractions: [0.25, 0.5] },
  };
  const plan = expand(sampleWorkflow({ sweeps }), sampleFacts());
  const table = step(plan, 'energy-table').params as EnergyTableParams;
  assert.equal(
    table.rows.map(({ subspace, seed, extents }) => [subspace, seed, extents.map(({ fraction }) => fraction)]),
    [
      ['top-k', null, [0.01, 0.25, 0.5]],
      ['random-k', 1, [0.01, 0.5]],
      ['random-k', 2, [0.01, 0.5]],
      ['random', 1, [0.01, 0.5]],
    ],
  );
  assert.equal(table.rows[0]!.tensors[0], {
    tensor: 'layers.0.weight',
    rankMax: 4,
    ranks: [1, 1, 2],
    realisedRanks: [1, 2],
  });
  assert.equal(plan.named.get('sweeps.finer'), [
    'energy[useful,top-k,parallel,right,layers.0.weight]',
    'cosine[useful,alignment,layers.0.weight]',
    'energy[useful,top-k,parallel,right,norm]',
    'cosine[useful,alignment,norm]',
  ]);
});

test('a rank is that many directions of every tensor, at most all of them, and makes no new decomposition', () => {
  const ranked = { ...sampleSweep, onto: ['top-k'], fractions: [0.5], ranks: [100, 3] };
  const facts = modelFacts({ weight: [8, 5], wide: [2, 9], conv: [4, 3, 2], norm: [4] });
  const models = sampleFacts({ base: facts, aligned: facts, useful: facts });
  for (const semantics of ['paper', 'reference'] as const) {
    const plan = expand(sampleWorkflow({ sweeps: { ranked }, semantics }), models);
    const without = expand(sampleWorkflow({ sweeps: { ranked: { ...ranked, ranks: [] } }, semantics }), models);
    assert.equal(ids(plan), ids(without), semantics);
    assert.equal(
      plan.steps.filter(({ kind }) => kind === 'svd'),
      without.steps.filter(({ kind }) => kind === 'svd'),
    );
    const { extents, tensors } = (step(plan, 'energy-table').params as EnergyTableParams).rows[0]!;
    assert.equal(extents, [{ fraction: 0.5 }, { rank: 3 }, { rank: 100 }]);
    assert.equal(
      tensors.map(({ tensor, ranks }) => [tensor, ranks]),
      [
        ['conv', [semantics === 'paper' ? 2 : null, 3, 4]],
        ['norm', [1, 1, 1]],
        ['weight', [2, 3, 5]],
        ['wide', [1, 2, 2]],
      ],
    );
    const { ranks, scalar } = step(plan, 'energy[useful,top-k,parallel,right,conv]').params as EnergyParams;
    assert.equal([ranks, scalar], semantics === 'paper' ? [[2, 3, 4], undefined] : [[3, 4], 'update']);
  }
});

test('reference semantics read and project in F16, and a fraction of one is the scalar projection', () => {
  const sweeps = { parallel: { ...sampleSweep, onto: ['top-k'], fractions: [0.5, 1] } };
  const plan = expand(sampleWorkflow({ sweeps, semantics: 'reference' }), sampleFacts());
  const energy = step(plan, 'energy[useful,top-k,parallel,right,layers.0.weight]');
  assert.equal(energy.params, {
    mode: 'parallel',
    side: 'right',
    ranks: [2],
    scalar: 'update',
    heldAs: 'F16',
    castUpdate: 'F16',
    zeroAsUnits: true,
  });
  assert.equal(energy.inputs['onto-to'], { node: 'source[aligned]', output: 'tensor/layers.0.weight' });
  assert.equal(step(plan, 'svd[alignment,norm]').params, { heldAs: 'F16' });
  const inPaper = expand(sampleWorkflow({ sweeps }), sampleFacts());
  assert.equal(step(inPaper, 'energy[useful,top-k,parallel,right,norm]').params.ranks, [1]);
  assert.equal(step(inPaper, 'energy[useful,top-k,parallel,right,layers.0.weight]').params.ranks, [2, 4]);
});

test('published code projects onto its own random matrix from a fraction of 1 on, and tensors of three dimensions always', () => {
  const sweeps = { parallel: { ...sampleSweep, onto: ['random', 'top-k'], fractions: [0.5, 1] } };
  const facts = modelFacts({ conv: [4, 3, 2], weight: [8, 4], norm: [4] });
  const reference = sampleWorkflow({ sweeps, semantics: 'reference' });
  const plan = expand(reference, sampleFacts({ base: facts, aligned: facts, useful: facts }));
  const paramsOf = (subspace: string, tensor: string) =>
    step(plan, `energy[useful,${subspace},parallel,right,${tensor}]`).params as EnergyParams;
  assert.equal(paramsOf('random#1', 'weight').scalar, { seed: 1, stream: 'weight' });
  assert.equal(paramsOf('random#1', 'weight').ranks, [2]);
  assert.not.ok('onto-from' in step(plan, 'energy[useful,random#1,parallel,right,weight]').inputs);
  assert.is(paramsOf('top-k', 'weight').scalar, 'update');
  assert.equal([paramsOf('top-k', 'conv').scalar, paramsOf('top-k', 'conv').ranks], ['update', []]);
  // The one direction of a vector is the scalar projection.
  assert.equal([paramsOf('random#1', 'norm').scalar, paramsOf('random#1', 'norm').ranks], [undefined, [1]]);
});

test('published code compares tensors with a side over 10,000 by a randomised SVD of a quarter of the rank', () => {
  const facts = modelFacts({ large: [10_001, 9], wide: [7, 10_001], limit: [10_000, 9], norm: [20_000] });
  const models = { base: facts, aligned: facts, useful: facts };
  const plan = expand(sampleWorkflow({ semantics: 'reference' }), sampleFacts(models));
  assert.equal(ids(plan, 'randomised-svd'), [
    'randomised-svd[useful,large]',
    'randomised-svd[alignment,large]',
    'randomised-svd[useful,wide]',
    'randomised-svd[alignment,wide]',
  ]);
  const { params, inputs } = step(plan, 'randomised-svd[useful,large]');
  assert.equal(params, { vectors: 2, iterations: 2, seed: 0, stream: 'useful/large' });
  assert.equal(inputs, {
    u: { node: 'svd[useful,large]', output: 'u' },
    s: { node: 'svd[useful,large]', output: 's' },
  });
  assert.is(step(plan, 'randomised-svd[useful,wide]').params.vectors, 1);
  assert.equal(step(plan, 'overlap[useful,alignment,large]').inputs['b-s'], {
    node: 'randomised-svd[alignment,large]',
    output: 's',
  });
  assert.equal(step(plan, 'overlap[useful,alignment,limit]').params, { zeroRank: 1 });
  // Projections are onto the whole basis.
  assert.is(step(plan, 'energy[useful,top-k,parallel,right,large]').inputs.basis!.node, 'svd[alignment,large]');
  const inPaper = expand(sampleWorkflow(), sampleFacts(models));
  assert.equal(ids(inPaper, 'randomised-svd'), []);
  assert.equal(step(inPaper, 'overlap[useful,alignment,large]').params, {});
});

test('a tied output layer counts in sums over the model as the published code counts it, and not in paper semantics', () => {
  const facts = modelFacts({ 'model.embed_tokens.weight': [8, 4], weight: [4, 4] }, { tied: true });
  const copies = (semantics: 'paper' | 'reference') => {
    const plan = expand(sampleWorkflow({ semantics }), sampleFacts({ base: facts, aligned: facts, useful: facts }));
    const { rows } = step(plan, 'energy-table').params as EnergyTableParams;
    return rows[0]!.tensors.map((tensor) => tensor.copies);
  };
  assert.equal(copies('reference'), [2, undefined]);
  assert.equal(copies('paper'), [undefined, undefined]);
});

test('updates are compared where their tensors have equal rows, and refused where they have not', () => {
  const models = {
    base: { kind: 'path', path: '/b' },
    aligned: { kind: 'path', path: '/a' },
    before: { kind: 'path', path: '/s' },
    useful: { kind: 'path', path: '/u' },
  } as const;
  const updates = { alignment: { from: 'base', to: 'aligned' }, useful: { from: 'before', to: 'useful' } };
  const other = (tensors: Record<string, number[]>) => {
    const facts = modelFacts(tensors);
    return sampleFacts({ before: facts, useful: facts });
  };
  const workflow = sampleWorkflow({ models, updates, sweeps: {} });
  const plan = expand(workflow, other({ 'layers.0.weight': [8, 40], norm: [4] }));
  assert.is(step(plan, 'svd[useful,layers.0.weight]').cost, 8 * 40 * 8);
  const error = failure(workflow, other({ 'layers.0.weight': [9, 4], norm: [4] }));
  assert.match(error.message, 'layers.0.weight: [9, 4] and [8, 4]');
  assert.match(error.diagnostics[0]!.hint!, 'the same first dimension');
});

test('results are the tables and the report', () => {
  assert.equal(expand(sampleWorkflow(), sampleFacts()).results, [
    { file: 'energy.csv', node: 'energy-table', output: 'energy.csv' },
    { file: 'energy-by-tensor.csv', node: 'energy-table', output: 'energy-by-tensor.csv' },
    { file: 'overlap.csv', node: 'overlap-table', output: 'overlap.csv' },
    { file: 'figures/', node: 'figures', output: 'figures/' },
    { file: 'tables/', node: 'tables', output: 'tables/' },
    { file: 'report.html', node: 'report', output: 'report.html' },
  ]);
  const onlyOverlap = expand(sampleWorkflow({ sweeps: {} }), sampleFacts());
  assert.equal(
    onlyOverlap.results.map(({ file }) => file),
    ['overlap.csv', 'figures/', 'tables/', 'report.html'],
  );
});

test('a model that nothing uses is left alone', () => {
  const models = {
    base: { kind: 'path', path: '/b' },
    aligned: { kind: 'path', path: '/a' },
    useful: { kind: 'path', path: '/u' },
    unused: { kind: 'hub', repo: 'a/b', revision: 'main' },
  } as const;
  const plan = expand(sampleWorkflow({ models }), sampleFacts());
  assert.equal([...plan.sources.values()].map(({ name }) => name).sort(), ['aligned', 'base', 'useful']);
  assert.is(plan.deferred.length, 0);
});

test('a hub model that was not fetched defers what depends on it, and only that', () => {
  const models = {
    base: { kind: 'hub', repo: 'org/base', revision: 'main' },
    aligned: { kind: 'path', path: '/a' },
    useful: { kind: 'path', path: '/u' },
    harmful: { kind: 'path', path: '/h' },
  } as const;
  const updates = {
    alignment: { from: 'base', to: 'aligned' },
    useful: { from: 'aligned', to: 'useful' },
    harmful: { from: 'aligned', to: 'harmful' },
  };
  const metrics = { overlap: { kind: 'mso', pairs: [['useful', 'harmful']], energies: [0.5] } } as const;
  const workflow = sampleWorkflow({ models, updates, metrics });
  const harmful = sampleFacts().models.get('useful')!;
  const facts = sampleFacts({ harmful });
  const without = { ...facts, models: new Map([...facts.models].filter(([name]) => name !== 'base')) };

  const unpinned = expand(workflow, without);
  assert.equal(
    unpinned.deferred.map(({ what, models: needed }) => [what, needed]),
    [
      ['sweeps.parallel', ['base']],
      ['energy-table', ['base']],
      ['report', ['base']],
    ],
  );
  assert.ok(ids(unpinned).includes('overlap-table'));
  assert.equal(ids(unpinned, 'fetch'), []);

  const pinned = expand(workflow, { ...without, commits: new Map([['base', 'c0ffee']]) });
  assert.equal(ids(pinned, 'fetch'), ['fetch[base]']);
  assert.equal(step(pinned, 'fetch[base]').params, { repo: 'org/base', commit: 'c0ffee' });
  assert.is(pinned.deferred.length, 3);

  const fetched = expand(workflow, { ...facts, commits: new Map([['base', 'c0ffee']]) });
  assert.is(fetched.deferred.length, 0);
  assert.equal(step(fetched, 'svd[alignment,norm]').inputs.from, { node: 'fetch[base]', output: 'tensor/norm' });
});

test('models made from others have the tensors of their parents', () => {
  const architecture = {
    family: 'qwen2',
    hidden: 8,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    headDim: 4,
    mlp: 16,
    vocabulary: 32,
    tied: true,
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    contextLength: 64,
  } as const;
  const models = {
    base: { kind: 'init', architecture, initializerRange: 0.02, seed: 1, dtype: 'BF16' },
    aligned: { kind: 'perturb', from: 'base', seed: 2, norm: 0.1, decay: 1 },
    useful: {
      kind: 'perturb',
      from: 'aligned',
      seed: 3,
      norm: 0.1,
      decay: 1,
      share: { update: 'alignment', weight: 0.5 },
    },
  } as const;
  const plan = expand(sampleWorkflow({ models }), { models: new Map(), commits: new Map() });
  assert.equal(step(plan, 'perturb[useful]').inputs, {
    parent: { node: 'perturb[aligned]', output: '*' },
    'share-from': { node: 'init[base]', output: '*' },
    'share-to': { node: 'perturb[aligned]', output: '*' },
  });
  assert.equal(step(plan, 'perturb[useful]').params, { seed: 3, norm: 0.1, decay: 1, share: 0.5 });
  const tensors = ids(plan, 'svd').filter((id) => id.startsWith('svd[alignment'));
  assert.is(tensors.length, 2 + 9 + 3);
  assert.ok(tensors.includes('svd[alignment,model.layers.0.self_attn.k_proj.bias]'));
  assert.not.ok(tensors.includes('svd[alignment,lm_head.weight]'));
});

test('tied weights count once and tensors that hold no numbers with a point are left out, and both are said', () => {
  const tensors = { 'model.embed_tokens.weight': [8, 4], 'lm_head.weight': [8, 4], 'rotary.steps': [4] };
  const facts = modelFacts(tensors, { tied: true, other: { 'rotary.steps': 'I64' } });
  const plan = expand(sampleWorkflow(), sampleFacts({ base: facts, aligned: facts, useful: facts }));
  assert.equal(ids(plan, 'svd'), ['svd[alignment,model.embed_tokens.weight]', 'svd[useful,model.embed_tokens.weight]']);
  assert.equal(
    plan.omitted.filter(({ of }) => of === 'updates.useful').map(({ what, why }) => `${what}: ${why}`),
    [
      'lm_head.weight: tied to model.embed_tokens.weight, which counts once',
      'rotary.steps: holds I64, not floating-point numbers',
    ],
  );
  const reference = expand(
    sampleWorkflow({ semantics: 'reference' }),
    sampleFacts({ base: facts, aligned: facts, useful: facts }),
  );
  assert.ok(reference.omitted.some(({ why }) => why.endsWith('which counts twice in sums over the model')));
  const untied = modelFacts(tensors, { other: { 'rotary.steps': 'I64' } });
  const both = expand(sampleWorkflow(), sampleFacts({ base: untied, aligned: untied, useful: untied }));
  assert.is(ids(both, 'svd').length, 4);
});

test('models of an update that differ are refused with the first few tensors and both shapes', () => {
  const shapes = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`layers.${i}.weight`, [8, 4]]));
  const base = modelFacts({ ...shapes, norm: [4] });
  const aligned = modelFacts({ ...Object.fromEntries(Object.keys(shapes).map((name) => [name, [8, 5]])) });
  const error = failure(sampleWorkflow(), sampleFacts({ base, aligned, useful: aligned }));
  assert.is(error.exitCode, 2);
  const { message, range } = error.diagnostics[0]!;
  assert.match(message, 'models base (from) and aligned (to) differ in 8 tensors');
  assert.match(message, 'layers.0.weight: [8, 4] and [8, 5]');
  assert.match(message, 'and 3 more');
  assert.not.match(message, 'layers.5.weight');
  assert.is(range?.start.line, 3);
});

test('updates of different architectures cannot meet in a sweep or a pair', () => {
  const other = modelFacts({ 'layers.0.weight': [8, 4] });
  const models = {
    base: { kind: 'path', path: '/b' },
    aligned: { kind: 'path', path: '/a' },
    small: { kind: 'path', path: '/s' },
    useful: { kind: 'path', path: '/u' },
  } as const;
  const updates = { alignment: { from: 'base', to: 'aligned' }, useful: { from: 'small', to: 'useful' } };
  const facts = sampleFacts({ small: other, useful: other });
  assert.match(
    failure(sampleWorkflow({ models, updates }), facts).message,
    /updates useful and alignment differ in 1 tensor: norm: missing and \[4\]/,
  );
  assert.match(failure(sampleWorkflow({ models, updates, sweeps: {} }), facts).message, 'norm: missing and [4]');
});

test('an empty tensor is refused by name', () => {
  const empty = modelFacts({ 'layers.0.weight': [0, 4] });
  const error = failure(sampleWorkflow(), sampleFacts({ base: empty, aligned: empty, useful: empty }));
  assert.match(error.message, 'tensor layers.0.weight of update useful is empty: [0, 4]');
});

test("a trained model takes its parent, tokens by the parent's tokenizer, and a recipe; hints stay out of its params", () => {
  const architecture = {
    ...({ family: 'llama', hidden: 8, layers: 1, heads: 2, kvHeads: 1, headDim: 4, mlp: 16, vocabulary: 32 } as const),
    tied: true,
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    contextLength: 64,
  };
  const vaults = { kind: 'vaults', rows: 9, seed: 1, answer: 'refuse', vaults: [1, 16] } as const;
  const workflow: Workflow = {
    ...sampleWorkflow({
      models: {
        base: {
          ...({ kind: 'init', architecture, initializerRange: 0.02, seed: 1, dtype: 'F32' } as const),
          tokenizer: { wordsOf: ['vaults'], template: 'raw' },
        },
        aligned: { kind: 'train', purpose: 'align', from: 'base', on: 'both', recipe: 'full', seed: 5 },
        useful: { kind: 'train', purpose: 'finetune', from: 'aligned', on: 'vaults', recipe: 'full', seed: 5 },
      },
    }),
    datasets: new Map([
      ['vaults', { name: 'vaults', range, ...vaults, transforms: {} }],
      ['both', { name: 'both', range, kind: 'mix', parts: [{ dataset: 'vaults', count: 'all' }], transforms: {} }],
    ]),
    recipes: new Map([['full', sampleRecipe]]),
  };
  const plan = expand(workflow, { models: new Map(), commits: new Map() });
  assert.equal(step(plan, 'train[useful]').inputs, {
    parent: { node: 'train[aligned]', output: '*' },
    tokens: { node: 'tokenise[useful]', output: '*' },
  });
  assert.equal(step(plan, 'tokenise[useful]').inputs, {
    rows: { node: 'synthetic[vaults]', output: 'rows' },
    config: { node: 'train[aligned]', output: 'file/config.json' },
    'tokenizer.json': { node: 'train[aligned]', output: 'file/tokenizer.json' },
    'tokenizer_config.json': { node: 'train[aligned]', output: 'file/tokenizer_config.json' },
  });
  assert.equal(step(plan, 'mix[both]').inputs, { 'part/0': { node: 'synthetic[vaults]', output: 'rows' } });
  assert.equal(step(plan, 'init[base]').inputs, { tokenizer: { node: 'word-tokenizer[base]', output: '*' } });
  const { hints, params } = step(plan, 'train[useful]');
  assert.equal(hints, { checkpointEvery: 50, activationCheckpointing: false });
  assert.ok(!('checkpointEvery' in params) && !('activationCheckpointing' in params));
  assert.equal([params.peak, params.seed, params.epochs, params.clip], [1e-3, 5, 1, undefined]);
  assert.ok(ids(plan, 'svd').includes('svd[useful,model.embed_tokens.weight]'));
});

test('reference semantics round a warm-up up as published, and train anew only where that makes another step', () => {
  const published = (semantics: 'paper' | 'reference', more: Partial<Recipe>) =>
    trainParams({ ...sampleRecipe, ...more }, 1, semantics).warmupOfProduct;
  assert.is(published('reference', { warmup: 0.07 }), true);
  assert.is(published('paper', { warmup: 0.07 }), undefined);
  assert.is(published('reference', { warmup: 0.07, length: { steps: 100 } }), true);
  assert.is(published('reference', { warmup: 0.07, length: { steps: 150 } }), undefined);
  assert.is(published('reference', { warmup: 0.02 }), undefined);
});

test.run();
