import { DataError } from '../../diagnostics/errors.js';
import type { Axis } from './axis-domain.js';

/** Ends of axes that the workflow sets, by their quantity. */
export type AxisLimits = Readonly<Record<string, readonly [number, number]>>;

/** The panel that an axis is of. */
interface Place {
  readonly title: string;
}

/**
 * An axis with the ends that the workflow sets.
 * @param values everything that is drawn along it
 * @throws DataError where one of them would lie outside, and so be lost
 */
export function limitedAxis<A extends Axis>(
  axis: A,
  limits: AxisLimits,
  values: readonly (number | null | undefined)[],
  place: Place,
): A {
  const domain = limitsOf(axis.of, limits, values, place);
  return domain === undefined ? axis : { ...axis, domain };
}

/** The same of an axis that has no ends of its own; undefined where the workflow sets none. */
export function limitsOf(
  of: Axis['of'],
  limits: AxisLimits,
  values: readonly (number | null | undefined)[],
  { title }: Place,
): readonly [number, number] | undefined {
  const name = typeof of === 'string' ? of : of.metric;
  if (!Object.hasOwn(limits, name)) return undefined;
  const [low, high] = limits[name]!;
  const lost = values.find((value) => value !== null && value !== undefined && (value < low || value > high));
  if (lost === undefined) return limits[name]!;
  throw new DataError(`report.limits.${name} goes from ${low} to ${high}, and "${title}" shows ${lost}`, {
    hint: 'Give limits that hold all that is shown, or leave them out.',
  });
}
