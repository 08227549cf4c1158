import { architectureTensors } from '../formats/architecture.js';
import { elementCount } from '../formats/tensor.js';
import type { DecoderConfig } from '../nn/config.js';
import { type CombinedTerm, hasTensor, termInput } from '../steps/recipes/combined.js';
import type { ProjectedModel } from '../steps/recipes/projected.js';
import { type MadeModel, type ModelRecipe, makesTensor, recipeContract } from '../steps/recipes/registry.js';
import type { CostedStep } from './costed-step.js';
import { type HeldType, weightBytes } from './decoder-work.js';
import type { Described, DescribedNode } from './described.js';
import { matrixOf, reading, subspaceWork, tall, windowBytes } from './matrix-work.js';
import { addWork, phase, type Work, work } from './work.js';

/** A model that a step runs. */
export interface RunModel {
  readonly config: DecoderConfig;
  readonly type: HeldType;
  /** Bytes of its weights on the device. */
  readonly weights: number;
  /** What bringing it onto the device takes; nothing when it is there. */
  readonly work: Work;
}

/** The model of a recipe, on the device. */
export function runModel(step: CostedStep, recipe: ModelRecipe): RunModel {
  const origin = step.inputs(recipeContract(recipe).origin);
  const config = configOf(origin, step.id);
  const tensors = tensorsOf(origin);
  const type = recipe.heldAs === undefined && tensors.every(([, one]) => one.tensor!.dtype === 'BF16') ? 'BF16' : 'F32';
  const weights = weightBytes(config, type);
  const shapes = architectureTensors(config);
  const isResident = step.runs(recipe);
  let made = work({ phases: [phase({ transferred: weights })], deviceMemory: weights });
  for (const [name, one] of isResident ? [] : tensors) {
    const shape = shapes.get(name);
    if (shape === undefined) continue;
    const elements = elementCount(shape);
    // Whatever is loaded is looked through for numbers that are not finite.
    made = addWork(made, makesTensor(recipe, name) ? makeWork(step, recipe, name) : reading(elements, one));
    made = addWork(made, work({ host: { elements }, hostMemory: 8 * elements }));
  }
  return { config, type, weights, work: isResident ? work({ deviceMemory: weights }) : made };
}

export function configOf(model: DescribedNode, step: string): DecoderConfig {
  const config = model.get('file/config.json')?.config;
  if (config === undefined) throw new TypeError(`${step}: the model that it runs has no known config.json`);
  return config;
}

/** The tensors of a model's outputs, by name. */
export function tensorsOf(model: DescribedNode): [string, Described][] {
  return [...model].flatMap(([output, one]) =>
    output.startsWith('tensor/') && one.tensor !== undefined
      ? [[output.slice('tensor/'.length), one] as [string, Described]]
      : [],
  );
}

type MakeWork<Recipe> = (step: CostedStep, recipe: Recipe, name: string) => Work;

const makers: { readonly [K in MadeModel['kind']]: MakeWork<Extract<MadeModel, { readonly kind: K }>> } = {
  projected: (step, recipe, name) => projectedWork(step, recipe, name, (input) => input),
  combined(step, { terms }, name) {
    const origin = tensorOf(step, 'origin', name);
    const elements = elementCount(origin.tensor!.shape);
    const sum = addWork(reading(elements, origin), work({ host: { elements: 2 * elements } }));
    return terms
      .map((term, index) => (hasTensor(term, name) ? termWork(step, term, index, name, elements) : work({})))
      .reduce(addWork, sum);
  },
  ablated(step, { ranks }, name) {
    const tensor = tensorOf(step, 'ablated', name);
    return alongBasis(step, `basis/${name}`, ranks[name]!, tensor, [tensor]);
  },
  realigned(step, { share }, name) {
    const [from, to] = [tensorOf(step, 'from', name), tensorOf(step, 'to', name)];
    const elements = elementCount(from.tensor!.shape);
    // Whether the tensor changes is known only when the choice was made.
    if (step.end === 'least') return reading(elements, to);
    if (share !== undefined) return addWork(reading(elements, from, from, to, from, to), work({ host: { elements } }));
    const [, vectors = 1] = step.input(`basis/${name}`).tensor?.shape ?? [];
    return alongBasis(step, `basis/${name}`, vectors, from, [from, to]);
  },
};

/** What making one tensor of a recipe's model takes; see src/worker/steps/recipes. The registry says which recipe a maker takes. */
export function makeWork(step: CostedStep, recipe: MadeModel, name: string): Work {
  return (makers[recipe.kind] as MakeWork<MadeModel>)(step, recipe, name);
}

const terms: {
  readonly [K in CombinedTerm['kind']]: (
    step: CostedStep,
    term: Extract<CombinedTerm, { readonly kind: K }>,
    index: number,
    name: string,
    elements: number,
  ) => Work;
} = {
  update(step, { dare }, index, name, elements) {
    const ends = ['from', 'to'].map((end) => tensorOf(step, termInput(index, end), name));
    return addWork(reading(elements, ...ends), work({ host: { elements: (dare === undefined ? 1 : 5) * elements } }));
  },
  projected: (step, { of }, index, name) => projectedWork(step, of, name, (input) => termInput(index, input)),
  noise: (_, __, ___, ____, elements) => work({ host: { normals: 2 * elements, elements: 2 * elements } }),
};

function termWork(step: CostedStep, term: CombinedTerm, index: number, name: string, elements: number): Work {
  const of = terms[term.kind] as (...given: [CostedStep, CombinedTerm, number, string, number]) => Work;
  return of(step, term, index, name, elements);
}

function projectedWork(
  step: CostedStep,
  { ranks, gaussian, ontoRows }: ProjectedModel,
  name: string,
  inputOf: (input: string) => string,
): Work {
  const rank = ranks[name]!;
  const [from, to] = [tensorOf(step, inputOf('from'), name), tensorOf(step, inputOf('to'), name)];
  if (typeof rank === 'number') return alongBasis(step, inputOf(`basis/${name}`), rank, from, [from, to]);
  const elements = elementCount(from.tensor!.shape);
  const onto =
    rank === 'whole'
      ? [from, to]
      : gaussian === undefined
        ? [tensorOf(step, inputOf('onto-from'), name), tensorOf(step, inputOf('onto-to'), name)]
        : [];
  const { rows, columns } = matrixOf(onto[0] ?? from, ontoRows?.[name]);
  return [
    reading(elements, from, from, to, from, to),
    reading(rows * columns * 2, ...onto),
    work({
      host: { elements: 4 * elements, ...(onto.length === 0 ? { normals: 2 * elements } : {}) },
      phases: [phase({ otherBytes: 16 * elements, transferred: 16 * elements, dispatches: 1, waits: 1 })],
      hostMemory: 4 * windowBytes(tall(matrixOf(from))) + 4 * elements,
    }),
  ].reduce(addWork);
}

/** A tensor projected onto the first `rank` vectors of a basis; see projectOntoBasis. */
function alongBasis(step: CostedStep, basis: string, rank: number, like: Described, ends: readonly Described[]): Work {
  const matrix = matrixOf(like);
  const elements = matrix.rows * matrix.columns;
  const [d = 1] = step.input(basis).tensor?.shape ?? [];
  return [
    subspaceWork(
      tall(matrix),
      { vectors: rank, d, ranks: [rank] },
      reading(elements, ...ends),
      reading(elements, like),
    ),
    work({
      phases: [phase({ transferred: 4 * elements, waits: 1 })],
      host: { elements: 2 * elements },
      hostMemory: 4 * elements,
    }),
  ].reduce(addWork);
}

function tensorOf(step: CostedStep, input: string, name: string): Described {
  const found = step.inputs(input).get(`tensor/${name}`);
  if (found?.tensor === undefined) throw new TypeError(`${step.id}: ${input} has no tensor ${name}`);
  return found;
}
