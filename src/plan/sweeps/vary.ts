import { withTimes } from '../../workflow/models/combine.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { SweepOf } from '../../workflow/sweeps/sweep.js';
import { isWhole } from '../../workflow/updates.js';
import type { Workflow } from '../../workflow/workflow.js';
import { listedText } from '../listed-text.js';
import { addedText } from '../models/combine.js';
import type { SweepPlan } from './kind.js';

type Vary = SweepOf<'vary'>;

export const vary: SweepPlan<Vary> = {
  /** The model that is added to, and both ends of the update that is varied. */
  ends(sweep, workflow) {
    const update = sweep.update === null ? undefined : workflow.updates.get(sweep.update)!;
    return [combined(sweep, workflow).base, ...(update === undefined ? [] : [update.from, update.to])];
  },
  text(sweep, workflow) {
    return `${sweep.model} = ${vary.varied!(sweep, workflow).text}, t = ${listedText(sweep.times)}`;
  },
  points(sweep, { workflow, models }) {
    const model = combined(sweep, workflow);
    const none = { update: null, subspace: null, seed: null, mode: null, side: null, fraction: null };
    return [...sweep.times]
      .sort((a, b) => a - b)
      .map((times) => {
        const point = withTimes(model, sweep.term, times);
        const whole = wholeModel(point, workflow);
        return {
          measured: { model: model.name, ...none, times },
          text: `${model.name},times=${times}`,
          model: () => (whole === undefined ? models.variant(point) : models.named(whole)),
        };
      });
  },
  varied(sweep, workflow) {
    const { name, base, terms } = combined(sweep, workflow);
    const others = terms.length > 1 ? ', beside other terms' : '';
    const text = `${base} + t · ${addedText(terms[sweep.term]!)}${others}`;
    return { model: name, text, beside: [...new Set(vary.ends(sweep, workflow))] };
  },
};

function combined({ model }: Vary, { models }: Workflow): ModelOf<'combine'> {
  return models.get(model) as ModelOf<'combine'>;
}

/** The model of the workflow that a combination is: what it is added to, or the other end of a whole update. */
function wholeModel({ base, terms }: ModelOf<'combine'>, { updates }: Workflow): string | undefined {
  const [only, another] = terms.filter(({ times }) => times !== 0);
  if (only === undefined) return base;
  if (another !== undefined || only.kind !== 'update' || only.part !== null || !only.vectors) return undefined;
  const update = updates.get(only.update)!;
  if (only.tensors !== undefined || only.except !== undefined || !isWhole(update)) return undefined;
  if (only.times === 1 && update.from === base) return update.to;
  return only.times === -1 && update.to === base ? update.from : undefined;
}
