import type { ProjectionMode, Side } from '../../formats/projection.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import { tensorPatterns } from '../updates.js';
import type { KnownToModels, ModelKind } from './kind.js';
import { resolveProjection } from './projected.js';
import type { Term, TermOfUpdate } from './term.js';

/** A model plus multiples of updates and of noise: θ = θ₀ + Σ times · Π(Δ). */
export interface CombineModel extends Definition {
  readonly kind: 'combine';
  /** θ₀, the model that config.json and tokenizer are of. */
  readonly base: string;
  readonly terms: readonly Term[];
}

export interface RawCombineModel {
  readonly combine: string;
  readonly terms: readonly RawTerm[];
}

type RawTerm = RawTermOfUpdate | RawTermOfNoise;

interface RawTermInCommon {
  readonly times: number;
  readonly tensors?: string | readonly string[];
  readonly except?: string | readonly string[];
}

interface RawTermOfUpdate extends RawTermInCommon {
  readonly update: string;
  readonly vectors?: boolean;
  readonly onto?: string;
  readonly mode?: ProjectionMode;
  readonly side?: Side;
  readonly fraction?: number;
  readonly seed?: number;
  readonly rank?: number;
  readonly dare?: { readonly drop: number; readonly seed?: number };
}

interface RawTermOfNoise extends RawTermInCommon {
  readonly noise: { readonly seed?: number };
}

export const combine: ModelKind<CombineModel, RawCombineModel> = {
  keys: ['combine'],
  resolve: (scope, definition, raw, path, known) => ({
    ...definition,
    kind: 'combine',
    base: scope.reference('models', raw.combine, [...path, 'combine']),
    terms: raw.terms.map((term, index) => resolveTerm(scope, term, [...path, 'terms', String(index)], known)),
  }),
  terms: ({ terms }) => terms,
  uses({ base, terms }) {
    const updates = terms.flatMap((term) => (term.kind === 'update' ? [term] : []));
    return {
      models: [base],
      updates: updates.map(({ update }) => update),
      subspaces: updates.flatMap(({ part }) => (part?.how === 'projection' ? [part.onto] : [])),
    };
  },
};

/** The model with another multiple of one of its terms. */
export function withTimes(model: CombineModel, term: number, times: number): CombineModel {
  return { ...model, terms: model.terms.map((one, index) => (index === term ? { ...one, times } : one)) };
}

function resolveTerm(scope: Scope, raw: RawTerm, path: Path, known: KnownToModels): Term {
  const common = { times: raw.times, ...tensorPatterns(scope, raw, path) };
  if ('noise' in raw) return { kind: 'noise', ...common, seed: raw.noise.seed ?? known.seed };
  return {
    kind: 'update',
    ...common,
    update: scope.reference('updates', raw.update, [...path, 'update']),
    vectors: raw.vectors ?? true,
    part: resolvePart(scope, raw, path, known),
  };
}

function resolvePart(scope: Scope, raw: RawTermOfUpdate, path: Path, known: KnownToModels): TermOfUpdate['part'] {
  const { onto, mode, rank, dare } = raw;
  if (dare !== undefined && (onto !== undefined || rank !== undefined)) {
    const message = `a term takes one part of its update, and has both ${onto === undefined ? 'rank' : 'onto'} and dare`;
    scope.refuse([...path, 'dare'], 'invalid-combination', message, 'Keep one of them, or write two terms.');
  }
  if (onto !== undefined) {
    if (mode === undefined) {
      scope.refuse([...path, 'onto'], 'missing-key', 'the projection of the term lacks "mode"', 'Add mode: parallel.');
    }
    if (rank === 0) {
      const message = 'the projection of the term has rank 0: nothing of the update is left';
      scope.refuse([...path, 'rank'], 'invalid-combination', message, 'Take 1 or more, or leave the term out.');
    }
    return { how: 'projection', mode: mode ?? 'parallel', ...resolveProjection(scope, { ...raw, onto }, path, known) };
  }
  for (const key of ['mode', 'side', 'fraction', 'seed'] as const) {
    if (raw[key] === undefined) continue;
    const message = `"${key}" says how an update is projected, and the term has no "onto"`;
    scope.refuse([...path, key], 'invalid-combination', message, 'Add `onto: SUBSPACE`, or remove it.');
  }
  if (rank !== undefined) return { how: 'rank', rank };
  return dare === undefined ? null : { how: 'dare', drop: dare.drop, seed: dare.seed ?? known.seed };
}
