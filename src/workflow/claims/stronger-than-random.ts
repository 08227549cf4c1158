import type { Definition } from '../definition.js';
import { randomKindNames, seedsOf } from '../subspaces/registry.js';
import { claimedBehaviour, claimedSubspace, claimedSweep, needEnds } from './claimed-sweep.js';
import type { ClaimKind } from './kind.js';

/** What a subspace keeps (or removes) of an update changes behaviour more than what a random one does, at equal energy. */
export interface StrongerThanRandomClaim extends Definition {
  readonly kind: 'stronger-than-random';
  readonly sweep: string;
  readonly metric: string;
  readonly subspace: string;
  /** Random subspaces. */
  readonly than: readonly string[];
}

export interface RawStrongerThanRandom {
  readonly kind: 'stronger-than-random';
  readonly sweep: string;
  readonly metric: string;
  readonly subspace: string;
  readonly than: string | readonly string[];
}

export const strongerThanRandom: ClaimKind<StrongerThanRandomClaim, RawStrongerThanRandom> = {
  resolve(scope, definition, raw, path, claimed) {
    const { kind, metric, subspace } = raw;
    const needed = claimedBehaviour(scope, claimed, metric, [...path, 'metric']);
    const sweep = claimedSweep(scope, claimed, raw.sweep, ['energy', needed], path);
    needEnds(scope, sweep, path);
    const than = typeof raw.than === 'string' ? [raw.than] : raw.than;
    claimedSubspace(scope, sweep, subspace, [...path, 'subspace']);
    for (const [index, name] of than.entries()) {
      const at = typeof raw.than === 'string' ? [...path, 'than'] : [...path, 'than', String(index)];
      claimedSubspace(scope, sweep, name, at);
      const random = claimed.subspaces.get(name);
      if (random !== undefined && seedsOf(random) === null) {
        const message = `the subspace "${name}" is not random`;
        scope.refuse(at, 'wrong-kind', message, `Name subspaces of kind ${randomKindNames()}.`);
      }
    }
    return { ...definition, kind, sweep: raw.sweep, metric, subspace, than };
  },
};
