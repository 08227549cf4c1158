import type { StepContext } from '../step-context.js';
import { meanState, requireDifference } from './difference-basis.js';

/** @throws DataError when the two means do not differ to within the round-off of f32 states */
export async function makeDifferenceVector(context: StepContext<Record<string, never>>): Promise<void> {
  const { difference } = requireDifference(await meanState(context, 'a'), await meanState(context, 'b'));
  const bytes = new Uint8Array(Float64Array.from(difference).buffer);
  await context.write('r', bytes, { dtype: 'F64', shape: [difference.length] });
}
