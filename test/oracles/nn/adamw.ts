export interface AdamWSettings {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/**
 * Decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101): w ← w(1 − lr·λ) − lr·m̂/(√v̂ + ε), in place.
 * `step` counts from 1; `gradientScale` is the clipping factor.
 */
export function adamW(
  state: { w: Float64Array; m: Float64Array; v: Float64Array },
  gradient: Float64Array,
  step: number,
  gradientScale: number,
  { lr, beta1, beta2, epsilon, weightDecay }: AdamWSettings,
): void {
  const { w, m, v } = state;
  for (let i = 0; i < w.length; i++) {
    const g = gradient[i]! * gradientScale;
    m[i] = beta1 * m[i]! + (1 - beta1) * g;
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
    const mHat = m[i]! / (1 - beta1 ** step);
    const vHat = v[i]! / (1 - beta2 ** step);
    w[i] = w[i]! * (1 - lr * weightDecay) - (lr * mHat) / (Math.sqrt(vHat) + epsilon);
  }
}

/** Factor that brings the norm of all gradients down to `maxNorm` (PyTorch's clip_grad_norm_, with its 1e-6). */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
