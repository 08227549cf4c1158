import type { Scope } from '../scope.js';
import type { Workflow } from '../workflow.js';
import type { Model } from './model.js';
import { modelAncestors, modelKind } from './registry.js';

/** The training seeds that models of a workflow list, which are the same for all that do; undefined: none does. */
export function trainingSeeds(models: ReadonlyMap<string, Model>): readonly number[] | undefined {
  for (const model of models.values()) {
    const seeds = seedsOf(model);
    if (seeds !== undefined) return seeds;
  }
  return undefined;
}

/** Reports models whose lists differ: what is made from several models takes them of one training seed. */
export function checkTrainingSeeds(scope: Scope, models: ReadonlyMap<string, Model>): void {
  const listed = [...models.values()].flatMap((model) => {
    const seeds = seedsOf(model);
    return seeds === undefined ? [] : [{ name: model.name, seeds }];
  });
  const [first, ...others] = listed;
  for (const { name, seeds } of others) {
    if (sameSeeds(seeds, first!.seeds)) continue;
    const message = `models ${first!.name} and ${name} have different training seeds: ${first!.seeds.join(', ')} and ${seeds.join(', ')}`;
    const hint =
      'Models with seeds go together by equal training seeds: give both the same list, or one of them a seed.';
    const related = [{ message: `those of ${first!.name}`, range: scope.range(['models', first!.name, 'seeds']) }];
    scope.refuse(['models', name, 'seeds'], 'different-seeds', message, hint, related);
  }
}

/** The workflow whose models list one of their training seeds alone. */
export function atTrainingSeed<W extends Workflow>(workflow: W, seed: number): W {
  const models = new Map<string, Model>();
  for (const [name, model] of workflow.models) {
    models.set(name, seedsOf(model) === undefined ? model : modelKind(model).seeds!.at(model, seed));
  }
  return { ...workflow, models };
}

/** Whether a model lists training seeds, or is made from one that does. */
export function hasTrainingSeeds(name: string, { models, updates, subspaces }: Workflow): boolean {
  const pending = [name];
  const seen = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const model = models.get(next)!;
    if (seedsOf(model) !== undefined) return true;
    pending.push(...modelAncestors(model, updates, subspaces));
  }
  return false;
}

export function listsTrainingSeeds(model: Model): boolean {
  return seedsOf(model) !== undefined;
}

function seedsOf(model: Model): readonly number[] | undefined {
  return modelKind(model).seeds?.of(model);
}

function sameSeeds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((seed, index) => seed === b[index]);
}
