import type { Json } from '../json.js';
import type { Family } from './family.js';
import { gemma3Text } from './gemma3_text.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { olmo2 } from './olmo2.js';
import { phi3 } from './phi3.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';
import { smollm3 } from './smollm3.js';

/** Families whose forward and backward pass is computed, by `model_type` of config.json. */
export type FamilyName = 'llama' | 'qwen2' | 'mistral' | 'qwen3' | 'olmo2' | 'smollm3' | 'phi3' | 'gemma3_text';

export const families: { readonly [F in FamilyName]: Family } = {
  llama,
  qwen2,
  mistral,
  qwen3,
  olmo2,
  smollm3,
  phi3,
  gemma3_text: gemma3Text,
};

export const familyNames = Object.keys(families) as readonly FamilyName[];

/** The family of a `model_type`, or undefined where it is no family that is computed. */
export function familyOf(modelType: Json | undefined): Family | undefined {
  const name = familyNames.find((known) => known === modelType);
  return name && families[name];
}
