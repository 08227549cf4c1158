import type { ClaimedBehaviour, ClaimedSweep } from '../../steps/claims.js';
import type { Workflow } from '../../workflow/workflow.js';

/** The projections that a sweep of the workflow is of. */
export function projectionsOf(name: string, { sweeps }: Workflow): ClaimedSweep {
  const { project: updates, onto: subspaces, mode, side, fractions } = sweeps.get(name)!;
  return { updates, subspaces, mode, side, fractions };
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
