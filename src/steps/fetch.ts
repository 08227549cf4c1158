import type { StepDeclaration } from './step.js';

/** A model of the Hugging Face hub at a commit: its files come into the hub's cache and stay there. */
export const fetch: StepDeclaration = {
  kind: 'fetch',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/fetch.js')).runFetch,
};
