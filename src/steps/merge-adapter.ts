import { defineStep } from './step.js';

export type MergeAdapterParams = {
  /** Scale s of W + s · B A, by tensor of the base that gets a product. */
  readonly scales: { readonly [tensor: string]: number };
  /** Those that get the transpose of the product, as embeddings do. */
  readonly transposed?: readonly string[];
};

/** `merge-adapter[model]`: a model with a LoRA adapter merged into it. Tensors that it leaves alone are those of the base. */
export const mergeAdapter = defineStep<MergeAdapterParams>({
  kind: 'merge-adapter',
  revision: 1,
  usesDevice: false,
  inputs: {
    base: 'whole node: the model that the adapter was trained on',
    'a/<tensor>': 'A [r, in]; of an embedding [r, vocabulary]',
    'b/<tensor>': 'B [out, r]; of an embedding [hidden, r]',
    'whole/<tensor>': 'what takes the place of the tensor, before the product is added',
    'again/<tensor>': 'the same for the layer that is tied to it: must be equal',
  },
  outputs: {
    'tensor/<name>': 'a weight, in its storage type',
    'file/<name>': 'config.json, and the tokenizer where the base has one',
  },
});
