import type { StepDeclaration } from './step.js';

/** Rows as token ids and labels, by a model's own tokenizer. */
export const tokenise: StepDeclaration = {
  kind: 'tokenise',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/tokenise.js')).runTokenise,
};
