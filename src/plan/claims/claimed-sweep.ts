import type { ClaimedBehaviour, ClaimedSweep } from '../../steps/claims.js';
import { ownSide } from '../../workflow/subspaces/registry.js';
import { sweepOf } from '../../workflow/sweeps/sweep.js';
import type { Workflow } from '../../workflow/workflow.js';

/** The projections that a sweep of the workflow is of. */
export function projectionsOf(name: string, { sweeps, subspaces: known }: Workflow): ClaimedSweep {
  const { project: updates, onto: subspaces, mode, side, fractions, ranks } = sweepOf('projected', sweeps.get(name)!)!;
  const ownSided = subspaces.filter((subspace) => ownSide(known.get(subspace)!) !== null);
  return {
    updates,
    subspaces,
    mode,
    side,
    ...(ownSided.length > 0 && { ownSided }),
    fractions,
    ...(ranks.length > 0 && { ranks }),
  };
}

/** The same, with the models at both ends of every update. */
export function projectionsWithEnds(name: string, workflow: Workflow): ClaimedBehaviour {
  const sweep = projectionsOf(name, workflow);
  const ends = sweep.updates.map((update) => {
    const { from, to } = workflow.updates.get(update)!;
    return [update, { from, to }] as const;
  });
  return { ...sweep, ends: Object.fromEntries(ends) };
}
