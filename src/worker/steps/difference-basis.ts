import { DataError } from '../../diagnostics/errors.js';
import { toFloat32 } from '../../formats/float-conversion.js';
import { bytesPerElement } from '../../formats/tensor.js';
import { Turns } from '../../formats/turns.js';
import type { DifferenceBasisParams } from '../../steps/difference-basis.js';
import type { StepContext } from '../step-context.js';
import { matrixInput } from './update-tensor.js';

const windowRows = 128;

/** Parts of a length that f32 states cannot tell from zero. */
const noise = 2 ** -22;

/**
 * @throws DataError that names the direction when the two means do not differ, or when it lies in the span of those before it,
 * both to within the round-off of f32 states
 */
export async function makeDifferenceBasis(context: StepContext<DifferenceBasisParams>): Promise<void> {
  const { directions } = context.params;
  const basis: Float64Array[] = [];
  for (let index = 0; index < directions; index++) {
    const a = await meanState(context, `a/${index}`);
    const b = await meanState(context, `b/${index}`);
    basis.push(nextDirection(a, b, basis, index));
  }
  const hidden = basis[0]!.length;
  const q = new Float32Array(hidden * directions);
  for (const [j, vector] of basis.entries()) {
    for (let i = 0; i < hidden; i++) q[i * directions + j] = vector[i]!;
  }
  await context.write('q', new Uint8Array(q.buffer), { dtype: 'F32', shape: [hidden, directions] });
}

/** The unit vector of a − b without what it has of the vectors before it. */
function nextDirection(a: Float64Array, b: Float64Array, before: readonly Float64Array[], index: number): Float64Array {
  const which = `direction ${index} (counted from 0)`;
  const { difference, norm } = requireDifference(a, b, `${which}: `);
  let rest = difference;
  // Twice is enough: what the first pass leaves of the others is round-off.
  for (let pass = 0; pass < 2; pass++) {
    for (const other of before) {
      const along = rest.reduce((sum, value, i) => sum + value * other[i]!, 0);
      rest = rest.map((value, i) => value - along * other[i]!);
    }
  }
  const left = normOf(rest);
  if (left <= noise * norm) {
    throw new DataError(`${which} lies in the span of those before it`, {
      hint: 'Leave out a layer or a position of the subspace.',
    });
  }
  return rest.map((value) => value / left);
}

/** a − b and its length. @throws DataError, its message behind `which`, where f32 states cannot tell the two apart */
export function requireDifference(a: Float64Array, b: Float64Array, which = '') {
  const found = differenceOf(a, b);
  if (found !== undefined) return found;
  throw new DataError(`${which}the two sets of prompts have the same mean hidden state`, {
    hint: 'Take another layer or position: at layer 0 the state is the embedding of the token, the same for all prompts that end alike.',
  });
}

/** a − b and its length; undefined where f32 states cannot tell the two apart. */
export function differenceOf(
  a: Float64Array,
  b: Float64Array,
): { readonly difference: Float64Array; readonly norm: number } | undefined {
  if (a.length !== b.length) throw new DataError(`the hidden states have ${a.length} and ${b.length} components`);
  const difference = a.map((value, i) => value - b[i]!);
  const norm = normOf(difference);
  return norm <= noise * Math.max(normOf(a), normOf(b)) ? undefined : { difference, norm };
}

function normOf(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

/** Mean over the rows of an input [prompts, hidden], summed in f64. */
export async function meanState(context: StepContext, name: string): Promise<Float64Array> {
  const { artifact, dtype, rows, columns } = matrixInput(context, name);
  const sum = new Float64Array(columns);
  const turns = new Turns(context.signal);
  const rowBytes = columns * bytesPerElement[dtype];
  for (let first = 0; first < rows; first += windowRows) {
    await turns.take();
    const count = Math.min(windowRows, rows - first);
    const states = toFloat32(await context.read(artifact, first * rowBytes, count * rowBytes), dtype);
    for (let at = 0; at < states.length; at++) sum[at % columns]! += states[at]!;
  }
  const infinite = sum.findIndex((value) => !Number.isFinite(value));
  if (infinite >= 0) throw new DataError(`input "${name}" is not finite in component ${infinite} (counted from 0)`);
  return sum.map((value) => value / rows);
}
