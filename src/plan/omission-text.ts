import { listedNames } from '../diagnostics/listed-names.js';
import type { Omission } from './plan.js';

/** What a plan leaves out, a line for each reason: `updates.useful, updates.harmful: lm_head.weight: tied to …`. */
export function omissionTexts(omitted: readonly Omission[]): string[] {
  const reasons = new Map<string, { readonly of: Set<string>; readonly what: Set<string> }>();
  for (const { of, what, why } of omitted) {
    const reason = reasons.get(why) ?? { of: new Set(), what: new Set() };
    reasons.set(why, reason);
    reason.of.add(of);
    reason.what.add(what);
  }
  return [...reasons].map(([why, { of, what }]) => `${[...of].join(', ')}: ${listedNames([...what], 3)}: ${why}`);
}
