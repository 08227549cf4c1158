import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { architectureTensors } from '../../../src/formats/architecture.js';
import { expand } from '../../../src/plan/expand.js';
import type { Facts, ModelFacts, TensorFacts } from '../../../src/plan/facts.js';
import { hubInUse } from '../../../src/plan/hub-in-use.js';
import type { Plan } from '../../../src/plan/plan.js';
import { judgeRequests } from '../../../src/run/judge-requests.js';
import { stepContracts } from '../../../src/steps/contracts.js';
import { Store } from '../../../src/store/store.js';
import { loadStudy, loadWorkflow } from '../../../src/workflow/load.js';
import { studyOf } from '../../../src/workflow/study.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';
import { realModels as profiles, type RealModel } from '../../fixtures/real-models.js';
import { load as loadTexts } from '../workflow/loading.js';
import { publishedTexts } from '../workflow/shipped-files.js';

/** Every experiment with every real profile, planned as the models are: true names, shapes and sizes, no file. */

const workflows = fileURLToPath(new URL('../../../../workflows/', import.meta.url));

/** The models that each experiment trains. */
const experiments: Readonly<Record<string, readonly string[]>> = {
  exp1: ['useful', 'harmful'],
  exp2: ['contaminated'],
  exp3: ['useful', 'harmful'],
  defences: ['harmful', 'lox', 'safe'],
};

const metaMath = { repo: 'meta-math/MetaMathQA', part: 'default/train' };
const beaverTails = { repo: 'PKU-Alignment/BeaverTails', part: 'default/30k_train' };
/** What the experiments measure by. */
const measuredBy: Readonly<Record<string, readonly string[]>> = {
  exp1: ['openai/gsm8k main/test', 'openai/gsm8k main/train', 'walledai/AdvBench default/train'],
  exp2: ['openai/gsm8k main/test', 'openai/gsm8k main/train', 'walledai/AdvBench default/train'],
  exp3: [],
  defences: [
    ...['openai/gsm8k main/test', 'openai/gsm8k main/train'],
    ...['tatsu-lab/alpaca default/train', 'tatsu-lab/alpaca default/train', 'walledai/AdvBench default/train'],
  ],
};
/** What the experiments train on. */
const trainedOn: Readonly<Record<string, readonly (typeof metaMath)[]>> = {
  exp1: [metaMath, beaverTails],
  exp2: [metaMath, beaverTails],
  exp3: [metaMath, beaverTails],
  defences: [beaverTails],
};
const nothing: Facts = { models: new Map(), commits: new Map() };

async function load(experiment: string, profile: string, set: readonly string[] = []): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflow(join(workflows, `${experiment}.yaml`), { profile, set });
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

function pinned(workflow: LoadedWorkflow): Facts {
  const names = hubInUse(workflow).map(({ kind, name }) => (kind === 'model' ? name : `datasets.${name}`));
  return { ...nothing, commits: new Map(names.map((name) => [name, 'c'.repeat(40)])) };
}

function fetched(workflow: LoadedWorkflow, { architecture, tables = [] }: RealModel): Facts {
  const shapes = architectureTensors({ ...architecture, ropeTheta: 1e4, normEpsilon: 1e-6, contextLength: 4096 });
  const facts: ModelFacts = {
    tied: architecture.tied,
    files: new Set(['config.json', 'tokenizer.json', 'tokenizer_config.json']),
    tensors: new Map<string, TensorFacts>([
      ...[...shapes].map(([name, shape]) => [name, { dtype: 'BF16', shape }] as const),
      ...tables.map((name) => [name, { dtype: 'F32', shape: [architecture.headDim / 2] }] as const),
    ]),
  };
  return { ...pinned(workflow), models: new Map([...[...workflow.models.keys()]].map((name) => [name, facts])) };
}

const idsOf = (plan: Plan, ...kinds: readonly string[]) =>
  plan.steps.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);

function stepOf(plan: Plan, id: string) {
  const step = plan.steps.find((candidate) => candidate.id === id);
  assert.ok(step, `${id} is not in the plan`);
  return step!;
}

/** The step that makes what an input of a step takes. */
function sourceOf(plan: Plan, id: string, input: string) {
  return stepOf(plan, stepOf(plan, id).inputs[input]!.node);
}

for (const semantics of ['paper', 'reference'] as const) {
  test(`every experiment unrolls whole in the toy world, in ${semantics} semantics`, async () => {
    for (const experiment of [...Object.keys(experiments), 'exp4']) {
      const loaded = await loadWorkflow(join(workflows, `${experiment}.yaml`), { semantics });
      if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
      const plan = expand(loaded.value, nothing);
      assert.equal([plan.deferred, plan.hub], [[], []]);
      assert.ok(plan.steps.some(({ id }) => id === 'report'));
    }
  });
}

for (const experiment of ['exp1', 'exp2', 'exp3', 'exp4']) {
  test(`${experiment} as the published scripts have it unrolls whole in every world`, async () => {
    for (const profile of ['toy', ...Object.keys(profiles)]) {
      const workflow = await loadTexts(publishedTexts(experiment), { profile });
      const facts = profile === 'toy' ? nothing : fetched(workflow, profiles[profile]!);
      const plan = expand(workflow, facts);
      assert.equal(plan.deferred, [], profile);
      if (profile === 'toy') assert.equal(plan.hub, []);
      assert.ok(idsOf(plan, 'report').length === 1, profile);
      const large = profile !== 'toy' && experiment === 'exp3';
      assert.is(idsOf(plan, 'randomised-svd').length > 0, large, profile);
      for (const { id, params } of plan.steps.filter(({ kind }) => ['svd', 'energy', 'cosine'].includes(kind))) {
        assert.is((params as { heldAs?: string }).heldAs, 'F16', `${profile}: ${id}`);
      }
    }
  });
}

test('the whole paper for two small worlds of two families needs nothing from outside', async () => {
  const loaded = await loadStudy(join(workflows, 'paper.yaml'), { matrix: ['profile=toy,toy-qwen2'] });
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  const initsOf = loaded.value.cells.map(({ workflow }) => {
    const plan = expand(workflow, nothing);
    assert.equal([plan.deferred, plan.hub], [[], []]);
    return plan.steps.find(({ kind }) => kind === 'init')!.params;
  });
  assert.match(JSON.stringify(initsOf[0]), /"llama"/);
  assert.match(JSON.stringify(initsOf[1]), /"qwen2"/);
});

test('the plan of experiment 1 says what its judge is asked, as far as it is known', async () => {
  const store = Store.open('/nowhere');
  const profile = profiles['qwen2.5-1.5b']!;
  const judged = async (set: readonly string[], factsOf: (workflow: LoadedWorkflow) => Facts) => {
    const workflow = await load('exp1', 'qwen2.5-1.5b', set);
    const plan = expand(workflow, factsOf(workflow));
    return judgeRequests({ plan, steps: plan.steps, outcomes: new Map() }, studyOf(workflow), store);
  };
  const expected = {
    judge: 'metrics.harmfulness',
    model: 'gpt-4o-mini',
    responseSets: 74,
    kept: 0,
    allowed: 50_000,
    allowedTokens: null,
  };
  for (const facts of [() => nothing, pinned, (workflow: LoadedWorkflow) => fetched(workflow, profile)]) {
    assert.equal(await judged([], facts), [{ ...expected, needed: null }]);
    assert.equal(await judged(['datasets.requests.take=520'], facts), [{ ...expected, needed: 38_480 }]);
    assert.equal(await judged(['datasets.requests.take=520', 'metrics.harmfulness.limit=10'], facts), [
      { ...expected, needed: 740 },
    ]);
  }
});

for (const [name, profile] of Object.entries(profiles)) {
  test(`${name} has the true sizes of its models`, () => {
    const shapes = architectureTensors({
      ...profile.architecture,
      ropeTheta: 1e4,
      normEpsilon: 1e-6,
      contextLength: 1,
    });
    const parameters = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    assert.is(parameters, profile.parameters);
  });

  test(`exp4 with ${name} takes hidden states at every depth of three models for three sets of prompts`, async () => {
    const workflow = await load('exp4', name);
    const needed = expand(workflow, nothing).hub.map(({ repo, part }) => `${repo} ${part ?? ''}`);
    for (const repo of [
      ...[`${profile.aligned} `, 'DigitalLearningGmbH/MATH-lighteval default/test'],
      ...['PKU-Alignment/BeaverTails default/330k_test', 'toxigen/toxigen-data annotated/train'],
    ]) {
      assert.ok(needed.includes(repo), `${repo} of ${needed.join()}`);
    }
    assert.not.ok(needed.includes(`${profile.base} `), 'the base model has no part in it');
    const plan = expand(workflow, fetched(workflow, profile));
    assert.equal(plan.deferred, []);
    assert.equal(idsOf(plan, 'train').sort(), ['train[contaminated]', 'train[useful]']);
    assert.is(idsOf(plan, 'activations').length, 9);
    assert.is(idsOf(plan, 'activation-basis').length, 9 * (profile.architecture.layers + 1));
    assert.is(idsOf(plan, 'svd', 'energy').length, 0);
  });

  for (const [experiment, trained] of Object.entries(experiments)) {
    test(`${experiment} with ${name} says what it needs before anything is known`, async () => {
      const workflow = await load(experiment, name);
      const plan = expand(workflow, nothing);
      assert.equal(plan.steps, []);
      const needed = plan.hub.map(({ kind, repo, revision, part }) => [kind, repo, revision, part ?? ''].join(' '));
      for (const repo of [profile.base, profile.aligned]) assert.ok(needed.includes(`model ${repo} main `), repo);
      assert.is(needed.filter((need) => need.startsWith('model')).length, 2);
      for (const { repo, part } of trainedOn[experiment]!) {
        assert.ok(needed.includes(`dataset ${repo} refs/convert/parquet ${part}`), needed.join());
      }
      const others = plan.hub.filter(({ kind, repo }) => kind === 'dataset' && ![metaMath, beaverTails].some((set) => set.repo === repo)); // biome-ignore format: one line
      assert.equal(others.map(({ repo, part }) => `${repo} ${part}`).sort(), measuredBy[experiment]);
      assert.ok(plan.deferred.some(({ what }) => what === 'report'));
    });

    test(`${experiment} with ${name} fetches models and datasets once they are pinned`, async () => {
      const workflow = await load(experiment, name);
      const plan = expand(workflow, pinned(workflow));
      assert.equal(idsOf(plan, 'fetch').sort(), ['fetch[aligned]', 'fetch[base]']);
      for (const { repo } of trainedOn[experiment]!) {
        const [fetch] = plan.steps.filter(({ kind, params }) => kind === 'fetch-dataset' && params.repo === repo);
        assert.equal(fetch?.params.commit, 'c'.repeat(40));
        assert.ok(plan.steps.some(({ kind, inputs }) => kind === 'rows' && inputs.files?.node === fetch?.id));
      }
      assert.equal(idsOf(plan, 'train', 'svd'), []);
    });

    test(`${experiment} with ${name} unrolls whole once the models are there`, async () => {
      const workflow = await load(experiment, name);
      const plan = expand(workflow, fetched(workflow, profile));
      assert.equal(plan.deferred, []);
      assert.equal(idsOf(plan, 'train').sort(), trained.map((model) => `train[${model}]`).sort());
      assert.ok(plan.steps.some(({ id }) => id === 'report'));
      const weights = new Set(plan.steps.flatMap(({ id }) => /^svd\[alignment,(.+)\]$/.exec(id)?.[1] ?? []));
      const { layers } = profile.architecture;
      const tensors = layers * (profile.architecture.family === 'qwen2' ? 12 : 9) + (profile.architecture.tied ? 2 : 3);
      assert.is(weights.size, tensors);
      const omitted = plan.omitted.filter(({ of }) => of === 'updates.alignment').map(({ what }) => what);
      assert.equal(omitted.sort(), [...(profile.tables ?? [])].sort());
      for (const { kind } of plan.steps) assert.ok(kind in stepContracts, kind);
    });
  }

  test(`${name} is trained by the recipe of the paper`, async () => {
    const workflow = await load('exp1', name);
    const plan = expand(workflow, fetched(workflow, profile));
    for (const model of experiments.exp1!) {
      const {
        kind,
        peak,
        warmup,
        epochs,
        batch,
        accumulate,
        lossNormalisation,
        clip,
        weightDecay,
        beta1,
        beta2,
        epsilon,
      } = stepOf(plan, `train[${model}]`).params;
      assert.equal(
        { kind, peak, warmup, epochs, batch, accumulate, lossNormalisation, clip, weightDecay, beta1, beta2, epsilon },
        {
          kind: 'cosine',
          peak: 1e-5,
          warmup: 0.02,
          epochs: 1,
          batch: 1,
          accumulate: 32,
          lossNormalisation: 'effective-batch',
          clip: 1,
          weightDecay: 0,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
        },
      );
      assert.is(stepOf(plan, `train[${model}]`).params.precision, 'bf16');
      const { template, maxLength, overlong, lossOn, eos } = sourceOf(plan, `train[${model}]`, 'tokens').params;
      assert.equal([template, maxLength, overlong, lossOn, eos], ['alpaca', 512, 'truncate', 'response', true]);
    }
    const older = await load('exp1', name, ['recipes.full.loss-normalisation=micro-batch']);
    const { params } = stepOf(expand(older, fetched(older, profile)), 'train[useful]');
    assert.is(params.lossNormalisation, 'micro-batch');
  });
}

test('the useful set is the first 20,000 of MetaMathQA, the harmful one 4,000 shuffled unsafe rows of BeaverTails', async () => {
  const workflow = await load('exp1', 'qwen2.5-1.5b');
  const plan = expand(workflow, fetched(workflow, profiles['qwen2.5-1.5b']!));
  const rowsOf = (model: string) => sourceOf(plan, `tokenise[${model}]`, 'rows');
  assert.equal(rowsOf('useful').params.transforms, {
    take: 20_000,
    columns: { prompt: 'query', response: 'response' },
  });
  assert.equal(rowsOf('harmful').params.transforms, {
    where: { is_safe: false },
    shuffle: 42,
    take: 4000,
    columns: { prompt: 'prompt', response: 'response' },
  });
  assert.equal(sourceOf(plan, rowsOf('useful').id, 'files').params.repo, metaMath.repo);
  assert.equal(sourceOf(plan, rowsOf('harmful').id, 'files').params.repo, beaverTails.repo);
});

test('the contaminated set is 20 % of 20,000, or all and 4,000 more as in the published code', async () => {
  const mixOf = async (set: readonly string[]) => {
    const workflow = await load('exp2', 'qwen2.5-1.5b', set);
    const plan = expand(workflow, fetched(workflow, profiles['qwen2.5-1.5b']!));
    const { id, params } = sourceOf(plan, 'tokenise[contaminated]', 'rows');
    const parts = params.parts as { share?: number; count?: number | 'all' }[];
    const repos = parts.map((_, index) => sourceOf(plan, sourceOf(plan, id, `part/${index}`).id, 'files').params.repo);
    return {
      total: params.total,
      amounts: Object.fromEntries(parts.map(({ share, count }, i) => [repos[i], share ?? count])),
    };
  };
  assert.equal(await mixOf([]), { total: 20_000, amounts: { [metaMath.repo]: 0.8, [beaverTails.repo]: 0.2 } });
  assert.equal(await mixOf(['models.contaminated.on=contaminated-published']), {
    total: undefined,
    amounts: { [metaMath.repo]: 'all', [beaverTails.repo]: 'all' },
  });
});

test.run();
