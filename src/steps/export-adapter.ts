import { defineStep } from './step.js';

/** What becomes of the tensors of an update that are not linear layers. */
export const restChoices = ['drop', 'modules-to-save'] as const;
export type RestChoice = (typeof restChoices)[number];

export type ExportAdapterParams = {
  /** Largest rank of a tensor's factors; what has less has less. */
  readonly rank: number;
  /** Weights of linear layers, and the update's other tensors. */
  readonly linear: readonly string[];
  readonly others: readonly string[];
  /** Tensors of the model that the update does not have; absent: none. */
  readonly outside?: readonly string[];
  /** Absent where there are only linear layers. */
  readonly rest?: RestChoice;
  /** Layers that store [in, out]. */
  readonly transposed?: readonly string[];
  /** The embedding is the output layer too. */
  readonly tied?: true;
  /** The repository that the update starts from. */
  readonly base?: { readonly repo: string; readonly commit: string };
};

/** `summary` of an export-adapter step. Energies are sums of squares. */
export type AdapterSummary = {
  /** Linear layers that have factors, and what their rank is at most. */
  readonly layers: number;
  readonly rank: number;
  /** Energies of all linear layers: the update's, and the factors'. */
  readonly energy: number;
  readonly kept: number;
  /** The other tensors that the update changes. */
  readonly rest: readonly string[];
  readonly restEnergy: number;
};

/** `export-adapter[update]`: an update as a LoRA adapter: B = U √Σ, A = √Σ Vᵀ of its largest singular values. */
export const exportAdapter = defineStep<ExportAdapterParams>({
  kind: 'export-adapter',
  revision: 1,
  usesDevice: false,
  inputs: {
    'u/<tensor>': 'of a linear layer: as svd gives it',
    's/<tensor>': 'its singular values',
    'v/<tensor>': 'as svd gives it',
    'from/<tensor>': 'of any other tensor: what the update starts from',
    'to/<tensor>': 'where it leads',
    'config?': 'config.json of the model that the update starts from',
  },
  outputs: {
    'tensor/<name>': 'F32 factors by their names in the file; whole tensors in their storage type',
    'file/adapter_config.json': 'as PEFT reads it',
    summary: 'JSON, an AdapterSummary',
  },
});
