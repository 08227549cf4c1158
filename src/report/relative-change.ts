import { averaged, type BehaviourCurve, type Evaluation, readEvaluation } from './evaluation.js';
import type { FigureInput } from './section.js';
import { type Summary, summarize } from './statistics.js';
import type { EvaluationRow } from './tables/evaluation.js';

/** How far a metric moves with a projected update, as a part of how far it moves with all of the update. */
export interface RelativeCurve extends Omit<BehaviourCurve, 'points'> {
  readonly change: FullChange;
  /** Change over the seeds, by place on the axis, ascending. 0: as without the update; 1: as with all of it. */
  readonly points: readonly { readonly at: number; readonly moved: Summary }[];
}

/** What a whole update does to a metric. */
export interface FullChange {
  readonly metric: string;
  readonly update: string;
  /** The models without the update and with all of it. */
  readonly from: string;
  readonly to: string;
  /** Value of the metric before; null where it was not measured. */
  readonly before: number | null;
  readonly after: number | null;
  /** Whether the change is more than noise: the intervals of both ends lie apart. null: the metric has no intervals. */
  readonly certain: boolean | null;
}

export interface RelativeChanges {
  readonly curves: readonly RelativeCurve[];
  /** Updates that change a metric by no more than noise, or whose ends were not measured: nothing to count changes in. */
  readonly without: readonly FullChange[];
}

/** @returns changes of all metrics that are measured of projected updates; named scores stay out */
export function relativeChanges({ files, params }: FigureInput): RelativeChanges {
  const evaluation = readEvaluation(files);
  const curves: RelativeCurve[] = [];
  const without = new Map<string, FullChange>();
  for (const curve of evaluation.curves) {
    if (!evaluation.metrics.includes(curve.metric)) continue;
    const ends = params.updates.find(({ name }) => name === curve.update);
    if (ends === undefined) continue;
    const change = fullChange(curve, ends, evaluation);
    const { before, after, certain } = change;
    if (before === null || after === null || before === after || certain === false) {
      without.set(JSON.stringify([curve.update, curve.metric]), change);
      continue;
    }
    const points = curve.points.flatMap(({ at, seeds }) => {
      const moved = averaged(seeds).flatMap(({ value }) =>
        value === null ? [] : [(value - before) / (after - before)],
      );
      return moved.length > 0 ? [{ at, moved: summarize(moved) }] : [];
    });
    if (points.length > 0) curves.push({ ...curve, change, points });
  }
  return { curves, without: [...without.values()] };
}

function fullChange(
  { metric, update }: BehaviourCurve,
  { from, to }: { readonly from: string; readonly to: string },
  { models }: Evaluation,
): FullChange {
  const endOf = (name: string) => models.get(metric)?.find(({ model }) => model === name);
  const [before, after] = [endOf(from), endOf(to)];
  return {
    metric,
    update,
    from,
    to,
    before: before?.value ?? null,
    after: after?.value ?? null,
    certain: before === undefined || after === undefined ? null : lieApart(before, after),
  };
}

/** Whether two intervals have nothing in common; null where one is missing. */
function lieApart(one: EvaluationRow, other: EvaluationRow): boolean | null {
  const ends = [one.ci_low, one.ci_high, other.ci_low, other.ci_high];
  if (ends.some((end) => end === null)) return null;
  return one.ci_high! < other.ci_low! || other.ci_high! < one.ci_low!;
}
