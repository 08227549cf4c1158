/** A value and how often it occurs. */
export interface Weighed {
  readonly value: number;
  readonly count: number;
}

/**
 * Chance that a random mixture of values is at most `threshold`: the weights of the mixture are Dirichlet(count₁, count₂, …),
 * so that of two values it is a beta distribution. Equal to P(Σ (valueᵢ − threshold)·Gᵢ ≤ 0) for independent
 * Gᵢ ~ Gamma(countᵢ), which is the integral of exp(K(s)) / (−2πi·s) along a line left of 0, K(s) = −Σ count · log(1 − a·s).
 * It is taken along a curve through the saddle point that leaves it in the direction of steepest descent: the relative
 * error is below 1e-6 in the middle, and below 1e-11 far out in the tail, where numbers like 1 − p have no digits left.
 *
 * @param values at least one, finite; counts above 0
 */
export function dirichletTail(values: readonly Weighed[], threshold: number): number {
  const terms = values.map(({ value, count }) => ({ a: value - threshold, count })).filter(({ a }) => a !== 0);
  if (terms.every(({ a }) => a < 0)) return 1;
  if (terms.every(({ a }) => a > 0)) return 0;
  // Of the two tails the integral is for the one that the mean is not in: the other has the pole at 0 in its way.
  const isTail = terms.reduce((sum, { a, count }) => sum + a * count, 0) >= 0;
  return isTail ? lowerTail(terms) : 1 - lowerTail(terms.map(({ a, count }) => ({ a: -a, count })));
}

function lowerTail(terms: readonly Term[]): number {
  const saddle = saddlePoint(terms, 1 / Math.min(...terms.map(({ a }) => a)));
  const { logHeight, scale, bend } = shapeAt(terms, saddle);
  // s = saddle + scale · (i·sinh(v) + bend · (cosh(v) − 1)): where the integrand falls like a power of s it falls
  // exponentially in v, and the trapezoidal rule of an analytic function converges faster than any power of the step.
  let sum = 0.5;
  for (let step = 1; step < mostSteps; step++) {
    const [across, along] = [Math.sinh(step * stepLength), Math.cosh(step * stepLength)];
    const { modulus, angle } = integrand(terms, saddle + scale * bend * (along - 1), scale * across, logHeight);
    sum += modulus * (along * Math.cos(angle) + bend * across * Math.sin(angle));
    if (modulus * along < 1e-17) break;
  }
  return Math.min(1, (Math.exp(logHeight) * sum * scale * stepLength) / Math.PI);
}

const stepLength = 0.1;
const mostSteps = 2000;

interface Term {
  readonly a: number;
  readonly count: number;
}

/** Place between the pole and 0 where K(s) − log(−s) is least; it is convex there, so there is one. */
function saddlePoint(terms: readonly Term[], pole: number): number {
  let [below, above] = [pole, 0];
  let at = pole / 2;
  for (let iteration = 0; iteration < 200; iteration++) {
    let slope = -1 / at;
    let curvature = 1 / (at * at);
    for (const { a, count } of terms) {
      const part = a / (1 - a * at);
      slope += count * part;
      curvature += count * part * part;
    }
    if (slope > 0) above = at;
    else below = at;
    const newton = at - slope / curvature;
    const next = newton > below && newton < above ? newton : (below + above) / 2;
    if (Math.abs(next - at) <= 1e-10 * Math.abs(at)) return next;
    at = next;
  }
  return at;
}

/** Shape of K(s) − log(−s) at its saddle: its value, the length over which it changes, and how the steepest descent bends. */
function shapeAt(terms: readonly Term[], at: number): { logHeight: number; scale: number; bend: number } {
  let logHeight = -Math.log(-at);
  let second = 1 / at ** 2;
  let third = -2 / at ** 3;
  for (const { a, count } of terms) {
    const part = a / (1 - a * at);
    logHeight -= count * Math.log(1 - a * at);
    second += count * part ** 2;
    third += 2 * count * part ** 3;
  }
  const scale = 1 / Math.sqrt(second);
  return { logHeight, scale, bend: (third * scale) / (3 * second) };
}

/** exp(K(s)) / (−s) at s = x + iy, y above 0, in units of its value at the saddle. */
function integrand(terms: readonly Term[], x: number, y: number, logHeight: number) {
  let log = -0.5 * Math.log(x * x + y * y);
  let angle = Math.atan2(y, -x);
  for (const { a, count } of terms) {
    const rest = 1 - a * x;
    log -= 0.5 * count * Math.log(rest * rest + a * a * y * y);
    angle += count * Math.atan2(a * y, rest);
  }
  return { modulus: Math.exp(log - logHeight), angle };
}
