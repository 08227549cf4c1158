import { DataError } from '../../diagnostics/errors.js';
import { toFloat32 } from '../../formats/float-conversion.js';
import type { CkaResult } from '../../formats/step-results.js';
import { bytesPerElement } from '../../formats/tensor.js';
import { linearCka, type States } from '../../linalg/linear-cka.js';
import type { StepContext } from '../step-context.js';
import { isWide, type MatrixTensor, matrixInput, weightsMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/** @throws DataError when the two models have states of another number of prompts. */
export async function measureCka(context: StepContext): Promise<void> {
  const [a, b] = [matrixInput(context, 'a'), matrixInput(context, 'b')];
  if (a.rows !== b.rows) {
    throw new DataError(`the models have states of ${a.rows} and ${b.rows} prompts; CKA compares the same prompts`);
  }
  const cka = await withArithmetic(context, (arithmetic) =>
    linearCka(arithmetic, statesOf(context, a), statesOf(context, b)),
  );
  const result: CkaResult = { n: a.rows, dA: a.columns, dB: b.columns, cka };
  await context.write('cka', new TextEncoder().encode(JSON.stringify(result)));
}

function statesOf(context: StepContext, tensor: MatrixTensor): States {
  const { artifact, dtype, rows, columns } = tensor;
  const rowBytes = columns * bytesPerElement[dtype];
  const window = async (start: number, count: number) => {
    context.signal.throwIfAborted();
    return toFloat32(await context.read(artifact, start * rowBytes, count * rowBytes), dtype);
  };
  const transposed = isWide(tensor) ? { transposed: weightsMatrix(context, tensor, undefined) } : {};
  return { rows: { rows, columns, window }, ...transposed };
}
