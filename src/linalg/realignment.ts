import type { Realignment, RealignmentRule, TensorRealignment } from '../formats/realignment.js';
import { numericalRank } from './numerical-rank.js';
import type { TransposedBasis } from './subspace-energy.js';

/** An update along the left singular vectors of an alignment's update V = U Σ Wᵀ, one tensor. */
export interface AlignmentEnergies {
  /** ‖Δ‖². */
  readonly total: number;
  /** ‖u_iᵀ Δ‖², one a singular vector. */
  readonly along: ArrayLike<number>;
  /** σ_i, descending; those that are noise are 0. */
  readonly s: ArrayLike<number>;
}

/** SafeMERGE's code takes an alignment below this norm for none. */
const noAlignment = 1e-9;

/**
 * cos(C Δ, Δ) with C = V Vᵀ / ‖V‖ (IBM/SafeLoRA). With V = U Σ Wᵀ, C = U Σ² Uᵀ / ‖σ‖, and with t_i = ‖u_iᵀ Δ‖²
 * cos = Σ σ_i² t_i / (√(Σ σ_i⁴ t_i) ‖Δ‖): no d × d matrix. 0 where C Δ is 0; null where Δ is, or V.
 */
export function alignmentCosine({ total, along, s }: AlignmentEnergies): number | null {
  // Relative to σ₁: its fourth power would underflow where updates are small.
  const scale = s[0] ?? 0;
  if (!(total > 0) || !(scale > 0)) return null;
  let product = 0;
  let squares = 0;
  for (let i = 0; i < s.length; i++) {
    const weight = (s[i]! / scale) ** 2;
    product += weight * along[i]!;
    squares += weight * weight * along[i]!;
  }
  return squares > 0 ? Math.min(1, product / Math.sqrt(squares * total)) : 0;
}

/** Which tensors change, by the rule of the method; see RealignmentRule. */
export function chooseTensors(
  tensors: readonly (readonly [name: string, energies: AlignmentEnergies])[],
  rule: RealignmentRule,
): Realignment {
  const found = tensors.map(([name, energies]) => [name, cosineOf(energies, rule)] as const);
  const limit = 'lowest' in rule ? nthLowest(found, rule.lowest) : rule.threshold;
  return Object.fromEntries(
    found.map(([name, cosine]): [string, TensorRealignment] => {
      const changed = cosine !== null && (rule.method === 'safemerge' ? rounded(cosine) < limit : cosine <= limit);
      return [name, { cosine, changed }];
    }),
  );
}

/** Cosine as SafeMERGE's code has it: without an alignment C is 0, and so is the cosine. */
function cosineOf(energies: AlignmentEnergies, { method }: RealignmentRule): number | null {
  if (method === 'safelora' || !(energies.total > 0)) return alignmentCosine(energies);
  const norm = Math.hypot(...Array.from(energies.s));
  return norm < noAlignment ? 0 : alignmentCosine(energies);
}

/** −∞ where there is none. */
function nthLowest(found: readonly (readonly [string, number | null])[], n: number): number {
  const cosines = found.flatMap(([, cosine]) => (cosine === null ? [] : [cosine])).sort((a, b) => a - b);
  return cosines[Math.min(n, cosines.length) - 1] ?? Number.NEGATIVE_INFINITY;
}

function rounded(cosine: number): number {
  return Math.round(cosine * 1e5) / 1e5;
}

/**
 * W = U Σ / √‖σ‖, so that W Wᵀ = U Σ² Uᵀ / ‖σ‖ = C: what is projected onto these vectors is multiplied by C.
 * @param basis U, whose vectors of noise are 0
 */
export function productBasis(basis: TransposedBasis, s: Float64Array): TransposedBasis {
  const norm = Math.hypot(...s.subarray(0, numericalRank(s)));
  const factors = Array.from(s, (sigma) => (norm > 0 ? sigma / Math.sqrt(norm) : 0));
  return {
    vectors: basis.vectors,
    async window(start, count) {
      const scaled = await basis.window(start, count);
      for (let j = 0; j < basis.vectors; j++) {
        for (let i = 0; i < count; i++) scaled[j * count + i]! *= factors[j]!;
      }
      return scaled;
    },
  };
}
