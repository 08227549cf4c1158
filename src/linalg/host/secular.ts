/**
 * The secular equation of a rank-one update: the roots λ of 1 + ρ Σ_j z_j² / (d_j − λ) = 0 are the eigenvalues of
 * diag(d) + ρ z zᵀ, ρ > 0, d strictly ascending, no z_j zero. Root i lies in (d_i, d_{i+1}), the last one in
 * (d_{k−1}, d_{k−1} + ρ‖z‖²).
 */
export interface SecularRoots {
  readonly values: Float64Array;
  /** [k, k] row-major: row i holds d_j − λ_i, each to full relative accuracy (λ is found as an offset from its nearest pole). */
  readonly gaps: Float64Array;
}

const epsilon = Number.EPSILON / 2;

/** @param gaps memory for [k, k] numbers. */
export function secularRoots(d: Float64Array, z: Float64Array, rho: number, gaps: Float64Array): SecularRoots {
  const k = d.length;
  const values = new Float64Array(k);
  const z2 = z.map((value) => value * value);
  const norm2 = z2.reduce((sum, value) => sum + value, 0);
  const delta = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const last = i === k - 1;
    const width = last ? rho * norm2 : d[i + 1]! - d[i]!;
    // The pole nearer to the root becomes the origin: the sign of f in the middle of the interval tells which it is.
    const middle = evaluate(d, z2, rho, i, d[i]!, width / 2, delta).f;
    const origin = last || middle >= 0 ? i : i + 1;
    let low = origin === i ? 0 : -width / 2;
    let high = origin === i ? width / 2 : 0;
    if (last && middle < 0) [low, high] = [width / 2, width];
    const offset = findRoot(d, z2, rho, i, d[origin]!, low, high, delta);
    values[i] = d[origin]! + offset;
    gaps.set(delta, i * k);
  }
  return { values, gaps };
}

interface Evaluation {
  /** 1 + ρ (ψ + φ): ψ sums the poles up to i, φ those after. */
  f: number;
  psi: number;
  psiSlope: number;
  phi: number;
  phiSlope: number;
  /** Bound of the rounding error of f. */
  error: number;
}

const evaluation: Evaluation = { f: 0, psi: 0, psiSlope: 0, phi: 0, phiSlope: 0, error: 0 };

/** f and its parts at λ = origin + offset; leaves d_j − λ in `delta`. */
function evaluate(
  d: Float64Array,
  z2: Float64Array,
  rho: number,
  i: number,
  origin: number,
  offset: number,
  delta: Float64Array,
): Evaluation {
  const k = d.length;
  let psi = 0;
  let psiSlope = 0;
  let phi = 0;
  let phiSlope = 0;
  let error = 0;
  for (let j = 0; j <= i; j++) {
    const gap = d[j]! - origin - offset;
    const term = z2[j]! / gap;
    delta[j] = gap;
    psi += term;
    psiSlope += term / gap;
    error += psi;
  }
  error = -error;
  for (let j = k - 1; j > i; j--) {
    const gap = d[j]! - origin - offset;
    const term = z2[j]! / gap;
    delta[j] = gap;
    phi += term;
    phiSlope += term / gap;
    error += phi;
  }
  evaluation.f = 1 + rho * (psi + phi);
  evaluation.psi = rho * psi;
  evaluation.psiSlope = rho * psiSlope;
  evaluation.phi = rho * phi;
  evaluation.phiSlope = rho * phiSlope;
  evaluation.error = rho * (8 * (phi - psi) + error + Math.abs(offset) * (psiSlope + phiSlope)) + 1;
  return evaluation;
}

/**
 * The offset of root i from its origin within [low, high]. Each step replaces ψ and φ by one pole each that agree in value
 * and slope ("the middle way", R.-C. Li, LAPACK working note 89) and falls back to bisection when it leaves the bracket.
 */
function findRoot(
  d: Float64Array,
  z2: Float64Array,
  rho: number,
  i: number,
  origin: number,
  low: number,
  high: number,
  delta: Float64Array,
): number {
  const k = d.length;
  let offset = (low + high) / 2;
  for (let iteration = 0; ; iteration++) {
    const { f, psi, psiSlope, phi, phiSlope, error } = evaluate(d, z2, rho, i, origin, offset, delta);
    if (Math.abs(f) <= epsilon * error) return offset;
    if (f < 0) low = offset;
    else high = offset;
    if (high - low <= 2 * epsilon * Math.max(Math.abs(low), Math.abs(high))) return offset;
    const left = delta[i]!; // d_i − λ < 0
    // ψ ≈ r + s/(d_i − x) with s = left²·ψ', and φ likewise with d_{i+1}: solve 1 + ψ + φ = 0 for x, as a step from λ.
    let step: number;
    const s = left * left * psiSlope;
    if (i === k - 1) {
      const c = 1 + psi - left * psiSlope;
      step = c > 0 ? left + s / c : Number.NaN;
    } else {
      const right = delta[i + 1]!;
      const t = right * right * phiSlope;
      const c = 1 + psi - left * psiSlope + (phi - right * phiSlope);
      // c (left − η)(right − η) + s (right − η) + t (left − η) = 0, η the step
      const b = c * (left + right) + s + t;
      const a0 = left * right * f;
      const discriminant = Math.sqrt(Math.max(0, b * b - 4 * c * a0));
      step = b <= 0 ? (b - discriminant) / (2 * c) : (2 * a0) / (b + discriminant);
    }
    const next = offset + step;
    // Every fourth step bisects, so the bracket closes even where the interpolation creeps up from one side.
    offset = iteration % 4 !== 3 && next > low && next < high ? next : (low + high) / 2;
  }
}

/**
 * Eigenvectors of diag(d) + ρ z zᵀ, one a row, orthogonal to working precision however close the roots: z is replaced by the
 * vector for which the computed roots are exact (Gu and Eisenstat 1994, Löwner's formula). They take the place of `gaps`.
 * @param columns the order in which the components are wanted.
 */
export function secularVectors(
  d: Float64Array,
  z: Float64Array,
  { gaps }: SecularRoots,
  columns: ArrayLike<number>,
): Float64Array {
  const k = d.length;
  const exactZ = new Float64Array(k).fill(1);
  for (let i = 0; i < k; i++) {
    const pole = d[i]!;
    for (let j = 0; j < k; j++) exactZ[j]! *= gaps[i * k + j]! / (j === i ? 1 : d[j]! - pole);
  }
  for (let j = 0; j < k; j++) exactZ[j] = Math.sign(z[j]!) * Math.sqrt(Math.abs(exactZ[j]!));
  const vector = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    let sum = 0;
    for (let j = 0; j < k; j++) {
      const value = exactZ[j]! / gaps[i * k + j]!;
      vector[j] = value;
      sum += value * value;
    }
    const norm = Math.sqrt(sum);
    for (let j = 0; j < k; j++) gaps[i * k + j] = vector[columns[j]!]! / norm;
  }
  return gaps;
}
