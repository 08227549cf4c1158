import type { StepDeclaration } from './step.js';

/** A dataset of the Hugging Face hub at a commit: its files come into the hub's cache and stay there. */
export const fetchDataset: StepDeclaration = {
  kind: 'fetch-dataset',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/fetch-dataset.js')).runFetchDataset,
};
