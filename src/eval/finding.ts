import { type BootstrapOptions, bootstrapInSteps, defaultConfidence, type Estimate } from './bootstrap.js';

/** What the interval of an effect must do for a claim to hold. */
export type Condition =
  /** The whole interval lies above 0. */
  | { readonly type: 'above-zero' }
  /** … at or below the bound. */
  | { readonly type: 'at-most'; readonly bound: number }
  /** … between −bound and bound. */
  | { readonly type: 'within'; readonly bound: number };

/** `undecided`: the interval is neither wholly where it must be nor wholly where it must not. */
export type Verdict = 'holds' | 'fails' | 'undecided';

/** One case of a claim: an update, a subspace, a pair. */
export interface Case {
  readonly name: string;
  readonly condition: Condition;
  /** The units of each group to draw from, and the effect of a draw; see `bootstrap`. Empty groups: nothing was measured. */
  readonly sizes: readonly number[];
  /** How many units there are to decide by, where that is not the size of the first group: the fewest of several groups. */
  readonly units?: number;
  readonly effect: (drawn: readonly Uint32Array[]) => number;
}

export interface Finding {
  /** null: the claim as a whole. */
  readonly case: string | null;
  readonly verdict: Verdict;
  readonly condition: Condition;
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

const confidence = defaultConfidence;
/** Draws that fall beyond an end of an interval: fewer would leave the end to chance. */
const drawsBeyondAnEnd = 10;
/**
 * Fewer units decide nothing: that all of four lie on one side happens by chance in more than one case of twenty (sign
 * test), whatever the interval that resampling them gives.
 */
const fewestUnits = 5;

/**
 * The finding of a claim as a whole, then of each case. It holds when all cases do and fails when one does, so the
 * intervals are made wide enough to be right together 95 % of the time (Bonferroni). The whole is told by the numbers of
 * its weakest case. Many cases of many items take minutes: there is a break after every draw.
 */
export function* findingsOf(
  cases: readonly Case[],
  { seed, stream }: Pick<BootstrapOptions, 'seed' | 'stream'>,
): Generator<undefined, Finding[]> {
  const level = 1 - (1 - confidence) / Math.max(1, cases.length);
  const resamples = Math.max(2000, Math.ceil((2 * drawsBeyondAnEnd) / (1 - level)));
  const findings: Finding[] = [];
  for (const { name, condition, sizes, effect, units } of cases) {
    if (sizes.length === 0 || sizes.some((size) => size === 0)) {
      findings.push({ case: name, verdict: 'undecided', condition, effect: null, low: null, high: null, n: 0 });
      continue;
    }
    const options = { seed, stream: `${stream}/${name}`, resamples, confidence: level };
    const estimate = yield* bootstrapInSteps(sizes, effect, options);
    const { value, low, high } = estimate;
    const n = units ?? estimate.n;
    findings.push({
      ...{ case: name, verdict: n >= fewestUnits ? verdictOf(estimate, condition) : 'undecided', condition },
      ...{ effect: Number.isFinite(value) ? value : null, low, high, n },
    });
  }
  const weakest = findings.reduce<Finding | undefined>((worst, one) => (weaker(one, worst) ? one : worst), undefined);
  const nothing = { effect: null, low: null, high: null, n: 0, condition: { type: 'above-zero' } } as const;
  const verdict = weakest?.verdict ?? 'undecided';
  return [{ ...(weakest ?? nothing), case: null, verdict }, ...findings];
}

function verdictOf({ low, high }: Estimate, condition: Condition): Verdict {
  if (low === null || high === null) return 'undecided';
  switch (condition.type) {
    case 'above-zero':
      return low > 0 ? 'holds' : high <= 0 ? 'fails' : 'undecided';
    case 'at-most':
      return high <= condition.bound ? 'holds' : low > condition.bound ? 'fails' : 'undecided';
    case 'within': {
      const { bound } = condition;
      return low >= -bound && high <= bound ? 'holds' : low > bound || high < -bound ? 'fails' : 'undecided';
    }
  }
}

const weakness: Readonly<Record<Verdict, number>> = { holds: 0, undecided: 1, fails: 2 };

function weaker(one: Finding, other: Finding | undefined): boolean {
  if (other === undefined) return true;
  const difference = weakness[one.verdict] - weakness[other.verdict];
  return difference > 0 || (difference === 0 && margin(one) < margin(other));
}

/** How far the effect is from where the claim would fail. */
function margin({ effect, condition }: Finding): number {
  if (effect === null) return Number.NEGATIVE_INFINITY;
  if (condition.type === 'above-zero') return effect;
  return condition.bound - (condition.type === 'within' ? Math.abs(effect) : effect);
}

/** Mean of a number over the units that were drawn. */
export function meanOf(drawn: Uint32Array, number: (unit: number) => number): number {
  let sum = 0;
  for (const unit of drawn) sum += number(unit);
  return sum / drawn.length;
}
