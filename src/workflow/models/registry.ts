import type { Named } from '../definition.js';
import type { Scope } from '../scope.js';
import { subspaceUses } from '../subspaces/registry.js';
import type { Subspace } from '../subspaces/subspace.js';
import type { Update } from '../updates.js';
import { ablate } from './ablate.js';
import { adapter } from './adapter.js';
import { add } from './add.js';
import { combine } from './combine.js';
import { command } from './command.js';
import { hub } from './hub.js';
import { init } from './init.js';
import type { KnownToModels, ModelKind } from './kind.js';
import type { Model, ModelOf, RawModel, RawModelOf } from './model.js';
import { path } from './path.js';
import { perturb } from './perturb.js';
import { projected } from './projected.js';
import { realign } from './realign.js';
import { train } from './train.js';

const modelKinds: { readonly [K in Model['kind']]: ModelKind<ModelOf<K>, RawModelOf<K>> } = {
  // What lies at a path, or on the hub, is an adapter where a base stands beside it.
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

/** The kind of a model. The registry says that it takes just such a model. */
export function modelKind({ kind }: Pick<Model, 'kind'>): ModelKind<Model, RawModel> {
  return modelKinds[kind] as unknown as ModelKind<Model, RawModel>;
}

export function resolveModels(
  scope: Scope,
  raw: Named<RawModel> | undefined,
  known: KnownToModels,
): Map<string, Model> {
  const kinds = (Object.keys(modelKinds) as Model['kind'][]).map((kind) => modelKind({ kind }));
  return scope.section('models', raw, (definition, model, at): Model => {
    const made = kinds.find(({ keys, together = keys }) =>
      [keys, together].every((any) => any.some((key) => key in model)),
    )!;
    return made.resolve(scope, definition, model, at, known);
  });
}

/**
 * The models that a model is made from: its parent, and both ends of the updates that it projects, projects onto or shares
 * directions with; and the models of subspaces.
 */
export function modelAncestors(
  model: Model,
  updates: ReadonlyMap<string, Update>,
  subspaces: ReadonlyMap<string, Subspace>,
): string[] {
  const uses = modelKind(model).uses(model);
  const onto = (uses.subspaces ?? []).flatMap((name) => subspaces.get(name) ?? []).map(subspaceUses);
  const changes = [...(uses.updates ?? []), ...(uses.shares ?? []), ...onto.flatMap(({ update }) => update ?? [])];
  const ends = changes.flatMap((name) => updates.get(name) ?? []).flatMap(({ from, to }) => [from, to]);
  return [...(uses.models ?? []), ...ends, ...onto.flatMap(({ models = [] }) => models)];
}

/** Reports models that are made from themselves, directly or through an update. */
export function checkModelCycles(
  scope: Scope,
  models: ReadonlyMap<string, Model>,
  updates: ReadonlyMap<string, Update>,
  subspaces: ReadonlyMap<string, Subspace>,
): void {
  scope.checkCycles('models', (name) => {
    const model = models.get(name);
    return model === undefined ? [] : modelAncestors(model, updates, subspaces);
  });
}
