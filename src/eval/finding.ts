/** What the interval of an effect must do for a claim to hold. */
export type Condition =
  /** The whole interval lies above 0. */
  | { readonly type: 'above-zero' }
  /** … at or below the bound. */
  | { readonly type: 'at-most'; readonly bound: number }
  /** … between −bound and bound. */
  | { readonly type: 'within'; readonly bound: number };

/**
 * `undecided`: the interval is neither wholly where it must be nor wholly where it must not, or there is none.
 * `no information`: the measure could not move (all scores at their ceiling, say), so nothing follows either way.
 */
export type ClaimVerdict = 'holds' | 'fails' | 'undecided' | 'no information';

/** The effect of a case, with the ends of its interval; null where there is none. */
export interface Estimate {
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Units to decide by; 0: nothing was measured. */
  readonly n: number;
  /** What the numbers do not say: why there is no interval, what n counts. */
  readonly note: string;
  /** Whether the measure could not move. */
  readonly saturated?: boolean;
}

/** One case of a claim: an update, a subspace, a pair. */
export interface Case {
  readonly name: string;
  /** Training seed of the models that it is about; null or absent: they depend on none. */
  readonly trainingSeed?: number | null;
  readonly condition: Condition;
  /**
   * Estimates the effect. Many items take seconds: a break is offered after every piece of work.
   *
   * @param tail chance that an end of the interval may have of lying beyond the true effect, each end
   */
  estimate(tail: number): Generator<undefined, Estimate>;
}

export interface Finding extends Omit<Estimate, 'saturated'> {
  /** null: the claim as a whole. */
  readonly case: string | null;
  /** null or absent: the case depends on none, or it is the claim as a whole. */
  readonly trainingSeed?: number | null;
  readonly verdict: ClaimVerdict;
  readonly condition: Condition;
}

/** Chance that some end of a claim's intervals lies beyond the truth: the lower ends, and as much for the upper ones. */
const tailOfAll = 0.025;

/**
 * The finding of a claim as a whole, then of each case. It holds when all cases do that say something and fails when one
 * does, so the intervals are made wide enough to be right together 95 % of the time (Bonferroni). The whole is told by the
 * numbers of its weakest case.
 *
 * @param families how many claims of as many cells are to be right together, this being one of them
 */
export function* findingsOf(cases: readonly Case[], families = 1): Generator<undefined, Finding[]> {
  const findings: Finding[] = [];
  for (const { name, trainingSeed = null, condition, estimate } of cases) {
    const { saturated = false, ...estimated } = yield* estimate(tailOfAll / (cases.length * families));
    const verdict = saturated ? 'no information' : verdictOf(estimated, condition);
    findings.push({ case: name, ...(trainingSeed !== null && { trainingSeed }), verdict, condition, ...estimated });
  }
  return [wholeOf(findings), ...findings];
}

/** The finding of a whole by those of its parts. */
export function wholeOf(findings: readonly Finding[]): Finding {
  const telling = findings.filter(({ verdict }) => verdict !== 'no information');
  const [first, ...others] = telling.length > 0 ? telling : findings;
  if (first === undefined) {
    const nothing = { effect: null, low: null, high: null, n: 0, note: 'there is nothing that the claim is about' };
    return { case: null, verdict: 'undecided', condition: { type: 'above-zero' }, ...nothing };
  }
  const weakest = others.reduce((worst, one) => (weaker(one, worst) ? one : worst), first);
  const silent = findings.length - telling.length;
  const left = `${silent} of ${findings.length} cases give no information and do not count`;
  const { trainingSeed: seed = null, ...worst } = weakest;
  const seeds = new Set(findings.flatMap(({ trainingSeed }) => trainingSeed ?? []));
  const note = joinNotes(
    weakest.note,
    silent > 0 && telling.length > 0 ? left : '',
    seeds.size === 0 ? '' : seedsNote(seed, seeds.size),
  );
  return { ...worst, case: null, note };
}

/** What the family of a claim is, and which seed its numbers are of. */
function seedsNote(seed: number | null, seeds: number): string {
  const family = `each of ${seeds} training seeds is a case of its own, and the intervals are right for all of them together`;
  return seed === null ? family : `${family}; these numbers are of training seed ${seed}`;
}

function verdictOf({ low, high }: Pick<Estimate, 'low' | 'high'>, condition: Condition): ClaimVerdict {
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

const weakness: Readonly<Record<ClaimVerdict, number>> = { 'no information': 0, holds: 0, undecided: 1, fails: 2 };

function weaker(one: Finding, other: Finding): boolean {
  const difference = weakness[one.verdict] - weakness[other.verdict];
  return difference > 0 || (difference === 0 && margin(one) < margin(other));
}

/** How far the effect is from where the claim would fail. */
function margin({ effect, condition }: Finding): number {
  if (effect === null) return Number.NEGATIVE_INFINITY;
  if (condition.type === 'above-zero') return effect;
  return condition.bound - (condition.type === 'within' ? Math.abs(effect) : effect);
}

/** What was not measured has no effect, and the note says what is missing. */
export function unmeasured(note: string): Estimate {
  return { effect: null, low: null, high: null, n: 0, note };
}

export function joinNotes(...notes: readonly string[]): string {
  return notes.filter((note) => note !== '').join('; ');
}
