import { DataError } from '../../diagnostics/errors.js';
import type { FloatType } from '../../formats/float-conversion.js';
import type { EnergyResult } from '../../formats/step-results.js';
import { runningSums } from '../../linalg/overlap-staircase.js';
import { scalarEnergy, subspaceEnergy } from '../../linalg/subspace-energy.js';
import { type TallMatrix, windowsOf } from '../../linalg/tall-matrix.js';
import type { EnergyParams } from '../../steps/energy.js';
import type { StepContext } from '../step-context.js';
import { subspaceBasis } from './basis-input.js';
import { randomTarget } from './random-target.js';
import { isWide, ontoInputs, updateInputs, updateMatrix, weightsMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/**
 * @throws DataError at a non-finite element, when the shapes of the update and the basis do not fit, and when the weights with
 * the projected update are beyond the range of the type that stores them.
 */
export async function runEnergy(context: StepContext<EnergyParams>): Promise<void> {
  const { mode, ranks, permute, scalar, heldAs, castUpdate, zeroAsUnits, rows, ...params } = context.params;
  const ends = updateInputs(context, rows);
  const { from } = ends;
  const update = updateMatrix(context, ends, heldAs);
  const weights = weightsMatrix(context, from, heldAs);
  const how = { mode, storage: heldAs ?? from.dtype, castUpdate };
  const result = context.has('basis') ? await alongBasis() : await withoutBasis();
  requireFinite(result, how.storage, ranks);
  await context.write('energy', new TextEncoder().encode(JSON.stringify(result)));

  async function alongBasis(): Promise<EnergyResult> {
    const vector = from.shape.length < 2;
    const left = params.side === 'left' || vector;
    const d = left ? from.rows : from.columns;
    const side = left === isWide(from) ? 'short' : 'long';
    const basis = await subspaceBasis(context, 'basis', 's', d, permute, zeroAsUnits && !vector);
    let done = 0;
    const windows = windowsOf(update).length;
    const count = () => context.progress({ done: ++done, total: side === 'long' ? 2 * windows : windows });
    const { total, perVector, realised } = await withArithmetic(context, (arithmetic) =>
      subspaceEnergy(arithmetic, update, weights, basis, side, ranks, how, count),
    );
    const kept = runningSums(perVector).map((sum) => (mode === 'orthogonal' ? Math.max(0, total - sum) : sum));
    if (scalar === undefined) return { total, kept, realised };
    const measured = await scalarResult();
    const inside = mode === 'orthogonal' ? Math.max(0, measured.total - measured.kept) : measured.kept;
    return { total, kept, realised, scalar: { kept: inside, realised: measured.realised } };
  }

  async function withoutBasis(): Promise<EnergyResult> {
    const { total, kept, realised } = await scalarResult();
    return { total, kept: [], realised: [], scalar: { kept, realised } };
  }

  function scalarResult() {
    const onto = scalar === 'whole' ? update : scalarTarget(context, scalar!, update, heldAs);
    return withArithmetic(context, (arithmetic) => scalarEnergy(arithmetic, update, weights, onto, how));
  }
}

/** JSON has no infinity: it would be written as null, and count as 0. */
function requireFinite({ total, kept, realised, scalar }: EnergyResult, storage: FloatType, ranks: readonly number[]) {
  const at = realised.findIndex((change) => !Number.isFinite(change));
  const beyond =
    at >= 0 ? `at rank ${ranks[at]}` : Number.isFinite(scalar?.realised ?? 0) ? undefined : 'in the scalar projection';
  if (beyond !== undefined) {
    throw new DataError(
      `the weights of "from" plus the projected update are beyond the range of ${storage.toLowerCase()} ${beyond}`,
      {
        hint: 'A checkpoint could not store them. Compare checkpoints of a wider type, with `semantics: paper`, which keeps that type.',
      },
    );
  }
  if (![total, ...kept, scalar?.kept ?? 0].every(Number.isFinite)) {
    throw new DataError('the squares of the update are beyond the range of f32: its elements differ too much in size');
  }
}

/** The matrix that the subspace was made of. */
function scalarTarget(
  context: StepContext<EnergyParams>,
  scalar: Exclude<NonNullable<EnergyParams['scalar']>, 'whole'>,
  shape: Omit<TallMatrix, 'window'>,
  heldAs: EnergyParams['heldAs'],
): TallMatrix {
  if (scalar !== 'update') return randomTarget(shape, scalar);
  return updateMatrix(context, ontoInputs(context, context.params.ontoRows), heldAs);
}
