import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import type { ModelFacts, TensorFacts } from '../../../src/plan/facts.js';
import type { Plan } from '../../../src/plan/plan.js';
import { workflowToExport } from '../../../src/run/export.js';
import type { ExportAdapterParams } from '../../../src/steps/export-adapter.js';
import type { AdapterExport } from '../../../src/workflow/workflow.js';
import { workflowOf } from './keyed-plan.js';

const text = `runflow: 1
name: fields
models: { base: { hub: org/base }, tuned: { path: tuned } }
updates:
  whole: { from: base, to: tuned }
  part: { from: base, to: tuned, tensors: '*q_proj*' }
  square: { from: base, to: tuned, tensors: '*c_proj*' }
  cut: { from: base, to: tuned, vocabulary: cut }
`;

const shapes = {
  'model.embed_tokens.weight': [12, 4],
  'model.layers.0.q_proj.weight': [6, 4],
  'model.layers.0.norm.weight': [4],
  'model.layers.0.experts.gate': [2, 4, 4],
  'lm_head.weight': [12, 4],
};

function facts(given: Readonly<Record<string, readonly number[]>>, tied = false): ModelFacts {
  const tensors = Object.entries(given).map(([name, shape]): [string, TensorFacts] => [name, { dtype: 'F32', shape }]);
  return { tensors: new Map(tensors), tied, files: new Set(['config.json']) };
}

async function planned(
  adapterExport: AdapterExport,
  { from = facts(shapes), to = from }: { from?: ModelFacts; to?: ModelFacts } = {},
): Promise<Plan> {
  const workflow = workflowToExport(await workflowOf(text), { adapterExport });
  const models = new Map([
    ['base', from],
    ['tuned', to],
  ]);
  return expand(workflow, { models, commits: new Map([['base', 'c'.repeat(40)]]) });
}

const paramsOf = ({ steps }: Plan) =>
  steps.find(({ kind }) => kind === 'export-adapter')!.params as unknown as ExportAdapterParams;

test('linear layers are decomposed, and what is no linear layer is compared', async () => {
  const plan = await planned({ update: 'whole', rank: 4, rest: 'drop' });
  const params = paramsOf(plan);
  assert.equal([...params.linear].sort(), ['lm_head.weight', 'model.layers.0.q_proj.weight']);
  assert.equal([...params.others].sort(), [
    'model.embed_tokens.weight',
    'model.layers.0.experts.gate',
    'model.layers.0.norm.weight',
  ]);
  assert.equal([params.rank, params.rest, params.outside, params.tied], [4, 'drop', undefined, undefined]);
  assert.equal(params.base, { repo: 'org/base', commit: 'c'.repeat(40) });
  const kinds = plan.steps.map(({ kind }) => kind).sort();
  assert.equal(kinds, ['export-adapter', 'fetch', 'svd', 'svd']);
  assert.is(plan.exports.get('whole'), 'export-adapter[whole]');
  const tied = facts(shapes, true);
  assert.is(paramsOf(await planned({ update: 'whole', rank: 4, rest: 'drop' }, { from: tied })).tied, true);
});

test('an update of linear layers alone needs no choice, and tells what it leaves out', async () => {
  const params = paramsOf(await planned({ update: 'part', rank: 1, rest: undefined }));
  assert.equal(params.linear, ['model.layers.0.q_proj.weight']);
  assert.is(params.outside!.length, 4);
  assert.is(params.rest, undefined);
});

const fails = async (run: Promise<unknown>, message: RegExp) => {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, UsageError);
  assert.ok(message.test((error as Error).message), (error as Error).message);
};

test('what an adapter cannot hold is refused before anything runs', async () => {
  await fails(planned({ update: 'whole', rank: 4, rest: undefined }), /update whole has tensors that are not linear/);
  const larger = facts({ ...shapes, 'model.embed_tokens.weight': [13, 4], 'lm_head.weight': [13, 4] });
  const cut = /update cut is of the first rows of model\.embed_tokens\.weight and lm_head\.weight alone/;
  await fails(planned({ update: 'cut', rank: 4, rest: 'drop' }, { to: larger }), cut);
  const vectors = facts({ 'model.layers.0.norm.weight': [4] });
  await fails(planned({ update: 'whole', rank: 4, rest: 'drop' }, { from: vectors }), /whole has no linear layer/);
});

test('layers that store [in, out] are told by the shapes of those that widen', async () => {
  const gpt2 = facts({ 'transformer.h.0.attn.c_attn.weight': [4, 12], 'transformer.h.0.attn.c_proj.weight': [4, 4] });
  const bigcode = facts({ 'transformer.h.0.attn.c_attn.weight': [6, 4], 'transformer.h.0.attn.c_proj.weight': [4, 4] });
  const transposed = async (from: ModelFacts) =>
    paramsOf(await planned({ update: 'whole', rank: 4, rest: undefined }, { from })).transposed;
  assert.is((await transposed(gpt2))!.length, 2);
  const square = paramsOf(await planned({ update: 'square', rank: 4, rest: undefined }, { from: gpt2 }));
  assert.equal(square.transposed, ['transformer.h.0.attn.c_proj.weight']);
  assert.is(await transposed(bigcode), undefined);
});

test.run();
