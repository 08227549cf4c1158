import type { RandomK } from '../../workflow/subspaces/random-k.js';
import { listedText } from '../listed-text.js';
import type { SubspacePlan } from './kind.js';
import { singularBasis } from './singular.js';

export const randomK: SubspacePlan<RandomK> = {
  basis: singularBasis,
  text: ({ of, seeds }) => `singular vectors of ${of} in random order, seeds ${listedText(seeds)}`,
  permuted: true,
  scalar: 'update',
};
