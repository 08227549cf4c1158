import type { CostOf } from '../costed-step.js';
import { smallFile } from '../described.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Bytes of a word in tokenizer.json, with its id. */
const wordBytes = 40;

/** One pass over the texts of its datasets. */
export const wordTokenizer: CostOf<'word-tokenizer'> = (step) => {
  const characters = step.inputNames.reduce((sum, name) => sum + step.input(name).bytes, 0);
  const own = work({ host: { characters }, hostMemory: 2 * characters });
  if (step.known.outputs !== undefined) return storing(own, Object.fromEntries(step.known.outputs));
  return storing(own, {
    'file/tokenizer.json': { bytes: wordBytes * step.params.vocabulary },
    'file/tokenizer_config.json': smallFile,
  });
};
