import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Definition, Named } from './definition.js';
import type { Path } from './document.js';
import type { Scope } from './scope.js';

/** Δ = θ_to − θ_from, per tensor. */
export interface Update extends Definition {
  readonly from: string;
  readonly to: string;
  /** Tensors that it has, as far as they are not in `except`. Absent: all. */
  readonly tensors?: readonly TensorPattern[];
  readonly except?: readonly TensorPattern[];
  /**
   * What becomes of embeddings and output layers of which one has more rows: the update is of the rows that both have. Absent:
   * such models are refused.
   */
  readonly vocabulary?: 'cut';
}

/** Names of tensors: `*` is any text, `?` any character. */
export interface TensorPattern {
  readonly text: string;
  readonly range: SourceRange;
}

export interface RawUpdate {
  readonly from: string;
  readonly to: string;
  readonly tensors?: string | readonly string[];
  readonly except?: string | readonly string[];
  readonly vocabulary?: 'cut' | 'refuse';
}

export function resolveUpdates(scope: Scope, raw: Named<RawUpdate> | undefined): Map<string, Update> {
  return scope.section('updates', raw, (definition, { from, to, tensors, except, vocabulary }, path): Update => {
    if (from === to) {
      const message = `the update goes from "${from}" to itself, so that it is zero`;
      scope.refuse([...path, 'to'], 'empty-update', message, 'Name two models.');
    }
    return {
      ...definition,
      from: scope.reference('models', from, [...path, 'from']),
      to: scope.reference('models', to, [...path, 'to']),
      ...tensorPatterns(scope, { tensors, except }, path),
      ...(vocabulary === 'cut' ? { vocabulary } : {}),
    };
  });
}

/** Which tensors an update, or a term of a model, is of. */
export function tensorPatterns(
  scope: Scope,
  { tensors, except }: { readonly [K in 'tensors' | 'except']?: string | readonly string[] | undefined },
  path: Path,
): Pick<Update, 'tensors' | 'except'> {
  return {
    ...(tensors === undefined ? {} : { tensors: patterns(scope, tensors, [...path, 'tensors']) }),
    ...(except === undefined ? {} : { except: patterns(scope, except, [...path, 'except']) }),
  };
}

function patterns(scope: Scope, texts: string | readonly string[], path: Path): TensorPattern[] {
  if (typeof texts === 'string') return [{ text: texts, range: scope.range(path) }];
  return texts.map((text, index) => ({ text, range: scope.range([...path, String(index)]) }));
}

/** Whether an update has all tensors and all rows of its models, whatever these are. */
export function isWhole({ tensors, except, vocabulary }: Update): boolean {
  return tensors === undefined && except === undefined && vocabulary === undefined;
}
