import { extentId } from '../../formats/projection.js';
import { subspaceUses } from '../../workflow/subspaces/registry.js';
import { extentsOf } from '../../workflow/sweeps/projected.js';
import type { SweepOf } from '../../workflow/sweeps/sweep.js';
import { projectionsOf, projectionText } from '../expand-projections.js';
import { listedText } from '../listed-text.js';
import type { SweepPlan } from './kind.js';

export const projected: SweepPlan<SweepOf<'projected'>> = {
  /** Both ends of its updates, and what the subspaces' updates start from. */
  ends({ project, onto }, { updates, subspaces }) {
    const ends = project.flatMap((name) => [updates.get(name)!.from, updates.get(name)!.to]);
    const made = onto.flatMap((name) => subspaceUses(subspaces.get(name)!).update ?? []);
    return [...ends, ...made.map((name) => updates.get(name)!.from)];
  },
  text: ({ project, onto, mode, fractions, ranks }) =>
    [
      `the ${mode} part of ${listedText(project)} to ${listedText(onto)}`,
      ...(fractions.length > 0 ? [`at the fractions ${listedText(fractions)}`] : []),
      ...(ranks.length > 0 ? [`at the ranks ${listedText(ranks)}`] : []),
    ].join(', '),
  points: (sweep, { workflow, models }) =>
    projectionsOf(sweep, workflow).flatMap((projection) =>
      extentsOf(sweep).map((extent) => {
        const { update, subspace, seed, mode, side } = projection;
        const { fraction = null, rank } = extent;
        const measured = { model: null, update, subspace: subspace.name, seed, mode, side, fraction };
        return {
          ...(rank === undefined
            ? { measured }
            : { measured: { ...measured, rank }, share: () => models.share(projection, rank) }),
          text: `${projectionText(projection)},${extentId(extent)}`,
          model: () => models.point(projection, extent, sweep.range),
        };
      }),
    ),
};
