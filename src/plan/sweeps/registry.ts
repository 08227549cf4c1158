import type { Sweep, SweepOf } from '../../workflow/sweeps/sweep.js';
import type { SweepPlan } from './kind.js';
import { projected } from './projected.js';
import { vary } from './vary.js';

const sweepPlans: { readonly [K in Sweep['kind']]: SweepPlan<SweepOf<K>> } = { projected, vary };

/** The registry says that a plan takes just such a sweep. */
export function sweepPlan({ kind }: Sweep): SweepPlan<Sweep> {
  return sweepPlans[kind] as SweepPlan<Sweep>;
}
