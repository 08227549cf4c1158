import type { Family } from './family.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';

/** Families whose forward and backward pass is computed, by `model_type` of config.json. */
export type FamilyName = 'llama' | 'qwen2' | 'mistral';

export const families: { readonly [F in FamilyName]: Family } = { llama, qwen2, mistral };

export const familyNames = Object.keys(families) as readonly FamilyName[];
