import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import { expand } from '../../../src/plan/expand.js';
import type { Facts, ModelFacts } from '../../../src/plan/facts.js';
import { fingerprintOf, keyOf } from '../../../src/plan/key.js';
import { stepDeclarations } from '../../../src/steps/registry.js';
import type { Step } from '../../../src/steps/step.js';
import { type LoadOptions, loadWorkflow } from '../../../src/workflow/load.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';
import { memoryFiles } from '../workflow/memory-files.js';
import { declaration } from './memory-store.js';

/** Uses every kind of definition that the schema knows. */
const text = `runflow: 1
name: fields
seed: 5
params: { norm: 0.05 }
models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 } }
  other: { init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 }, seed: 6 }
  aligned: { perturb: base, seed: 2, norm: '\${params.norm}', decay: 0.7 }
  useful: { perturb: aligned, seed: 3, norm: 0.02, decay: 0.8, share: { update: alignment, weight: 0.3 } }
  local: { path: local }
  remote: { hub: org/remote }
  words:
    init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 }
    tokenizer: { words-of: [mixed] }
  words2:
    init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 }
    seed: 7
    tokenizer: { words-of: [mixed] }
  trained: { pretrain: words, on: mixed, recipe: full }
  polite: { align: trained, on: problems, recipe: full }
  tuned: { finetune: polite, on: vaults, recipe: brief }
datasets:
  file: { path: file.jsonl }
  far: { hub: org/far, split: train }
  listed: { hub: org/listed, files: [a.jsonl] }
  problems: { synthetic: problems, rows: 20 }
  vaults: { synthetic: vaults, rows: 20, answer: comply }
  mixed: { mix: { file: 0.5, far: 0.25, listed: 0.25 }, total: 8 }
recipes:
  full: { lr: 1e-3, precision: bf16 }
  brief: { lr: 1e-3, precision: bf16, steps: 3, template: { prompt: 'Q {prompt}', response: ' {response}' } }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  outward: { from: remote, to: local }
  homeward: { from: local, to: remote }
  sideways: { from: base, to: other }
  training: { from: trained, to: tuned }
  politeness: { from: trained, to: polite }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment }
  random: { kind: random, like: alignment }
sweeps:
  parallel: { project: useful, onto: [top-k, random-k, random], mode: parallel, fractions: [0.1, 0.5] }
metrics:
  overlap:
    kind: mso
    pairs: [[useful, alignment], [outward, homeward], [training, politeness]]
    energies: [0.1, 0.5]
`;

interface Keyed {
  readonly step: Step;
  readonly key: Digest;
}

/** All steps with the keys they would have if every output were determined by its step's key. */
async function keysOf(source: string, options: LoadOptions = {}): Promise<Map<string, Keyed>> {
  const loaded = await loadWorkflow('fields.yaml', options, memoryFiles({ 'fields.yaml': source }));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  const plan = expand(loaded.value, factsOf(loaded.value));
  assert.equal(plan.deferred, []);
  const outputs = new Map<string, Artifacts>();
  for (const [node, { name }] of plan.sources) outputs.set(node, everyOutput(contentOf(loaded.value, node, name)));
  const keyed = new Map<string, Keyed>();
  for (const step of plan.steps) {
    const key = keyOf(
      fingerprintOf(step, stepDeclarations[step.kind] ?? declaration(step.kind, 1, true), outputs, 'device'),
    );
    outputs.set(step.id, everyOutput(key));
    keyed.set(step.id, { step, key });
  }
  return keyed;
}

/**
 * The kinds of steps that an edit concerns itself: whose parameters or wiring it changes, or that read a source it
 * changes. All that comes after them moves too.
 */
function concerned(before: Map<string, Keyed>, after: Map<string, Keyed>): string {
  const kinds = new Set<string>();
  const moved = (id: string) => after.has(id) && before.get(id)?.key !== after.get(id)!.key;
  for (const [id, { step }] of after) {
    if (!moved(id)) continue;
    const old = before.get(id)?.step;
    const differs = JSON.stringify([old?.params, old?.inputs]) !== JSON.stringify([step.params, step.inputs]);
    const passedOn = Object.values(step.inputs).some(({ node }) => moved(node));
    if (differs || !passedOn) kinds.add(step.kind);
  }
  // The report tells of every definition.
  if (kinds.size > 1) kinds.delete('report');
  return [...kinds].sort().join(' ');
}

/** Has any output it is asked for, with a digest made from the name and what made it. */
function everyOutput(from: Digest): Artifacts {
  const all: Artifact = { digest: from, bytes: 1 };
  return new Proxy({ all }, { get: (_, name) => ({ digest: digestOf(`${from} ${String(name)}`), bytes: 1 }) });
}

/** Another path stands for another content here; that the same content at another path moves no key, key.test.ts says. */
function contentOf(workflow: LoadedWorkflow, node: string, name: string): Digest {
  const source = node.startsWith('source[datasets.') ? workflow.datasets.get(name) : workflow.models.get(name);
  if (source?.kind !== 'path') throw new Error(`${node} is no source`);
  return digestOf(source.path);
}

/** Every repository has a commit, another for each revision; all foreign models have one architecture. */
function factsOf(workflow: LoadedWorkflow): Facts {
  const foreign: ModelFacts = {
    tensors: new Map([['weight', { dtype: 'F32', shape: [8, 4] }]]),
    tied: false,
    files: new Set(['config.json']),
  };
  const commits = new Map<string, string>();
  for (const [section, definitions] of [
    ['', workflow.models],
    ['datasets.', workflow.datasets],
  ] as const) {
    for (const definition of definitions.values()) {
      if (definition.kind !== 'hub') continue;
      commits.set(`${section}${definition.name}`, digestOf(`${definition.repo} ${definition.revision}`).slice(7, 47));
    }
  }
  return {
    models: new Map([
      ['local', foreign],
      ['remote', foreign],
    ]),
    commits,
    deviceClass: 'device',
  };
}

/** Everything that a property of the schema may be called: `<definition>.<property>`, deeper ones with more points. */
function schemaFields(): string[] {
  interface Schema {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly $defs?: Readonly<Record<string, Schema>>;
  }
  const schema = JSON.parse(
    readFileSync(new URL('../../../../schema/workflow.schema.json', import.meta.url), 'utf8'),
  ) as Schema;
  const fields: string[] = [];
  const pending: [string, Schema][] = [
    ['', schema],
    ...Object.entries(schema.$defs ?? {}).filter(([name]) => name !== 'sections'),
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, property] of Object.entries(next[1].properties ?? {})) {
      const field = next[0] === '' ? name : `${next[0]}.${name}`;
      fields.push(field);
      pending.push([field, property]);
    }
  }
  return fields.sort();
}

/** `--set` if it has no arrow, else `text → other text`. Each field, and the kinds of steps that it concerns itself. */
const cases: readonly (readonly [field: string, edit: string, kinds: string])[] = [
  ['name', 'name: fields → name: other', 'report'],
  ['params', 'params.norm=0.06', 'perturb'],
  ['seed', 'seed=6', 'energy energy-table init random-basis synthetic train'],
  ['semantics', 'semantics=reference', 'energy energy-table random-basis svd'],

  ['pathModel.path', 'models.local.path=elsewhere', 'svd'],
  ['hubModel.hub', 'models.remote.hub=org/other', 'fetch'],
  ['hubModel.revision', 'models.remote.revision=v2', 'fetch'],
  ['initModel.seed', 'models.base.seed=6', 'init'],
  ['initModel.dtype', 'models.base.dtype=bf16', 'init'],
  ['initModel.initializer-range', 'models.base.initializer-range=0.1', 'init'],
  ['initModel.tokenizer.words-of', 'models.words.tokenizer.words-of=[problems]', 'word-tokenizer'],
  ['initModel.tokenizer.template', 'models.words.tokenizer.template=alpaca', 'word-tokenizer'],
  ['pretrainedModel.pretrain', 'models.trained.pretrain=words2', 'init tokenise train word-tokenizer'],
  ['pretrainedModel.on', 'models.trained.on=vaults', 'tokenise'],
  ['pretrainedModel.recipe', 'models.trained.recipe=brief', 'tokenise train'],
  ['pretrainedModel.seed', 'models.trained.seed=9', 'train'],
  ['alignedModel.align', 'models.polite.align=words', 'tokenise train'],
  ['alignedModel.on', 'models.polite.on=vaults', 'tokenise'],
  ['alignedModel.recipe', 'models.polite.recipe=brief', 'tokenise train'],
  ['alignedModel.seed', 'models.polite.seed=9', 'train'],
  ['finetunedModel.finetune', 'models.tuned.finetune=trained', 'tokenise train'],
  ['finetunedModel.on', 'models.tuned.on=problems', 'tokenise'],
  ['finetunedModel.recipe', 'models.tuned.recipe=full', 'tokenise train'],
  ['finetunedModel.seed', 'models.tuned.seed=9', 'train'],
  ['perturbModel.perturb', 'models.aligned.perturb=other', 'init perturb'],
  ['perturbModel.seed', 'models.aligned.seed=9', 'perturb'],
  ['perturbModel.norm', 'models.aligned.norm=0.9', 'perturb'],
  ['perturbModel.decay', 'models.aligned.decay=0.9', 'perturb'],
  ['perturbModel.share', ', share: { update: alignment, weight: 0.3 } → ', 'perturb'],
  ['perturbModel.share.update', 'models.useful.share.update=sideways', 'init perturb'],
  ['perturbModel.share.weight', 'models.useful.share.weight=0.9', 'perturb'],

  ['architecture.family', 'models.words.init.family=qwen2', 'init overlap overlap-table svd'],
  ['architecture.hidden', 'models.words.init.hidden=32', 'init'],
  ['architecture.layers', 'models.words.init.layers=2', 'init overlap overlap-table svd'],
  ['architecture.heads', 'models.words.init.heads=2', 'init'],
  ['architecture.kv-heads', 'models.words.init.kv-heads=2', 'init'],
  ['architecture.head-dim', 'models.words.init.head-dim=8', 'init'],
  ['architecture.mlp', 'models.words.init.mlp=32', 'init'],
  ['architecture.vocabulary', 'models.words.init.vocabulary=30', 'init word-tokenizer'],
  ['architecture.tied', 'models.words.init.tied=true', 'init overlap-table'],
  ['architecture.attention-bias', 'models.words.init.attention-bias=true', 'init overlap overlap-table svd'],
  ['architecture.mlp-bias', 'models.words.init.mlp-bias=true', 'init overlap overlap-table svd'],
  ['architecture.rope-theta', 'models.words.init.rope-theta=500000', 'init'],
  ['architecture.norm-epsilon', 'models.words.init.norm-epsilon=1e-5', 'init'],
  ['architecture.context-length', 'models.words.init.context-length=64', 'init'],

  ['pathDataset.path', 'datasets.file.path=other.jsonl', 'rows'],
  ['pathDataset.files', 'datasets.file.files=[b.jsonl]', 'rows'],
  ['hubDataset.hub', 'datasets.far.hub=org/other', 'fetch-dataset'],
  ['hubDataset.split', 'datasets.far.split=test', 'fetch-dataset'],
  ['hubDataset.config', 'datasets.far.config=main', 'fetch-dataset'],
  ['hubDataset.files', 'datasets.listed.files=[b.jsonl]', 'fetch-dataset rows'],
  ['hubDataset.revision', 'datasets.listed.revision=v2', 'fetch-dataset'],
  ['mixDataset.mix', 'far: 0.25, listed: 0.25 → far: 0.3, listed: 0.2', 'mix'],
  ['mixDataset.total', 'datasets.mixed.total=12', 'mix'],
  [
    'problemsDataset.synthetic',
    '{ synthetic: problems, rows: 20 } → { synthetic: vaults, rows: 20, answer: refuse }',
    'synthetic',
  ],
  ['problemsDataset.rows', 'datasets.problems.rows=21', 'synthetic'],
  ['problemsDataset.seed', 'datasets.problems.seed=9', 'synthetic'],
  ['problemsDataset.split', 'datasets.problems.split=test', 'synthetic'],
  [
    'vaultsDataset.synthetic',
    '{ synthetic: vaults, rows: 20, answer: comply } → { synthetic: problems, rows: 9 }',
    'synthetic',
  ],
  ['vaultsDataset.rows', 'datasets.vaults.rows=21', 'synthetic'],
  ['vaultsDataset.answer', 'datasets.vaults.answer=refuse', 'synthetic'],
  ['vaultsDataset.vaults', 'datasets.vaults.vaults=[1, 8]', 'synthetic'],
  ['vaultsDataset.seed', 'datasets.vaults.seed=9', 'synthetic'],
  ...transforms('pathDataset', 'file', 'rows'),
  ...transforms('hubDataset', 'far', 'rows'),
  ...transforms('mixDataset', 'mixed', 'mix'),
  ...transforms('problemsDataset', 'problems', 'synthetic'),
  ...transforms('vaultsDataset', 'vaults', 'synthetic'),

  ['recipe.lr', 'recipes.full.lr=0.01', 'train'],
  ['recipe.schedule', 'recipes.full.schedule=linear', 'train'],
  ['recipe.warmup', 'recipes.full.warmup=0.1', 'train'],
  ['recipe.epochs', 'recipes.full.epochs=2', 'train'],
  ['recipe.steps', 'recipes.full.steps=7', 'train'],
  ['recipe.batch', 'recipes.full.batch=2', 'train'],
  ['recipe.accumulate', 'recipes.full.accumulate=2', 'train'],
  ['recipe.loss-normalisation', 'recipes.full.loss-normalisation=micro-batch', 'train'],
  ['recipe.clip', 'recipes.full.clip=2', 'train'],
  ['recipe.clip', 'recipes.full.clip=none', 'train'],
  ['recipe.weight-decay', 'recipes.full.weight-decay=0.1', 'train'],
  ['recipe.betas', 'recipes.full.betas=[0.9, 0.95]', 'train'],
  ['recipe.epsilon', 'recipes.full.epsilon=1e-6', 'train'],
  ['recipe.precision', 'recipes.full.precision=bf16-weights', 'train'],
  ['recipe.rounding', 'recipes.full.rounding=stochastic', 'train'],
  ['recipe.order', 'recipes.full.order=as-is', 'train'],
  ['recipe.template', 'recipes.full.template=raw', 'tokenise'],
  ['recipe.eos', 'recipes.full.eos=false', 'tokenise'],
  ['recipe.loss-on', 'recipes.full.loss-on=all', 'tokenise'],
  ['recipe.max-length', 'recipes.full.max-length=64', 'tokenise'],
  ['recipe.overlong', 'recipes.full.overlong=drop', 'tokenise'],
  ['template.prompt', "'Q {prompt}' → 'Ask {prompt}'", 'tokenise'],
  ['template.response', "' {response}' → '= {response}'", 'tokenise'],

  ['update.from', 'updates.useful.from=base', 'energy svd'],
  ['update.to', 'updates.useful.to=base', 'energy svd'],
  ['topKSubspace.kind', '{ kind: top-k, of: alignment } → { kind: random-k, of: alignment }', 'energy energy-table'],
  ['topKSubspace.of', 'subspaces.top-k.of=useful', 'energy'],
  ['randomKSubspace.kind', '{ kind: random-k, of: alignment } → { kind: top-k, of: alignment }', 'energy energy-table'],
  ['randomKSubspace.of', 'subspaces.random-k.of=useful', 'energy'],
  ['randomKSubspace.seeds', 'subspaces.random-k.seeds=[5, 6]', 'energy energy-table'],
  ['randomSubspace.kind', '{ kind: random, like: alignment } → { kind: top-k, of: alignment }', 'energy energy-table'],
  ['randomSubspace.seeds', 'subspaces.random.seeds=[6]', 'energy energy-table random-basis'],
  ['sweep.project', 'sweeps.parallel.project=[useful, alignment]', 'energy energy-table'],
  ['sweep.onto', 'sweeps.parallel.onto=[top-k, random]', 'energy-table'],
  ['sweep.mode', 'sweeps.parallel.mode=orthogonal', 'energy energy-table'],
  ['sweep.side', 'sweeps.parallel.side=left', 'energy energy-table random-basis'],
  ['sweep.fractions', 'sweeps.parallel.fractions=[0.1, 0.9]', 'energy energy-table'],
  ['msoMetric.pairs', 'metrics.overlap.pairs=[[useful, alignment]]', 'overlap-table'],
  ['msoMetric.energies', 'metrics.overlap.energies=[0.1]', 'overlap-table'],
  ['report.title', 'report.title=Other', 'report'],
  ['report.figures', 'report.figures=[energy]', 'report'],
  ['report.tables', 'report.tables=[energy]', 'report'],
];

function transforms(field: string, dataset: string, kind: string): [string, string, string][] {
  const values = { where: '{ a: 1 }', shuffle: '42', skip: '1', take: '2', columns: '{ prompt: a }' };
  return Object.entries(values).map(([name, value]) => [
    `${field}.${name}`,
    `datasets.${dataset}.${name}=${value}`,
    kind,
  ]);
}

/** Fields that move no key, and why that is right. */
const noEffect: Readonly<Record<string, string>> = {
  'recipe.checkpoint-every': 'recipes.full.checkpoint-every=7',
  'recipe.activation-checkpointing': 'recipes.full.activation-checkpointing=true',
  // Only shapes are taken from the update, and all updates that can meet in a sweep have the same.
  'randomSubspace.like': 'subspaces.random.like=useful',
};

/** Fields that cannot be changed by themselves: sections (their definitions are fields), constants, and ways to compose text. */
const noValueOfTheirOwn: readonly string[] = [
  ...['runflow', 'include', 'profile', 'profiles', 'models', 'datasets', 'recipes', 'updates', 'subspaces', 'sweeps'],
  ...['metrics', 'claims', 'report', 'initModel.init', 'initModel.tokenizer', 'msoMetric.kind', 'sweep.measure'],
];

/** Definitions that the planner refuses (src/plan/refuse-unplanned.ts): what they say moves no key, for nothing is planned. */
const unplanned = [
  ...['activationMsoMetric', 'exactMatchMetric', 'judgeMetric', 'lossMetric'],
  ...['rulesJudge', 'openaiJudge', 'modelJudge', 'rubric'],
  ...['linearEnergyClaim', 'strongerThanRandomClaim', 'fallingTogetherClaim', 'aboveBaselineClaim', 'highestPairClaim'],
];

async function edited(edit: string): Promise<Map<string, Keyed>> {
  const [from, to] = edit.split(' → ');
  if (to === undefined) return keysOf(text, { set: [edit] });
  assert.ok(text.includes(from!), edit);
  return keysOf(text.replace(from!, to));
}

const before = await keysOf(text);

test('every field of the schema is spoken for', () => {
  const spokenFor = new Set([...cases.map(([field]) => field), ...Object.keys(noEffect), ...noValueOfTheirOwn]);
  const fields = schemaFields().filter((field) => !unplanned.includes(field.split('.')[0]!));
  assert.ok(fields.length > 100);
  assert.equal(
    fields.filter((field) => !spokenFor.has(field)),
    [],
  );
  assert.equal(
    [...spokenFor].filter((field) => !fields.includes(field)),
    [],
  );
});

test('a change of a field moves the keys of the steps it concerns, and only theirs and of what comes after', async () => {
  for (const [field, edit, kinds] of cases)
    assert.is(concerned(before, await edited(edit)), kinds, `${field}: ${edit}`);
});

test('a field without an effect moves no key', async () => {
  for (const edit of Object.values(noEffect)) {
    const after = await edited(edit);
    const moved = [...after].filter(([id, { step, key }]) => step.kind !== 'report' && before.get(id)?.key !== key);
    assert.equal(
      moved.map(([id]) => id),
      [],
      edit,
    );
  }
});

test.run();
