/**
 * KL(p ‖ q) = Σ p ln(p / q) in nats, of the distributions that two rows of logits stand for (their softmax), in f64. 0 for equal
 * rows; rounding never makes it negative.
 * @param p logits of the reference, finite
 * @param q logits of the compared model, finite, as many
 */
export function divergence(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [logP, logQ] = [logSum(p), logSum(q)];
  let sum = 0;
  let compensation = 0;
  for (let token = 0; token < p.length; token++) {
    const own = p[token]! - logP;
    // Neumaier's sum: terms of both signs cancel down to divergences far below them.
    const term = Math.exp(own) * (own - (q[token]! - logQ));
    const next = sum + term;
    compensation += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
  }
  return Math.max(0, sum + compensation);
}

/** ln Σ exp x. */
function logSum(x: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, x[i]!);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i]! - largest);
  return largest + Math.log(sum);
}
