import type { KnownDurations } from '../store/step-durations.js';

/** Between which two numbers of seconds a step probably takes; without `most` nothing says that it ends. A type, so that it is JSON. */
export type ExpectedSeconds = { readonly least: number; readonly most?: number };

/** Steps whose costs differ by more are not alike: what a step takes beside its arithmetic weighs more in small ones. */
const alikeFactor = 4;
/** Factor by which the same step may take more or less than last time: the workflow was edited since, or it would not run. */
const doubtOfSameStep = 2;

/**
 * What earlier steps tell of one that has not begun. With a cost: by steps of its kind that cost about as much, in
 * proportion; else it takes no less than cheaper ones did, and no more than dearer ones. Without: by the same step of the
 * same workflow; of another step of its kind nobody knows whether it is as large.
 *
 * @param step `name` as it was remembered
 */
export function expectedSeconds(
  known: KnownDurations,
  step: { readonly name: string; readonly kind: string; readonly cost?: number },
): ExpectedSeconds {
  const { cost } = step;
  if (cost !== undefined) return expectedByCost(known.kinds[step.kind] ?? [], cost);
  if (!Object.hasOwn(known.steps, step.name)) return { least: 0 };
  const seconds = known.steps[step.name]!;
  return { least: seconds / doubtOfSameStep, most: seconds * doubtOfSameStep };
}

function expectedByCost(known: readonly (readonly [cost: number, seconds: number])[], cost: number): ExpectedSeconds {
  const alike = known.filter(([other]) => other > 0 && other <= cost * alikeFactor && other * alikeFactor >= cost);
  if (alike.length > 0) {
    const seconds = alike.map(([other, took]) => (took / other) * cost);
    const doubt = 1 + 1 / Math.sqrt(alike.length);
    return { least: Math.min(...seconds) / doubt, most: Math.max(...seconds) * doubt };
  }
  const cheaper = known.filter(([other]) => other <= cost).map(([, seconds]) => seconds);
  const dearer = known.filter(([other]) => other > cost).map(([, seconds]) => seconds);
  return {
    least: cheaper.length === 0 ? 0 : Math.min(...cheaper),
    ...(dearer.length === 0 ? {} : { most: Math.max(...dearer) }),
  };
}

/** What several steps probably take, one after the other. A type, so that it is JSON. */
export type ExpectedTotal = {
  readonly steps: number;
  readonly least: number;
  /** Seconds of those steps of which it is known. */
  readonly most: number;
  /** Steps of which nothing says that they end. */
  readonly unknown: number;
};

/** The total of no steps. */
export const noneExpected: ExpectedTotal = { steps: 0, least: 0, most: 0, unknown: 0 };

/** A total with one step more, or (`sign` −1) one less. Of a step that was in no total nothing is left below 0. */
export function withExpected(total: ExpectedTotal, { least, most }: ExpectedSeconds, sign: 1 | -1 = 1): ExpectedTotal {
  return {
    steps: Math.max(0, total.steps + sign),
    least: Math.max(0, total.least + sign * least),
    most: Math.max(0, total.most + sign * (most ?? 0)),
    unknown: Math.max(0, total.unknown + (most === undefined ? sign : 0)),
  };
}
