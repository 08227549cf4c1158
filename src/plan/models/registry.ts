import type { Model, ModelOf } from '../../workflow/models/model.js';
import { ablate } from './ablate.js';
import { adapter } from './adapter.js';
import { add } from './add.js';
import { combine } from './combine.js';
import { command } from './command.js';
import { hub } from './hub.js';
import { init } from './init.js';
import type { ModelPlan } from './kind.js';
import { path } from './path.js';
import { perturb } from './perturb.js';
import { projected } from './projected.js';
import { realign } from './realign.js';
import { train } from './train.js';

const modelPlans: { readonly [K in Model['kind']]: ModelPlan<ModelOf<K>> } = {
  adapter,
  path,
  hub,
  init,
  train,
  projected,
  combine,
  ablate,
  add,
  realign,
  perturb,
  command,
};

/** The registry says that a plan takes just such a model. */
export function modelPlan({ kind }: Model): ModelPlan<Model> {
  return modelPlans[kind] as ModelPlan<Model>;
}
