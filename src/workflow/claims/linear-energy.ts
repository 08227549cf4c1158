import type { Definition } from '../definition.js';
import { claimedSweep, needPoints } from './claimed-sweep.js';
import type { ClaimKind } from './kind.js';

/** The energy that the sweep's subspaces keep grows in proportion to their rank. */
export interface LinearEnergyClaim extends Definition {
  readonly kind: 'linear-energy';
  readonly sweep: string;
  readonly tolerance: number;
}

export interface RawLinearEnergy {
  readonly kind: 'linear-energy';
  readonly sweep: string;
  readonly tolerance?: number;
}

export const linearEnergy: ClaimKind<LinearEnergyClaim, RawLinearEnergy> = {
  resolve(scope, definition, { kind, sweep, tolerance = 0.05 }, path, claimed) {
    needPoints(scope, claimedSweep(scope, claimed, sweep, ['energy'], path), 3, path);
    return { ...definition, kind, sweep, tolerance };
  },
};
