import type { SourceRange } from '../../../src/diagnostics/diagnostic.js';
import type { DType } from '../../../src/formats/tensor.js';
import type { Facts, ModelFacts } from '../../../src/plan/facts.js';
import type { Update } from '../../../src/workflow/updates.js';
import type { Metric, Model, Recipe, Subspace, Sweep, SweepOf, Workflow } from '../../../src/workflow/workflow.js';

const start = { line: 3, column: 5, offset: 20 };
export const range: SourceRange = { file: 'sample.yaml', start, end: start };

type Undefined<T> = T extends unknown ? Omit<T, 'name' | 'range'> : never;

function defined<T extends { name: string }>(definitions: Record<string, Undefined<T>>): Map<string, T> {
  return new Map(Object.entries(definitions).map(([name, rest]) => [name, { name, range, ...rest } as unknown as T]));
}

/** A workflow of three local checkpoints with one sweep and one metric; every section may be replaced. */
export function sampleWorkflow(
  sections: {
    semantics?: Workflow['semantics'];
    models?: Record<string, Undefined<Model>>;
    updates?: Record<string, Undefined<Update>>;
    subspaces?: Record<string, Undefined<Subspace>>;
    sweeps?: Record<string, Undefined<Sweep>>;
    metrics?: Record<string, Undefined<Metric>>;
  } = {},
): Workflow {
  return {
    file: '/somewhere/sample.yaml',
    name: 'sample',
    seed: 0,
    semantics: sections.semantics ?? 'paper',
    models: defined<Model>(
      sections.models ?? {
        base: { kind: 'path', path: '/models/base' },
        aligned: { kind: 'path', path: '/models/aligned' },
        useful: { kind: 'path', path: '/models/useful' },
      },
    ),
    datasets: new Map(),
    recipes: new Map(),
    updates: defined<Update>(
      sections.updates ?? { alignment: { from: 'base', to: 'aligned' }, useful: { from: 'aligned', to: 'useful' } },
    ),
    subspaces: defined<Subspace>(
      sections.subspaces ?? {
        'top-k': { kind: 'top-k', of: 'alignment' },
        'random-k': { kind: 'random-k', of: 'alignment', seeds: [1, 2] },
        random: { kind: 'random', like: 'alignment', seeds: [1] },
      },
    ),
    sweeps: defined<Sweep>(sections.sweeps ?? { parallel: sampleSweep }),
    metrics: defined<Metric>(
      sections.metrics ?? { overlap: { kind: 'mso', pairs: [['useful', 'alignment']], energies: [0.5, 0.1] } },
    ),
    claims: new Map(),
    steps: new Map(),
    report: {
      title: 'Sample',
      figures: ['energy', 'overlap'],
      tables: ['energy', 'overlap'],
      formats: ['svg'],
      tableFormats: ['tex', 'md', 'csv'],
      columns: 2,
      style: {},
    },
  };
}

export const sampleSweep: Undefined<SweepOf<'projected'>> = {
  kind: 'projected',
  project: ['useful'],
  onto: ['top-k', 'random-k', 'random'],
  mode: 'parallel',
  side: 'right',
  fractions: [0.5, 0.01],
  ranks: [],
  measure: ['energy'],
};

export function modelFacts(
  tensors: Record<string, readonly number[]>,
  options: { tied?: boolean; dtype?: DType; other?: Record<string, DType> } = {},
): ModelFacts {
  return {
    tied: options.tied ?? false,
    files: new Set(['config.json']),
    tensors: new Map(
      Object.entries(tensors).map(([name, shape]) => [
        name,
        { dtype: options.other?.[name] ?? options.dtype ?? 'F32', shape },
      ]),
    ),
  };
}

/** Facts of the sample's three checkpoints: one tall matrix and one vector. */
export function sampleFacts(models: Record<string, ModelFacts> = {}): Facts {
  const facts = modelFacts({ 'layers.0.weight': [8, 4], norm: [4] });
  return {
    models: new Map(Object.entries({ base: facts, aligned: facts, useful: facts, ...models })),
    commits: new Map(),
  };
}

export const sampleRecipe: Recipe = {
  name: 'full',
  range,
  lr: 1e-3,
  schedule: 'cosine',
  warmup: 0.02,
  length: { epochs: 1 },
  batch: 1,
  accumulate: 4,
  lossNormalisation: 'effective-batch',
  clip: null,
  weightDecay: 0,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  precision: 'f32',
  rounding: 'nearest',
  order: 'shuffled',
  checkpointEvery: 50,
  activationCheckpointing: false,
  tokens: { template: 'raw', eos: true, lossOn: 'response', maxLength: 64, overlong: 'truncate' },
};
