import type { RandomK } from '../../workflow/subspaces/random-k.js';
import type { SubspacePlan } from './kind.js';
import { singularBasis } from './singular.js';

export const randomK: SubspacePlan<RandomK> = {
  basis: singularBasis,
  text: ({ of, seeds }) => `singular vectors of ${of} in random order, seeds ${seeds.join(', ')}`,
  permuted: true,
  scalar: 'update',
};
