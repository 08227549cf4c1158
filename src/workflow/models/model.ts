import type { AblatedWeightsModel, RawAblatedModel } from './ablate.js';
import type { AdapterModel, RawAdapterModel } from './adapter.js';
import type { RawShiftedModel, ShiftedStreamModel } from './add.js';
import type { CombineModel, RawCombineModel } from './combine.js';
import type { CommandModel, RawCommandModel } from './command.js';
import type { HubModel, RawHubModel } from './hub.js';
import type { InitModel, RawInitModel } from './init.js';
import type { PathModel, RawPathModel } from './path.js';
import type { PerturbedModel, RawPerturbedModel } from './perturb.js';
import type { ProjectedUpdateModel, RawProjectedModel } from './projected.js';
import type { RawRealignedModel, RealignedUpdateModel } from './realign.js';
import type { RawTrainedModel, TrainedModel } from './train.js';

/** What the workflow says of each kind of model, and what is read from it. */
interface Kinds {
  readonly adapter: readonly [AdapterModel, RawAdapterModel];
  readonly path: readonly [PathModel, RawPathModel];
  readonly hub: readonly [HubModel, RawHubModel];
  readonly init: readonly [InitModel, RawInitModel];
  readonly train: readonly [TrainedModel, RawTrainedModel];
  readonly projected: readonly [ProjectedUpdateModel, RawProjectedModel];
  readonly combine: readonly [CombineModel, RawCombineModel];
  readonly ablate: readonly [AblatedWeightsModel, RawAblatedModel];
  readonly add: readonly [ShiftedStreamModel, RawShiftedModel];
  readonly realign: readonly [RealignedUpdateModel, RawRealignedModel];
  readonly perturb: readonly [PerturbedModel, RawPerturbedModel];
  readonly command: readonly [CommandModel, RawCommandModel];
}

export type Model = Kinds[keyof Kinds][0];
export type RawModel = Kinds[keyof Kinds][1];
export type ModelOf<K extends keyof Kinds> = Kinds[K][0];
export type RawModelOf<K extends keyof Kinds> = Kinds[K][1];
