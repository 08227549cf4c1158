import { defineStep } from './step.js';

/** `cka[metric,a,b,prompts,layer]`: linear CKA of what the same prompts activate in two models. */
export const cka = defineStep<Record<string, never>>({
  kind: 'cka',
  revision: 1,
  usesDevice: true,
  inputs: {
    a: '[prompts, hidden] of the one model',
    b: '[prompts, hidden] of the other, which may be of another width',
  },
  outputs: {
    cka: 'JSON: CkaResult',
  },
});
