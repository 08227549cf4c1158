import type { Judge, JudgeOf } from '../../workflow/judges/judge.js';
import type { JudgePlan } from './kind.js';
import { model } from './model.js';
import { openai } from './openai.js';
import { rules } from './rules.js';

const judgePlans: { readonly [K in Judge['kind']]: JudgePlan<JudgeOf<K>> } = {
  rules,
  openai,
  model,
};

/** The registry says that a plan takes just such a judge. */
export function judgePlan({ kind }: Judge): JudgePlan<Judge> {
  return judgePlans[kind] as JudgePlan<Judge>;
}
