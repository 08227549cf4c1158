import type { ProjectedSweep, RawProjectedSweep } from './projected.js';
import type { RawVarySweep, VarySweep } from './vary.js';

/** What the workflow says of each kind of sweep, and what is read from it. */
interface Kinds {
  readonly projected: readonly [ProjectedSweep, RawProjectedSweep];
  readonly vary: readonly [VarySweep, RawVarySweep];
}

export type Sweep = Kinds[keyof Kinds][0];
export type RawSweep = Kinds[keyof Kinds][1];
export type SweepOf<K extends keyof Kinds> = Kinds[K][0];
export type RawSweepOf<K extends keyof Kinds> = Kinds[K][1];

/** The sweep, where it is of a kind. */
export function sweepOf<K extends keyof Kinds>(kind: K, sweep: Sweep): SweepOf<K> | undefined {
  return sweep.kind === kind ? (sweep as SweepOf<K>) : undefined;
}
