import type { PromptTemplate } from '../formats/dataset-choices.js';
import { type FamilyName, families, familyNames } from '../formats/families/registry.js';
import { defaultInitializerRange } from '../formats/model-config.js';
import type { ProjectionMode, Side } from '../formats/projection.js';
import type { Named } from './definition.js';
import type { Path } from './document.js';
import { modelAncestors } from './models.js';
import type { Scope } from './scope.js';
import { type Defaults, defaultSide } from './semantics.js';
import { seedsOf } from './subspaces/registry.js';
import type { Architecture, Model, StorageType, Subspace, Update } from './workflow.js';

export type RawModel =
  | { readonly path: string }
  | { readonly hub: string; readonly revision?: string }
  | {
      readonly init: RawArchitecture;
      readonly 'initializer-range'?: number;
      readonly seed?: number;
      readonly dtype?: 'f32' | 'bf16' | 'f16';
      readonly tokenizer?: { readonly 'words-of': string | readonly string[]; readonly template?: PromptTemplate };
    }
  | (RawTraining & { readonly pretrain: string })
  | (RawTraining & { readonly align: string })
  | (RawTraining & { readonly finetune: string })
  | RawProjection
  | {
      readonly perturb: string;
      readonly seed: number;
      readonly norm: number;
      readonly decay: number;
      readonly share?: { readonly update: string; readonly weight: number };
    };

interface RawProjection {
  readonly project: string;
  readonly onto: string;
  readonly mode: ProjectionMode;
  readonly side?: Side;
  readonly fraction: number;
  readonly seed?: number;
}

interface RawTraining {
  readonly on: string;
  readonly recipe: string;
  readonly seed?: number;
}

interface RawArchitecture {
  readonly family: FamilyName;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly 'kv-heads'?: number;
  readonly 'head-dim'?: number;
  readonly mlp: number;
  readonly vocabulary: number;
  readonly tied?: boolean;
  readonly 'attention-bias'?: boolean;
  readonly 'mlp-bias'?: boolean;
  readonly 'rope-theta'?: number;
  readonly 'norm-epsilon'?: number;
  readonly 'context-length'?: number;
}

export interface RawUpdate {
  readonly from: string;
  readonly to: string;
}

export function resolveModels(
  scope: Scope,
  raw: Named<RawModel> | undefined,
  { seed, semantics }: Defaults,
  subspaces: ReadonlyMap<string, Subspace>,
): Map<string, Model> {
  return scope.section('models', raw, (definition, model, path): Model => {
    if ('path' in model) return { ...definition, kind: 'path', path: model.path };
    if ('hub' in model) return { ...definition, kind: 'hub', repo: model.hub, revision: model.revision ?? 'main' };
    if ('init' in model) {
      const { tokenizer } = model;
      return {
        ...definition,
        kind: 'init',
        architecture: resolveArchitecture(scope, model.init, [...path, 'init']),
        initializerRange: model['initializer-range'] ?? defaultInitializerRange,
        seed: model.seed ?? seed,
        dtype: (model.dtype ?? 'f32').toUpperCase() as StorageType,
        ...(tokenizer && {
          tokenizer: {
            wordsOf: scope.references('datasets', tokenizer['words-of'], [...path, 'tokenizer', 'words-of']),
            template: tokenizer.template ?? 'raw',
          },
        }),
      };
    }
    if ('on' in model) {
      const purpose = 'pretrain' in model ? 'pretrain' : 'align' in model ? 'align' : 'finetune';
      const parent = 'pretrain' in model ? model.pretrain : 'align' in model ? model.align : model.finetune;
      return {
        ...definition,
        kind: 'train',
        purpose,
        from: scope.reference('models', parent, [...path, purpose]),
        on: scope.reference('datasets', model.on, [...path, 'on']),
        recipe: scope.reference('recipes', model.recipe, [...path, 'recipe']),
        seed: model.seed ?? seed,
      };
    }
    if ('project' in model) {
      return {
        ...definition,
        kind: 'projected',
        update: scope.reference('updates', model.project, [...path, 'project']),
        onto: scope.reference('subspaces', model.onto, [...path, 'onto']),
        mode: model.mode,
        side: model.side ?? defaultSide(semantics),
        fraction: model.fraction,
        seed: resolveSeed(scope, model.seed, subspaces.get(model.onto), path),
      };
    }
    return {
      ...definition,
      kind: 'perturb',
      from: scope.reference('models', model.perturb, [...path, 'perturb']),
      seed: model.seed,
      norm: model.norm,
      decay: model.decay,
      ...(model.share && {
        share: {
          update: scope.reference('updates', model.share.update, [...path, 'share', 'update']),
          weight: model.share.weight,
        },
      }),
    };
  });
}

/** Of the subspace's seeds the one that is meant; of a subspace that breaks the schema, others tell. */
function resolveSeed(
  scope: Scope,
  seed: number | undefined,
  subspace: Subspace | undefined,
  path: Path,
): number | null {
  if (subspace === undefined) return null;
  const { name } = subspace;
  const seeds = seedsOf(subspace);
  if (seeds === null) {
    if (seed !== undefined) {
      scope.refuse([...path, 'seed'], 'no-seeds', `nothing is random about the subspace "${name}"`, 'Remove the seed.');
    }
    return null;
  }
  if (seed === undefined && seeds.length > 1) {
    const message = `the subspace "${name}" has ${seeds.length} seeds`;
    scope.refuse([...path, 'onto'], 'missing-seed', message, `Say which: seed: ${seeds[0]}`);
  } else if (seed !== undefined && !seeds.includes(seed)) {
    const hint = `It has ${seeds.join(', ')}.`;
    scope.refuse([...path, 'seed'], 'unknown-seed', `the subspace "${name}" has no seed ${seed}`, hint);
  }
  return seed ?? seeds[0]!;
}

function resolveArchitecture(scope: Scope, raw: RawArchitecture, path: Path): Architecture {
  const kvHeads = raw['kv-heads'] ?? raw.heads;
  const headDim = raw['head-dim'] ?? raw.hidden / raw.heads;
  if (raw.heads % kvHeads !== 0) {
    const message = `${raw.heads} heads cannot share ${kvHeads} key-value heads equally`;
    scope.refuse([...path, 'kv-heads'], 'invalid-architecture', message, 'Take a divisor of heads.');
  }
  if (!Number.isInteger(headDim)) {
    const message = `hidden ${raw.hidden} is no multiple of ${raw.heads} heads`;
    scope.refuse([...path, 'hidden'], 'invalid-architecture', message, 'Change one of them, or give head-dim.');
  } else if (headDim % 2 !== 0) {
    const at = raw['head-dim'] === undefined ? 'hidden' : 'head-dim';
    const message = `a head dimension of ${headDim} is odd; rotary embeddings turn pairs of dimensions`;
    scope.refuse([...path, at], 'invalid-architecture', message);
  }
  for (const [field, choice] of [
    ['attention-bias', 'attentionBias'],
    ['mlp-bias', 'mlpBias'],
  ] as const) {
    const owners = familyNames.filter((name) => Object.values(families[name].biasFields).includes(choice));
    if (raw[field] === undefined || owners.includes(raw.family)) continue;
    const message = `${field} is a choice of ${owners.join(', ')}; ${raw.family} fixes which layers have biases`;
    scope.refuse([...path, field], 'invalid-architecture', message, 'Remove it.');
  }
  return {
    family: raw.family,
    hidden: raw.hidden,
    layers: raw.layers,
    heads: raw.heads,
    kvHeads,
    headDim,
    mlp: raw.mlp,
    vocabulary: raw.vocabulary,
    tied: raw.tied ?? false,
    ...(raw['attention-bias'] !== undefined && { attentionBias: raw['attention-bias'] }),
    ...(raw['mlp-bias'] !== undefined && { mlpBias: raw['mlp-bias'] }),
    ropeTheta: raw['rope-theta'] ?? 10_000,
    normEpsilon: raw['norm-epsilon'] ?? 1e-6,
    contextLength: raw['context-length'] ?? 2048,
  };
}

export function resolveUpdates(scope: Scope, raw: Named<RawUpdate> | undefined): Map<string, Update> {
  return scope.section('updates', raw, (definition, { from, to }, path): Update => {
    if (from === to) {
      const message = `the update goes from "${from}" to itself, so that it is zero`;
      scope.refuse([...path, 'to'], 'empty-update', message, 'Name two models.');
    }
    return {
      ...definition,
      from: scope.reference('models', from, [...path, 'from']),
      to: scope.reference('models', to, [...path, 'to']),
    };
  });
}

/** Reports models that are made from themselves, directly or through an update. */
export function checkModelCycles(
  scope: Scope,
  models: ReadonlyMap<string, Model>,
  updates: ReadonlyMap<string, Update>,
  subspaces: ReadonlyMap<string, Subspace>,
): void {
  scope.checkCycles('models', (name) => {
    const model = models.get(name);
    return model === undefined ? [] : modelAncestors(model, updates, subspaces);
  });
}
