import { DataError, StepError } from '../../diagnostics/errors.js';
import { energyRank } from '../../formats/energy-rank.js';
import type { PrincipalAnglesResult } from '../../formats/step-results.js';
import { principalAngles } from '../../linalg/principal-angles.js';
import type { PrincipalAnglesParams } from '../../steps/principal-angles.js';
import type { StepContext } from '../step-context.js';
import { basisEnergies } from './basis-energies.js';
import { matrixInput, weightsMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/** @throws DataError when the two bases are not of one space, StepError when their columns are dependent. */
export async function measureAngles(context: StepContext<PrincipalAnglesParams>): Promise<void> {
  const { energy, zeroRank = 0 } = context.params;
  const [a, b] = [matrixInput(context, 'a-u'), matrixInput(context, 'b-u')];
  if (a.rows !== b.rows) {
    throw new DataError(`the vectors have ${a.rows} and ${b.rows} components; angles need one space`);
  }
  const rank = async (s: string, vectors: number) =>
    energyRank(await basisEnergies(context, s, vectors), energy) || zeroRank;
  const [kA, kB] = [await rank('a-s', a.columns), await rank('b-s', b.columns)];
  const angles = kA === 0 || kB === 0 ? new Float64Array(0) : await between();
  if (angles === undefined) {
    throw new StepError('the vectors of a basis are not independent', {
      hint: 'The device does not compute as it should; run `runflow doctor`, or choose another with RUNFLOW_ADAPTER.',
    });
  }
  const result: PrincipalAnglesResult = { d: a.rows, kA, kB, angles: [...angles] };
  await context.write('angles', new TextEncoder().encode(JSON.stringify(result)));

  function between(): Promise<Float64Array | undefined> {
    const [matrixA, matrixB] = [weightsMatrix(context, a, undefined), weightsMatrix(context, b, undefined)];
    return withArithmetic(context, (arithmetic) =>
      principalAngles(arithmetic, { matrix: matrixA, columns: kA }, { matrix: matrixB, columns: kB }),
    );
  }
}
