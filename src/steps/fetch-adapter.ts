import { defineStep } from './step.js';

export type FetchAdapterParams = { readonly repo: string; readonly commit: string };

/** `fetch[model]`: a LoRA adapter of the Hugging Face hub at a commit. Its files come into the hub's cache and stay there. */
export const fetchAdapter = defineStep<FetchAdapterParams>({
  kind: 'fetch-adapter',
  revision: 1,
  usesDevice: false,
  inputs: {},
  outputs: {
    'tensor/<name>': 'a factor, or a weight that is stored whole, by its name in the file',
    'file/<name>': 'adapter_config.json',
  },
});
