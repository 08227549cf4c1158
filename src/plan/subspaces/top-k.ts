import type { TopK } from '../../workflow/subspaces/top-k.js';
import type { SubspacePlan } from './kind.js';
import { singularBasis } from './singular.js';

export const topK: SubspacePlan<TopK> = {
  basis: singularBasis,
  text: ({ of }) => `leading singular vectors of ${of}`,
  permuted: false,
  scalar: 'update',
};
