import type { RealignmentRule } from '../../formats/realignment.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { ModelKind } from './kind.js';

/** A tuned model whose update is moved towards an alignment update where the two disagree. */
export interface RealignedUpdateModel extends Definition {
  readonly kind: 'realign';
  readonly update: string;
  readonly against: string;
  readonly rule: RealignmentRule;
  /** What SafeMERGE mixes in: an update, and its weight in the mean. */
  readonly safe?: { readonly update: string; readonly share: number };
}

export interface RawRealignedModel {
  readonly realign: string;
  readonly against: string;
  readonly method: 'safelora' | 'safemerge';
  readonly safe?: string;
  readonly threshold?: number;
  readonly lowest?: number;
  readonly share?: number;
}

export const realign: ModelKind<RealignedUpdateModel, RawRealignedModel> = {
  keys: ['realign'],
  realigned: true,
  resolve(scope, definition, raw, path) {
    return {
      ...definition,
      kind: 'realign',
      update: scope.reference('updates', raw.realign, [...path, 'realign']),
      against: scope.reference('updates', raw.against, [...path, 'against']),
      ...(raw.method === 'safelora' ? safeLora(scope, raw, path) : safeMerge(scope, raw, path)),
    };
  },
  uses: ({ update, against, safe }) => ({ updates: [update, against, ...(safe === undefined ? [] : [safe.update])] }),
};

/** Hsu et al., "Safe LoRA" (NeurIPS 2024): the published code's default is the ten lowest. */
function safeLora(scope: Scope, raw: RawRealignedModel, path: Path): Pick<RealignedUpdateModel, 'rule'> {
  for (const key of ['safe', 'share'] as const) {
    if (raw[key] === undefined) continue;
    scope.refuse([...path, key], 'other-method', `${key} belongs to safemerge`, 'Remove it, or take that method.');
  }
  const { threshold, lowest } = raw;
  if (threshold !== undefined && lowest !== undefined) {
    const message = 'threshold and lowest both say which tensors change';
    scope.refuse([...path, 'lowest'], 'invalid-realignment', message, 'Keep one of them.');
  }
  const rule = threshold === undefined ? { lowest: lowest ?? 10 } : { threshold };
  return { rule: { method: 'safelora', ...rule } };
}

/** Djuhera et al., "SafeMERGE" (2025): threshold 0.35, four parts of the update and one of the safe one. */
function safeMerge(scope: Scope, raw: RawRealignedModel, path: Path): Pick<RealignedUpdateModel, 'rule' | 'safe'> {
  if (raw.lowest !== undefined) {
    scope.refuse([...path, 'lowest'], 'other-method', 'lowest belongs to safelora', 'Give a threshold instead.');
  }
  if (raw.safe === undefined) {
    const message = 'safemerge mixes in the update of a model tuned on safety data, and none is named';
    scope.refuse([...path, 'method'], 'missing-safe', message, 'Add safe: UPDATE.');
  }
  const rule = { method: 'safemerge', threshold: raw.threshold ?? 0.35 } as const;
  if (raw.safe === undefined) return { rule };
  return { rule, safe: { update: scope.reference('updates', raw.safe, [...path, 'safe']), share: raw.share ?? 0.2 } };
}
