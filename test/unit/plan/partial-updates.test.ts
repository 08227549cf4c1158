import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import type { ModelFacts } from '../../../src/plan/facts.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { ProjectedModel } from '../../../src/steps/recipes/projected.js';
import type { TensorPattern, Update } from '../../../src/workflow/updates.js';
import type { Workflow } from '../../../src/workflow/workflow.js';
import { modelFacts, range, sampleFacts, sampleWorkflow } from './sample-workflow.js';

/** Updates between checkpoints that do not match whole, in the layouts of real ones at small width. */

const at = (column: number) => ({ ...range, start: { line: 7, column, offset: 0 } });
const patterns = (...texts: string[]): TensorPattern[] => texts.map((text, i) => ({ text, range: at(10 + i) }));
const step = (plan: Plan, id: string) => {
  const found = plan.steps.find((candidate) => candidate.id === id);
  assert.ok(found, `there is no ${id} among ${plan.steps.map((known) => known.id).join(' ')}`);
  return found!;
};
const tensorsOf = (plan: Plan, kind: string, update: string) =>
  plan.steps.flatMap(({ id }) => (id.startsWith(`${kind}[${update},`) ? [id.slice(id.lastIndexOf(',') + 1, -1)] : []));
const told = (plan: Plan, of: string) =>
  plan.omitted.filter((one) => one.of === of).map(({ what, why }) => `${what}: ${why}`);

function refusal(workflow: Workflow, facts = sampleFacts()) {
  try {
    expand(workflow, facts);
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    return (error as InvalidWorkflowError).diagnostics[0]!;
  }
  throw new Error('expected the workflow to be refused');
}

/** A Qwen2.5 of a few rows: 151,936 and 152,064 of the sizes with the same tokens become 36 and 40. */
const qwen = (rows: number, more: Record<string, readonly number[]> = {}) =>
  modelFacts({
    'model.embed_tokens.weight': [rows, 8],
    'model.layers.0.self_attn.q_proj.weight': [8, 8],
    'model.layers.0.self_attn.q_proj.bias': [8],
    'model.layers.1.self_attn.q_proj.weight': [8, 8],
    'model.norm.weight': [8],
    'lm_head.weight': [rows, 8],
    ...more,
  });

function lab(update: Omit<Update, 'name' | 'range' | 'from' | 'to'>, semantics: Workflow['semantics'] = 'paper') {
  const ends = { alignment: { from: 'base', to: 'aligned' }, useful: { from: 'aligned', to: 'useful' } };
  return sampleWorkflow({
    semantics,
    updates: { alignment: { ...ends.alignment, ...update }, useful: { ...ends.useful, ...update } },
  });
}

const named = (base: ModelFacts, aligned: ModelFacts, useful = aligned) => sampleFacts({ base, aligned, useful });

test('an update has the tensors that its patterns choose, and the plan tells what is left out', () => {
  const facts = named(qwen(36), qwen(36));
  const plan = expand(lab({ tensors: patterns('model.layers.*'), except: patterns('*.bias') }), facts);
  const layers = ['model.layers.0.self_attn.q_proj.weight', 'model.layers.1.self_attn.q_proj.weight'];
  assert.equal(tensorsOf(plan, 'svd', 'alignment'), layers);
  assert.equal(tensorsOf(plan, 'energy', 'useful,top-k,parallel,right'), layers);
  const why = 'left out by tensors or except; models made of the update have those of base';
  assert.equal(told(plan, 'updates.alignment'), [
    `model.embed_tokens.weight: ${why}`,
    `model.layers.0.self_attn.q_proj.bias: ${why}`,
    `model.norm.weight: ${why}`,
    `lm_head.weight: ${why}`,
  ]);
  // All patterns that match nothing are slips; one that matches what the other takes away is not.
  assert.equal(tensorsOf(expand(lab({ except: patterns('*.bias', '*norm*') }), facts), 'svd', 'useful').length, 4);
});

test('tensors of one end alone may be left out: the vision part of a wrapper, biases of one family', () => {
  const vision = { 'visual.blocks.0.weight': [6, 6], 'visual.merger.weight': [6, 8] };
  const facts = named(qwen(36, vision), qwen(36));
  const { message, hint } = refusal(lab({}), facts);
  assert.match(
    message,
    'models base (from) and aligned (to) differ in 2 tensors: visual.blocks.0.weight: [6, 6] and missing',
  );
  assert.match(hint!, 'except:');
  const plan = expand(lab({ except: patterns('visual.*', '*.bias') }), named(qwen(36, vision), qwen(36, vision)));
  assert.equal(
    told(plan, 'updates.alignment').map((line) => line.split(':')[0]),
    ['model.layers.0.self_attn.q_proj.bias', 'visual.blocks.0.weight', 'visual.merger.weight'],
  );
});

test('a pattern that matches nothing is refused where it stands, with the name that is most like it', () => {
  const facts = named(qwen(36), qwen(36));
  const wrong = refusal(lab({ tensors: patterns('model.norm*', 'model.layer.*') }), facts);
  assert.is(wrong.message, 'updates.useful.tensors: no tensor of aligned or useful is called model.layer.*');
  assert.is(wrong.range?.start.column, 11);
  assert.match(wrong.hint!, 'The name that is most like it is model.layers.0.self_attn.q_proj.');
  const end = refusal(lab({ except: patterns('*.biass') }), facts);
  assert.match(end.message, 'updates.useful.except: no tensor of aligned or useful is called *.biass');
  const nothing = refusal(lab({ tensors: patterns('*.bias'), except: patterns('*') }), facts);
  assert.match(nothing.message, 'have no floating-point tensor in common of those that the update is to have');
});

test('an update of some tensors is projected onto a subspace of more, and not the other way round', () => {
  const facts = named(qwen(36), qwen(36));
  const ends = { alignment: { from: 'base', to: 'aligned' }, useful: { from: 'aligned', to: 'useful' } };
  const some = { tensors: patterns('*.self_attn.*') };
  const part = sampleWorkflow({ updates: { ...ends, useful: { ...ends.useful, ...some } }, metrics: {} });
  const plan = expand(part, facts);
  assert.equal(tensorsOf(plan, 'svd', 'alignment').length, 3);
  const other = sampleWorkflow({ updates: { ...ends, alignment: { ...ends.alignment, ...some } }, metrics: {} });
  const { message, hint } = refusal(other, facts);
  assert.match(message, 'updates useful and alignment differ in 3 tensors: lm_head.weight: [36, 8] and missing');
  assert.match(hint!, 'give both the same tensors, except and vocabulary');
});

test('a projected model keeps the tensors that its update does not have', () => {
  const models = {
    base: { kind: 'path', path: '/b' },
    aligned: { kind: 'path', path: '/a' },
    useful: { kind: 'path', path: '/u' },
    part: { kind: 'projected', update: 'useful', onto: 'top-k', mode: 'parallel', side: 'right', extent: { rank: 2 }, seed: null }, // biome-ignore format: one line
    more: { kind: 'perturb', from: 'part', seed: 1, norm: 0.1, decay: 1 },
  } as const;
  const updates = {
    alignment: { from: 'base', to: 'aligned' },
    useful: { from: 'aligned', to: 'useful', tensors: patterns('*.self_attn.*') },
    after: { from: 'part', to: 'more' },
  };
  const metrics = { overlap: { kind: 'mso', pairs: [['after', 'alignment']], energies: [0.5] } } as const;
  const workflow = sampleWorkflow({ models, updates, metrics, sweeps: {} });
  const plan = expand(workflow, sampleFacts({ base: qwen(36), aligned: qwen(36), useful: qwen(36) }));
  const { ranks } = step(plan, 'project[part]').params.model as ProjectedModel;
  assert.equal(Object.keys(ranks), [
    'model.layers.0.self_attn.q_proj.bias',
    'model.layers.0.self_attn.q_proj.weight',
    'model.layers.1.self_attn.q_proj.weight',
  ]);
  assert.ok(tensorsOf(plan, 'svd', 'after').includes('lm_head.weight'), 'the written model has all tensors');
});

test('vocabularies of different sizes are refused with what to do, and cut to what both have where that is said', () => {
  const facts = named(qwen(40), qwen(36));
  const { message, hint } = refusal(lab({}), facts);
  assert.match(message, 'differ in 2 tensors: lm_head.weight: [40, 8] and [36, 8]; model.embed_tokens.weight: [40, 8]');
  assert.match(
    hint!,
    'Their vocabularies have 40 and 36 rows. With `vocabulary: cut` the update is of the rows that both',
  );
  const plan = expand(lab({ vocabulary: 'cut' }), facts);
  assert.equal(step(plan, 'svd[alignment,lm_head.weight]').params, { rows: 36 });
  assert.equal(step(plan, 'svd[alignment,model.norm.weight]').params, {});
  // Both ends of the projected update have as many rows; the subspace's update is the one that is cut.
  assert.not.ok('rows' in step(plan, 'energy[useful,top-k,parallel,right,lm_head.weight]').params);
  assert.equal(step(plan, 'cosine[useful,alignment,lm_head.weight]').params, { ontoRows: 36 });
  assert.equal(told(plan, 'updates.alignment'), [
    'rows 36 to 39 of model.embed_tokens.weight: only base has them; models made of the update keep them as they are in base',
    'rows 36 to 39 of lm_head.weight: only base has them; models made of the update keep them as they are in base',
    'meaning of token ids: not compared: base and aligned have no tokenizer.json',
  ]);
  assert.equal(told(plan, 'updates.useful'), []);
  const grown = expand(lab({ vocabulary: 'cut' }), named(qwen(36), qwen(36), qwen(40)));
  assert.equal(step(grown, 'energy[useful,top-k,parallel,right,lm_head.weight]').params.rows, 36);
  assert.ok(told(grown, 'updates.useful')[0]!.endsWith('only useful has them; models made of the update lack them'));
  const reference = expand(lab({ vocabulary: 'cut' }, 'reference'), facts);
  assert.equal(step(reference, 'svd[alignment,lm_head.weight]').params, { heldAs: 'F16', rows: 36 });
});

test('names under another beginning are recognised, and the hint is the line that takes it away', () => {
  const renamed = (rename: (name: string) => string, more: Record<string, readonly number[]> = {}) => {
    const { tensors } = qwen(36);
    return modelFacts({
      ...Object.fromEntries([...tensors].map(([name, { shape }]) => [rename(name), shape])),
      ...more,
    });
  };
  const hintFor = (base: ModelFacts, aligned: ModelFacts) => refusal(lab({}), named(base, aligned)).hint!;
  const compiled = renamed((name) => `_orig_mod.${name}`);
  const line = 'Say so beside its path or hub: names: { "_orig_mod.": "" }';
  assert.is(hintFor(compiled, qwen(36)), `Tensors of base have the names of aligned under other beginnings. ${line}`);
  assert.is(hintFor(qwen(36), compiled), `Tensors of aligned have the names of base under other beginnings. ${line}`);
  const llava = renamed((name) => `language_model.${name}`, { 'vision_tower.patch.weight': [4, 4] });
  assert.match(hintFor(llava, qwen(36)), 'names: { "language_model.": "" }');
});

test('nothing but rows of a vocabulary is cut', () => {
  const wider = { 'model.embed_tokens.weight': [40, 9] };
  for (const other of [qwen(36, wider), qwen(36, { 'model.norm.weight': [9] })]) {
    const { message, hint } = refusal(lab({ vocabulary: 'cut' }), named(qwen(36), other));
    assert.match(message, 'differ in 1 tensor');
    assert.not.match(hint!, 'vocabulary');
  }
  const both = refusal(lab({}), named(qwen(36), qwen(40, { 'model.norm.weight': [9] })));
  assert.not.match(both.hint!, 'vocabulary: cut');
});

test('token ids that mean different tokens refuse a cut; those of one tokenizer alone do not', () => {
  const tokens = (...texts: string[]) => new Map(texts.map((text, id) => [id, text]));
  const with_ = (facts: ModelFacts, ...texts: string[]): ModelFacts => ({ ...facts, tokens: tokens(...texts) });
  const same = named(with_(qwen(40), 'a', 'b', 'c'), with_(qwen(36), 'a', 'b'));
  assert.equal(told(expand(lab({ vocabulary: 'cut' }), same), 'updates.alignment').length, 2);
  const other = named(with_(qwen(40), 'a', 'b', 'c'), with_(qwen(36), 'a', 'd', 'e'));
  const { message, hint, range: where } = refusal(lab({ vocabulary: 'cut' }), other);
  assert.is(
    message,
    '2 token ids mean different tokens to models base (from) and aligned (to): 1 is "b" and "d"; 2 is "c" and "e"',
  );
  assert.match(hint!, 'except: ["*embed_tokens.weight", "*lm_head.*"]');
  assert.is(where?.start.line, 3);
  // An id that lies beyond the rows that are left says nothing.
  const beyond = (text: string) => new Map([[38, text]]);
  const late = named({ ...qwen(40), tokens: beyond('x') }, { ...qwen(36), tokens: beyond('y') });
  expand(lab({ vocabulary: 'cut' }), late);
  const partly = named(with_(qwen(40), 'a'), qwen(36));
  assert.ok(
    told(expand(lab({ vocabulary: 'cut' }), partly), 'updates.alignment').includes(
      'meaning of token ids: not compared: aligned has no tokenizer.json',
    ),
  );
});

test('directions are not shared from an update that has not all tensors', () => {
  const models = {
    base: { kind: 'path', path: '/b' },
    aligned: { kind: 'path', path: '/a' },
    useful: {
      kind: 'perturb',
      from: 'aligned',
      seed: 3,
      norm: 0.1,
      decay: 1,
      share: { update: 'alignment', weight: 0.5 },
    },
  } as const;
  const updates = {
    alignment: { from: 'base', to: 'aligned', except: patterns('norm') },
    useful: { from: 'aligned', to: 'useful', except: patterns('norm') },
  };
  const { message } = refusal(sampleWorkflow({ models, updates }));
  assert.match(message, 'model useful shares directions of update alignment, which has not all tensors and rows');
});

test.run();
