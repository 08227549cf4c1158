import type { CosineResult } from '../../formats/step-results.js';
import { scalarProjection } from '../../linalg/subspace-energy.js';
import type { CosineParams } from '../../steps/cosine.js';
import type { StepContext } from '../step-context.js';
import { ontoInputs, requireOneShape, updateInputs, updateMatrix } from './update-tensor.js';

/** @throws DataError at a non-finite element, or when the shapes of the two updates differ. */
export async function runCosine(context: StepContext<CosineParams>): Promise<void> {
  const { heldAs, rows, ontoRows } = context.params;
  const ends = updateInputs(context, rows);
  const ontoEnds = ontoInputs(context, ontoRows);
  requireOneShape(ends.from, 'from', ontoEnds.from, 'onto-from');
  const update = updateMatrix(context, ends, heldAs);
  const onto = updateMatrix(context, ontoEnds, heldAs);
  const { total, product, ontoTotal } = await scalarProjection(update, onto);
  const result: CosineResult = { product, energy: total, ontoEnergy: ontoTotal };
  await context.write('cosine', new TextEncoder().encode(JSON.stringify(result)));
}
