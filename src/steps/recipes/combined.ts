import type { CommonRecipe, RecipeContract, RecipeInputs } from './kind.js';
import { type ProjectedModel, projected } from './projected.js';

/** θ = θ₀ + Σ times · Π(Δ). config.json, tokenizer and tensors that no term has are those of `origin`. */
export type CombinedModel = CommonRecipe & {
  readonly kind: 'combined';
  readonly terms: readonly CombinedTerm[];
};

export type CombinedTerm = UpdateTerm | ProjectedTerm | NoiseTerm;

/** Tensors of an update as they are, or thinned out. */
export type UpdateTerm = {
  readonly kind: 'update';
  readonly times: number;
  readonly tensors: readonly string[];
  /** Number of rows, by tensor of an update of the first rows alone. Absent: all rows of all tensors. */
  readonly rows?: { readonly [tensor: string]: number };
  /** Each element is kept with probability 1 − drop and divided by it; `dare/` and the tensor's name are the stream. */
  readonly dare?: { readonly drop: number; readonly seed: number };
};

/** The projected update of such a model, for the tensors that it has ranks for. */
export type ProjectedTerm = {
  readonly kind: 'projected';
  readonly times: number;
  readonly of: ProjectedModel;
};

/** d / ‖d‖ · ‖θ₀‖ of each tensor, d standard normal; `noise/` and the tensor's name are the stream. */
export type NoiseTerm = {
  readonly kind: 'noise';
  readonly times: number;
  readonly tensors: readonly string[];
  readonly seed: number;
};

/** Which tensors a kind of term changes, and which of its inputs decide them. */
interface TermContract<Term> {
  has(term: Term, tensor: string): boolean;
  decides(term: Term): RecipeInputs;
}

const termContracts: {
  readonly [K in CombinedTerm['kind']]: TermContract<Extract<CombinedTerm, { readonly kind: K }>>;
} = {
  update: {
    has: ({ tensors }, tensor) => tensors.includes(tensor),
    decides: () => ({ nodes: ['from', 'to'], artifacts: [] }),
  },
  projected: { has: ({ of }, tensor) => projected.makes(of, tensor), decides: ({ of }) => projected.decides(of) },
  noise: { has: ({ tensors }, tensor) => tensors.includes(tensor), decides: () => ({ nodes: [], artifacts: [] }) },
};

/** The registry says that a contract takes just such a term. */
function termContract({ kind }: CombinedTerm): TermContract<CombinedTerm> {
  return termContracts[kind] as TermContract<CombinedTerm>;
}

export const combined: RecipeContract<CombinedModel> = {
  inputs: {
    'origin?': 'whole node: the model that terms are added to',
    ...Object.fromEntries(
      Object.entries(projected.inputs).map(([name, what]) => [termInput('<term>', name.replace(/\?$/, '')), what]),
    ),
  },
  origin: 'origin',
  makes: ({ terms }, tensor) => terms.some((term) => hasTensor(term, tensor)),
  decides({ terms }) {
    const inputs = terms.map((term, index) => {
      const { nodes, artifacts } = termContract(term).decides(term);
      const prefixed = (names: readonly string[]) => names.map((name) => termInput(index, name));
      return { nodes: prefixed(nodes), artifacts: prefixed(artifacts) };
    });
    return {
      nodes: ['origin', ...inputs.flatMap(({ nodes }) => nodes)],
      artifacts: inputs.flatMap(({ artifacts }) => artifacts),
    };
  },
};

/** Whether a term changes a tensor. */
export function hasTensor(term: CombinedTerm, tensor: string): boolean {
  return termContract(term).has(term, tensor);
}

/** The name of a term's input: as those of a projected model, below the term's place in the list. */
export function termInput(term: number | string, name: string): string {
  return `term/${term}/${name}`;
}
