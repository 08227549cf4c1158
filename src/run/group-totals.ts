import type { GroupTotal } from './events.js';
import type { Prepared } from './prepare.js';

/** Steps, cached steps and expected work of each group, in the order of the plan. */
export function groupTotals({ steps, outcomes }: Pick<Prepared, 'steps' | 'outcomes'>): GroupTotal[] {
  const totals = new Map<string, { steps: number; cached: number; cost: number | undefined }>();
  for (const step of steps) {
    const total = totals.get(step.group) ?? { steps: 0, cached: 0, cost: 0 };
    total.steps += 1;
    if (outcomes.get(step.id)?.status === 'cached') total.cached += 1;
    else total.cost = total.cost === undefined || step.cost === undefined ? undefined : total.cost + step.cost;
    totals.set(step.group, total);
  }
  return [...totals].map(([group, { cost, ...counts }]) => ({
    group,
    ...counts,
    ...(cost === undefined ? {} : { cost }),
  }));
}
