import { type Architecture, allButEvery } from '../../formats/architecture.js';
import type { PromptTemplate } from '../../formats/dataset-choices.js';
import { type FamilyName, families, familyNames } from '../../formats/families/registry.js';
import { defaultInitializerRange } from '../../formats/model-config.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { ModelKind } from './kind.js';

/** A new model with random weights. */
export interface InitModel extends Definition {
  readonly kind: 'init';
  readonly architecture: Architecture;
  /** Standard deviation of the weights. */
  readonly initializerRange: number;
  readonly seed: number;
  readonly dtype: StorageType;
  /** One token a word of these datasets and of the template. */
  readonly tokenizer?: { readonly wordsOf: readonly string[]; readonly template: PromptTemplate };
}

export type StorageType = 'F32' | 'BF16' | 'F16';

export interface RawInitModel {
  readonly init: RawArchitecture;
  readonly 'initializer-range'?: number;
  readonly seed?: number;
  readonly dtype?: 'f32' | 'bf16' | 'f16';
  readonly tokenizer?: { readonly 'words-of': string | readonly string[]; readonly template?: PromptTemplate };
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
  readonly 'no-rope-layer-interval'?: number;
  readonly 'sliding-window-pattern'?: number;
  readonly 'rope-theta'?: number;
  readonly 'norm-epsilon'?: number;
  readonly 'context-length'?: number;
}

export const init: ModelKind<InitModel, RawInitModel> = {
  keys: ['init'],
  resolve(scope, definition, raw, path, { seed }) {
    const { tokenizer } = raw;
    return {
      ...definition,
      kind: 'init',
      architecture: resolveArchitecture(scope, raw.init, [...path, 'init']),
      initializerRange: raw['initializer-range'] ?? defaultInitializerRange,
      seed: raw.seed ?? seed,
      dtype: (raw.dtype ?? 'f32').toUpperCase() as StorageType,
      ...(tokenizer && {
        tokenizer: {
          wordsOf: scope.references('datasets', tokenizer['words-of'], [...path, 'tokenizer', 'words-of']),
          template: tokenizer.template ?? 'raw',
        },
      }),
    };
  },
  uses: ({ tokenizer }) => ({ datasets: tokenizer?.wordsOf ?? [] }),
};

function resolveArchitecture(scope: Scope, raw: RawArchitecture, path: Path): Architecture {
  const kvHeads = raw['kv-heads'] ?? raw.heads;
  const headDim = raw['head-dim'] ?? raw.hidden / raw.heads;
  if (raw.heads % kvHeads !== 0) {
    const message = `${raw.heads} heads cannot share ${kvHeads} key-value heads equally`;
    scope.refuse([...path, 'kv-heads'], 'invalid-architecture', message, 'Take a divisor of heads.');
  }
  if (!Number.isInteger(headDim)) {
    const message = `hidden ${raw.hidden} is not a multiple of ${raw.heads} heads`;
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
  const { localLayers, unlessSaid } = families[raw.family];
  const { noRopeLayerInterval, queryScalar } = unlessSaid;
  for (const [field, has, otherwise] of [
    ['no-rope-layer-interval', (name: FamilyName) => families[name].unlessSaid.noRopeLayerInterval !== null, 'rotates'],
    ['sliding-window-pattern', (name: FamilyName) => families[name].localLayers !== null, 'sees the whole row'],
  ] as const) {
    if (raw[field] === undefined || has(raw.family)) continue;
    const message = `${field} is a choice of ${familyNames.filter(has).join(', ')}; every layer of ${raw.family} ${otherwise}`;
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
    ...(noRopeLayerInterval !== null && {
      rotaryLayers: allButEvery(raw.layers, raw['no-rope-layer-interval'] ?? noRopeLayerInterval),
    }),
    ...(localLayers !== null && {
      localLayers: allButEvery(raw.layers, raw['sliding-window-pattern'] ?? localLayers.pattern),
      localRopeTheta: localLayers.ropeTheta,
    }),
    ...(queryScalar !== null && { queryScalar: headDim }),
    ropeTheta: raw['rope-theta'] ?? 10_000,
    normEpsilon: raw['norm-epsilon'] ?? 1e-6,
    contextLength: raw['context-length'] ?? 2048,
  };
}
