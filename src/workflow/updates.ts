import type { Definition, Named } from './definition.js';
import type { Scope } from './scope.js';

/** Δ = θ_to − θ_from, per tensor. */
export interface Update extends Definition {
  readonly from: string;
  readonly to: string;
}

export interface RawUpdate {
  readonly from: string;
  readonly to: string;
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
