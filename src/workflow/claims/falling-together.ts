import type { Definition } from '../definition.js';
import { claimedBehaviour, claimedSweep, needEnds, needPoints } from './claimed-sweep.js';
import type { ClaimKind } from './kind.js';

/** Two metrics lose together what an update brought. */
export interface FallingTogetherClaim extends Definition {
  readonly kind: 'falling-together';
  readonly sweep: string;
  readonly metrics: readonly [string, string];
  readonly tolerance: number;
}

export interface RawFallingTogether {
  readonly kind: 'falling-together';
  readonly sweep: string;
  readonly metrics: readonly [string, string];
  readonly tolerance?: number;
}

export const fallingTogether: ClaimKind<FallingTogetherClaim, RawFallingTogether> = {
  resolve(scope, definition, raw, path, claimed) {
    const { kind, metrics, tolerance = 0.2 } = raw;
    const needed = metrics.map((name, index) =>
      claimedBehaviour(scope, claimed, name, [...path, 'metrics', String(index)]),
    );
    const sweep = claimedSweep(scope, claimed, raw.sweep, [...new Set(needed)], path);
    needPoints(scope, sweep, 2, path);
    needEnds(scope, sweep, path);
    return { ...definition, kind, sweep: raw.sweep, metrics, tolerance };
  },
};
