import type { Difference, RawDifference } from './difference.js';
import type { Outputs, RawOutputs } from './outputs.js';
import type { Random, RawRandom } from './random.js';
import type { RandomK, RawRandomK } from './random-k.js';
import type { RawTopK, TopK } from './top-k.js';

export type Subspace = TopK | RandomK | Random | Difference | Outputs;
export type RawSubspace = RawTopK | RawRandomK | RawRandom | RawDifference | RawOutputs;
export type SubspaceOf<K extends Subspace['kind']> = Extract<Subspace, { readonly kind: K }>;
export type RawSubspaceOf<K extends Subspace['kind']> = Extract<RawSubspace, { readonly kind: K }>;
