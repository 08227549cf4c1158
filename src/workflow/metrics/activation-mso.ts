import type { Definition } from '../definition.js';
import { type HiddenStates, type RawHiddenStates, refuseIdleTokens, resolveHiddenStates } from './hidden-states.js';
import type { OverlapKind } from './kind.js';

/** Mode subspace overlap of what sets of prompts activate; all pairs of the sets are compared. */
export interface ActivationMsoMetric extends Definition, HiddenStates {
  readonly kind: 'activation-mso';
  readonly models: readonly string[];
  readonly centre: boolean;
  readonly energies: readonly number[];
}

export interface RawActivationMso extends RawHiddenStates {
  readonly kind: 'activation-mso';
  readonly models: string | readonly string[];
  readonly centre?: boolean;
  readonly energies: readonly number[];
}

export const activationMso: OverlapKind<ActivationMsoMetric, RawActivationMso> = {
  behaviour: false,
  parts: ['activations'],
  resolve(scope, definition, raw, path, { semantics }) {
    const position = semantics === 'paper' ? 'last-generated' : 'last-padded';
    const states = resolveHiddenStates(scope, raw, path, { layers: [0.65, 0.9], position });
    // Where the semantics decide the position, max-tokens waits for those in which it counts.
    if (raw.position !== undefined) refuseIdleTokens(scope, raw, path, raw.position);
    return {
      ...definition,
      ...states,
      kind: 'activation-mso',
      models: scope.references('models', raw.models, [...path, 'models']),
      centre: raw.centre ?? false,
      energies: raw.energies,
    };
  },
  uses: ({ models, prompts }) => ({ models, datasets: prompts }),
  pairs: ({ prompts }) => prompts.flatMap((a, index) => prompts.slice(index + 1).map((b) => [a, b] as const)),
};
