import { noiseLevel } from '../../linalg/numerical-rank.js';
import { nowhere } from '../../linalg/orthonormalise.js';
import { type TallMatrix, windowsOf } from '../../linalg/tall-matrix.js';
import { thinSvd } from '../../linalg/thin-svd.js';
import type { ActivationBasisParams } from '../../steps/activation-basis.js';
import type { StepContext } from '../step-context.js';
import { BasisOutput } from './basis-output.js';
import { isWide, type MatrixTensor, matrixInput, weightsMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/** @throws StepError when the basis fails its certificate. */
export async function runActivationBasis(context: StepContext<ActivationBasisParams>): Promise<void> {
  const { centre } = context.params;
  const stored = matrixInput(context, 'hidden');
  const whole = weightsMatrix(context, stored, undefined);
  const matrix = centre ? await centred(whole, stored) : whole;
  const { rows: prompts, columns: hidden } = stored;
  const r = Math.min(prompts, hidden);
  // Prompts are the rows of what is stored: of its two bases the one of the columns is wanted.
  const output = isWide(stored) ? new BasisOutput(context, 'u', hidden, r) : undefined;
  try {
    const { singularValues, shortBasis } = await withArithmetic(context, (arithmetic) =>
      thinSvd(arithmetic, matrix, output ?? nowhere),
    );
    await output?.close();
    if (output === undefined) {
      await context.write('u', new Uint8Array(shortBasis.buffer), { dtype: 'F32', shape: [hidden, r] });
    }
    await context.write('s', new Uint8Array(singularValues.buffer), { dtype: 'F64', shape: [r] });
  } catch (error) {
    await output?.abort();
    throw error;
  }
}

/**
 * Minus the mean over prompts, which are the rows of the tall orientation or, when there are fewer than dimensions, its columns.
 * Zero where all prompts have the same state: what is left are rounding errors of the mean, which are no direction.
 */
async function centred(matrix: TallMatrix, stored: MatrixTensor): Promise<TallMatrix> {
  const wide = isWide(stored);
  const { rows: prompts, columns: hidden } = stored;
  const mean = new Float64Array(hidden);
  const each = (window: Float32Array, start: number, visit: (at: number, dimension: number) => void) => {
    for (let at = 0; at < window.length; at++) {
      visit(at, wide ? start + Math.floor(at / matrix.columns) : at % matrix.columns);
    }
  };
  for (const { start, count } of windowsOf(matrix)) {
    const window = await matrix.window(start, count);
    each(window, start, (at, dimension) => {
      mean[dimension]! += window[at]! / prompts;
    });
  }
  let [energy, variation] = [0, 0];
  for (const { start, count } of windowsOf(matrix)) {
    const window = await matrix.window(start, count);
    each(window, start, (at, dimension) => {
      energy += window[at]! ** 2;
      variation += (window[at]! - mean[dimension]!) ** 2;
    });
  }
  const differ = variation > noiseLevel ** 2 * energy;
  return {
    ...matrix,
    window: async (start, count) => {
      if (!differ) return new Float32Array(count * matrix.columns);
      const window = (await matrix.window(start, count)).slice();
      each(window, start, (at, dimension) => {
        window[at]! -= mean[dimension]!;
      });
      return window;
    },
  };
}
