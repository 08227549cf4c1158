import type { SourceRange } from '../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { naturalOrder } from '../formats/natural-order.js';

/** Shapes of tensors by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Names of tensors that are missing on a side or have another shape there, in their natural order. */
export function differingTensors(
  a: Shapes,
  b: Shapes,
  fit = (left: readonly number[], right: readonly number[]) => left.join() === right.join(),
): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort(naturalOrder).filter((name) => {
    const [left, right] = [a.get(name), b.get(name)];
    return left === undefined || right === undefined || !fit(left, right);
  });
}

/** A text for each tensor: `norm: [4] and missing`. */
export function differenceTexts(names: readonly string[], a: Shapes, b: Shapes): string[] {
  return names.map((name) => `${name}: ${shapeText(a.get(name))} and ${shapeText(b.get(name))}`);
}

export function shapeText(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'missing' : `[${shape.join(', ')}]`;
}

const shownDifferences = 5;

/** The error of two things that differ in tensors. @param what both: `updates a and b` */
export function mismatch(
  what: string,
  differences: readonly string[],
  range: SourceRange,
  hint = 'Use checkpoints of one architecture: same tensor names, same shapes.',
): InvalidWorkflowError {
  const shown = differences.slice(0, shownDifferences);
  if (differences.length > shown.length) shown.push(`and ${differences.length - shown.length} more`);
  return invalidTensors(
    `${what} differ in ${differences.length} ${differences.length === 1 ? 'tensor' : 'tensors'}: ${shown.join('; ')}`,
    range,
    hint,
  );
}

export function invalidTensors(message: string, range: SourceRange, hint?: string): InvalidWorkflowError {
  return new InvalidWorkflowError([
    { severity: 'error', code: 'tensor-mismatch', message, range, ...(hint === undefined ? {} : { hint }) },
  ]);
}
