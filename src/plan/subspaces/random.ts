import type { RandomBasisParams } from '../../steps/random-basis.js';
import type { Random } from '../../workflow/subspaces/random.js';
import { listedText } from '../listed-text.js';
import type { SubspacePlan } from './kind.js';

export const random: SubspacePlan<Random> = {
  basis({ subspace, seed, name, tensor, side }, { builder }) {
    const rows = side === 'right' ? tensor.columns : tensor.rows;
    const params: RandomBasisParams = { rows, columns: tensor.rankMax, seed: seed!, stream: tensor.name };
    const step = {
      id: `random-basis[${name},${side},${tensor.name}]`,
      kind: 'random-basis' as const,
      params,
      inputs: {},
      group: `Bases of ${subspace.name}`,
      cost: rows * tensor.rankMax * tensor.rankMax,
    };
    return { basis: { node: builder.add(step, `subspaces.${subspace.name}`), output: 'q' } };
  },
  text: ({ like, seeds }) => `random orthonormal vectors, as long as those of ${like}, seeds ${listedText(seeds)}`,
  permuted: false,
  scalar: 'gaussian',
};
