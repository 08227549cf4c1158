import { DataError } from '../../diagnostics/errors.js';
import type { OverlapResult } from '../../formats/step-results.js';
import { energyRankPairs, staircase } from '../../linalg/overlap-staircase.js';
import { crossProduct } from '../../linalg/subspace-overlap.js';
import type { OverlapParams } from '../../steps/overlap.js';
import type { StepContext } from '../step-context.js';
import { basisEnergies } from './basis-energies.js';
import { matrixInput, weightsMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/** @throws DataError when the two updates' bases are not of one space. */
export async function runOverlap(context: StepContext<OverlapParams>): Promise<void> {
  const a = matrixInput(context, 'a-u');
  const b = matrixInput(context, 'b-u');
  if (a.rows !== b.rows) {
    throw new DataError(`the vectors have ${a.rows} and ${b.rows} components; an overlap needs one space`);
  }
  const energyA = await basisEnergies(context, 'a-s', a.columns);
  const energyB = await basisEnergies(context, 'b-s', b.columns);
  const { zeroRank } = context.params;
  const pairs = energyRankPairs(energyA, energyB, zeroRank);
  const [basisA, basisB] = [weightsMatrix(context, a, undefined), weightsMatrix(context, b, undefined)];
  const multiply = () => withArithmetic(context, (arithmetic) => crossProduct(arithmetic, basisA, basisB));
  const points = pairs.length === 0 ? [] : staircase(await multiply(), b.columns, pairs);
  const result: OverlapResult = { d: a.rows, energyA, energyB, points, ...(zeroRank && { zeroRank }) };
  await context.write('overlap', new TextEncoder().encode(JSON.stringify(result)));
}
