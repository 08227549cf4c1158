import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { atTrainingSeed, hasTrainingSeeds, trainingSeeds } from '../../../src/workflow/models/training-seeds.js';
import type { Dataset, Model, ModelOf, Recipe } from '../../../src/workflow/workflow.js';
import { load, problems, screen } from './loading.js';

/** Datasets, recipes and the models that are trained with them. */

const text = `runflow: 1
seed: 3
models:
  scratch:
    init: { family: llama, hidden: 8, layers: 1, heads: 2, mlp: 8, vocabulary: 50 }
    tokenizer: { words-of: [problems, mine] }
  base: { pretrain: scratch, on: both, recipe: quick }
  aligned: { align: base, on: problems, recipe: quick, seed: 7 }
  tuned: { finetune: aligned, on: mine, recipe: full }
datasets:
  mine: { path: data/mine.jsonl, where: { ok: true, lang: [en, de] }, columns: { response: a, prompt: q } }
  hub: { hub: owner/rows, split: train, take: 10, skip: 5, shuffle: 42 }
  files: { hub: owner/rows, files: [b.jsonl, a.jsonl] }
  problems: { synthetic: problems, rows: 20 }
  vaults: { synthetic: vaults, rows: 20, answer: refuse, vaults: [1, 8], seed: 5 }
  both: { mix: { problems: 0.25, mine: 0.75 }, total: 16 }
  more: { mix: { problems: all, mine: 4 } }
recipes:
  quick: { lr: 0.01 }
  full:
    lr: 1e-5
    schedule: linear
    warmup: 0.02
    steps: 12
    batch: 2
    accumulate: 4
    loss-normalisation: micro-batch
    clip: none
    weight-decay: 0.01
    betas: [0.8, 0.9]
    epsilon: 1e-6
    precision: bf16
    rounding: stochastic
    order: as-is
    template: { prompt: "Q {prompt} A", response: " {response}" }
    eos: false
    loss-on: all
    max-length: 64
    overlong: drop
    checkpoint-every: 5
    activation-checkpointing: true
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, to);
  }
  return { 'lab/main.yaml': result };
}

type Bare<T> = T extends unknown ? Omit<T, 'range' | 'name'> : never;

function bare<T extends { range: unknown; name: string }>(definition: T): Bare<T> {
  const { range: _, name: __, ...rest } = definition;
  return rest as unknown as Bare<T>;
}

const model = async (name: string) => bare<Model>((await load(changed())).models.get(name)!);
const dataset = async (name: string) => bare<Dataset>((await load(changed())).datasets.get(name)!);
const recipe = async (name: string) => bare<Recipe>((await load(changed())).recipes.get(name)!);

test('pretrain, align and finetune are one thing under three names', async () => {
  const train = { kind: 'train', recipe: 'quick', seed: 3 };
  assert.equal(await model('base'), { ...train, purpose: 'pretrain', from: 'scratch', on: 'both' });
  assert.equal(await model('aligned'), { ...train, purpose: 'align', from: 'base', on: 'problems', seed: 7 });
  assert.equal(await model('tuned'), { ...train, purpose: 'finetune', from: 'aligned', on: 'mine', recipe: 'full' });
});

test('a list of training seeds stands in place of the seed', async () => {
  const seeded = await load(changed(['seed: 7 }', 'seeds: [4, 2] }']));
  const polite = seeded.models.get('aligned') as ModelOf<'train'>;
  assert.equal([polite.seed, polite.seeds], [2, [2, 4]]);
  assert.equal(trainingSeeds(seeded.models), [2, 4]);
  assert.is(trainingSeeds((await load(changed())).models), undefined);
  const second = atTrainingSeed(seeded, 2);
  const { seed, seeds } = second.models.get('aligned') as ModelOf<'train'>;
  assert.equal([seed, seeds], [2, [2]]);
  assert.is(second.models.get('tuned'), seeded.models.get('tuned'));
  const depends = [...seeded.models.keys()].filter((name) => hasTrainingSeeds(name, seeded));
  assert.equal(depends, ['aligned', 'tuned']);
});

test('models list the same training seeds, in any order; of others both places are told', async () => {
  const both = (seeds: string) =>
    changed(['seed: 7 }', 'seeds: [4, 2] }'], ['recipe: full }', `recipe: full, seeds: ${seeds} }`]);
  assert.equal(trainingSeeds((await load(both('[2, 4]'))).models), [2, 4]);
  const text = await screen(both('[2, 4, 5]'));
  assert.match(
    text,
    /main\.yaml:9:\d+: error: models aligned and tuned have different training seeds: 2, 4 and 2, 4, 5/,
  );
  assert.match(text, /main\.yaml:8:\d+: those of aligned/);
  assert.match(text, /Give both the same list|give both the same list/);
});

test('a new model may get a tokenizer of the words of datasets', async () => {
  const scratch = await model('scratch');
  assert.equal(scratch.kind === 'init' && scratch.tokenizer, { wordsOf: ['problems', 'mine'], template: 'raw' });
});

test('datasets come from disk, from the hub, from others and from generators', async () => {
  assert.equal(await dataset('mine'), {
    kind: 'path',
    path: resolve('lab/data/mine.jsonl'),
    transforms: { where: { lang: ['en', 'de'], ok: true }, columns: { prompt: 'q', response: 'a' } },
  });
  assert.equal(await dataset('hub'), {
    kind: 'hub',
    repo: 'owner/rows',
    revision: 'refs/convert/parquet',
    rows: { config: 'default', split: 'train' },
    transforms: { shuffle: 42, skip: 5, take: 10 },
  });
  assert.equal(await dataset('files'), {
    kind: 'hub',
    repo: 'owner/rows',
    revision: 'main',
    rows: { files: ['b.jsonl', 'a.jsonl'] },
    transforms: {},
  });
  assert.equal(await dataset('problems'), {
    kind: 'problems',
    rows: 20,
    seed: 3,
    split: 'train',
    transforms: {},
  });
  assert.equal(await dataset('vaults'), {
    kind: 'vaults',
    rows: 20,
    seed: 5,
    answer: 'refuse',
    vaults: [1, 8],
    transforms: {},
  });
});

test('the parts of a mix stand in the order of their names, whatever the order they are written in', async () => {
  assert.equal(await dataset('both'), {
    kind: 'mix',
    parts: [
      { dataset: 'mine', share: 0.75 },
      { dataset: 'problems', share: 0.25 },
    ],
    total: 16,
    transforms: {},
  });
  assert.equal(await dataset('more'), {
    kind: 'mix',
    parts: [
      { dataset: 'mine', count: 4 },
      { dataset: 'problems', count: 'all' },
    ],
    transforms: {},
  });
});

test('the order of keys in where and columns is forgotten', async () => {
  const written = (await load(changed(['{ ok: true, lang: [en, de] }', '{ lang: [en, de], ok: true }']))).datasets.get(
    'mine',
  )!;
  const other = (await load(changed())).datasets.get('mine')!;
  assert.is(JSON.stringify(written.transforms), JSON.stringify(other.transforms));
});

test('a recipe says everything, or next to nothing', async () => {
  assert.equal(await recipe('quick'), {
    lr: 0.01,
    schedule: 'cosine',
    warmup: 0,
    length: { epochs: 1 },
    batch: 1,
    accumulate: 1,
    lossNormalisation: 'effective-batch',
    clip: 1,
    weightDecay: 0,
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    precision: 'f32',
    rounding: 'nearest',
    order: 'shuffled',
    tokens: { template: 'alpaca', eos: true, lossOn: 'response', maxLength: 512, overlong: 'truncate' },
    checkpointEvery: 100,
    activationCheckpointing: false,
  });
  assert.equal(await recipe('full'), {
    lr: 1e-5,
    schedule: 'linear',
    warmup: 0.02,
    length: { steps: 12 },
    batch: 2,
    accumulate: 4,
    lossNormalisation: 'micro-batch',
    clip: null,
    weightDecay: 0.01,
    betas: [0.8, 0.9],
    epsilon: 1e-6,
    precision: 'bf16',
    rounding: 'stochastic',
    order: 'as-is',
    tokens: {
      template: { prompt: 'Q {prompt} A', response: ' {response}' },
      eos: false,
      lossOn: 'all',
      maxLength: 64,
      overlong: 'drop',
    },
    checkpointEvery: 5,
    activationCheckpointing: true,
  });
});

test('a workflow that trains shows the loss', async () => {
  assert.equal((await load(changed())).report.figures, ['loss', 'data']);
});

const refused: readonly (readonly [string, readonly (readonly [string, string])[], RegExp])[] = [
  [
    'an unknown dataset',
    [['on: mine, recipe', 'on: mien, recipe']],
    /there is no dataset "mien".*Did you mean "mine"/s,
  ],
  ['an unknown recipe', [['recipe: full', 'recipe: ful']], /there is no recipe "ful".*Did you mean "full"/s],
  ['a missing recipe', [[', recipe: full', '']], /models\.tuned lacks "recipe".*For example: recipe: full/s],
  ['an unknown part of a mix', [['{ problems: all', '{ problem: all']], /there is no dataset "problem"/],
  [
    'two ways to make a model',
    [['finetune: aligned', 'finetune: aligned, path: x']],
    /says twice how the model is made: path and finetune/,
  ],
  [
    'models that train each other',
    [['align: base', 'align: tuned']],
    /model is made from itself: aligned ← tuned ← aligned/,
  ],
  ['a mix of itself', [['{ problems: all', '{ more: all']], /dataset is made from itself: more ← more/],
  ['shares that do not sum to 1', [['problems: 0.25', 'problems: 0.2']], /the shares sum to 0\.95, not to 1/],
  ['a count among shares', [['problems: 0.25', 'problems: 4']], /4 is not a share of the total/],
  ['all among shares', [['problems: 0.25', 'problems: all']], /all is not a share of the total/],
  [
    'a share without a total',
    [
      [', total: 16', ''],
      ['problems: 0.25', 'problems: 2'],
    ],
    /0\.75 is not a number of rows/,
  ],
  ['a word for a count', [['problems: all', 'problems: al']], /mix\.problems cannot be "al".*Did you mean "all"/s],
  ['an empty mix', [['{ problems: all, mine: 4 }', '{}']], /datasets\.more\.mix is empty/],
  ['both a split and files', [['split: train', 'split: train, files: [a.csv]']], /names both a split and files/],
  ['neither split nor files', [['split: train, ', '']], /says neither which split nor which files/],
  ['a configuration of files', [['files: [b', 'config: main, files: [b']], /a configuration is of a split/],
  ['a file outside the repository', [['b.jsonl', '../b.jsonl']], /files\.0 cannot be "\.\.\/b\.jsonl"/],
  ['a file given twice', [['b.jsonl', 'a.jsonl']], /holds "a\.jsonl" twice/],
  [
    'an unknown generator',
    [['synthetic: problems', 'synthetic: problem']],
    /"problem" is not a synthetic of dataset.*Did you mean "problems"/s,
  ],
  [
    'a dataset from nowhere',
    [['synthetic: problems, ', '']],
    /datasets\.problems does not say how the dataset is made/,
  ],
  ['vaults the wrong way round', [['[1, 8]', '[8, 1]']], /the first vault, 8, comes after the last, 1/],
  ['a vault there is not', [['[1, 8]', '[1, 17]']], /vaults\.1 is 17; it must be at most 16/],
  ['a learning rate of 0', [['lr: 0.01', 'lr: 0']], /recipes\.quick\.lr is 0; it must be above 0/],
  [
    'a learning rate beyond f32',
    [['lr: 0.01', 'lr: 1.0e+300']],
    /recipes\.quick\.lr is 1e\+300; it must be at most 3\.4e\+38/,
  ],
  ['a learning rate that f32 takes for 0', [['lr: 0.01', 'lr: 1.0e-45']], /lr is 1e-45; it must be at least 1\.2e-38/],
  [
    'a seed beside a list of seeds',
    [['seed: 7 }', 'seed: 7, seeds: [1, 2] }']],
    /models\.aligned has both a seed and a list of seeds/,
  ],
  ['a seed twice in a list', [['seed: 7 }', 'seeds: [1, 1] }']], /models\.aligned\.seeds/],
  ['no seed in a list', [['seed: 7 }', 'seeds: [] }']], /models\.aligned\.seeds/],
  ['a recipe without a learning rate', [['lr: 0.01', 'batch: 1']], /recipes\.quick lacks "lr"/],
  ['epochs and steps', [['steps: 12', 'steps: 12\n    epochs: 1']], /gives both epochs and steps/],
  [
    'rounding where nothing is rounded',
    [['precision: bf16', 'precision: f32']],
    /with precision f32 weights are not rounded/,
  ],
  ['a warm-up of the whole training', [['warmup: 0.02', 'warmup: 1']], /warmup is 1; it must be below 1/],
  [
    'an unknown template',
    [['template: { prompt: "Q {prompt} A", response: " {response}" }', 'template: alpca']],
    /template cannot be "alpca".*Did you mean "alpaca"/s,
  ],
  [
    'a template without its prompt',
    [['Q {prompt} A', 'Q A']],
    /template\.prompt cannot be "Q A".*For example: "Q: \{prompt\}/s,
  ],
  ['half a template', [[', response: " {response}"', '']], /recipes\.full\.template lacks "response"/],
  ['clipping at a word', [['clip: none', 'clip: non']], /clip cannot be "non".*Did you mean "none"/s],
  [
    'an unknown key',
    [['checkpoint-every', 'checkpoints-every']],
    /unknown key "checkpoints-every".*Did you mean "checkpoint-every"/s,
  ],
];
for (const [what, changes, message] of refused) {
  test(`refused: ${what}, in one error`, async () => {
    const texts = changed(...changes);
    assert.match(await screen(texts), message);
    assert.is((await problems(texts)).length, 1);
  });
}

test.run();
