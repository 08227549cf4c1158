import type { Subspace, SubspaceOf } from '../../workflow/subspaces/subspace.js';
import { difference } from './difference.js';
import type { SubspacePlan } from './kind.js';
import { outputs } from './outputs.js';
import { random } from './random.js';
import { randomK } from './random-k.js';
import { topK } from './top-k.js';

const subspacePlans: { readonly [K in Subspace['kind']]: SubspacePlan<SubspaceOf<K>> } = {
  'top-k': topK,
  'random-k': randomK,
  random,
  difference,
  outputs,
};

/** The registry says that a plan takes just such a subspace. */
export function subspacePlan({ kind }: Subspace): SubspacePlan<Subspace> {
  return subspacePlans[kind] as SubspacePlan<Subspace>;
}
