import { StepError } from '../../diagnostics/errors.js';
import { Turns } from '../../formats/turns.js';
import { hostCompute } from '../../linalg/host/compute.js';
import { fillNormal } from '../../linalg/normal.js';
import { RandomStream } from '../../linalg/philox.js';
import { windowsOf } from '../../linalg/tall-matrix.js';
import type { RandomisedSvdParams } from '../../steps/randomised-svd.js';
import type { StepContext } from '../step-context.js';
import { singularValues } from './basis-input.js';
import { BasisOutput } from './basis-output.js';
import { matrixInput, weightsMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

export async function runRandomisedSvd(context: StepContext<RandomisedSvdParams>): Promise<void> {
  const { vectors: q, iterations, seed, stream } = context.params;
  const stored = matrixInput(context, 'u');
  const s = await singularValues(context, 's');
  if (s.length !== stored.columns || q > s.length) {
    throw new StepError(`${q} vectors of a basis of ${stored.columns} with ${s.length} singular values were asked for`);
  }
  const omega = new Float64Array(s.length * q);
  const numbers = new RandomStream(seed, `randomised-svd/${stream}`);
  const turns = new Turns(context.signal);
  for (let i = 0; i < s.length; i++) {
    await turns.take();
    fillNormal(numbers, omega.subarray(i * q, (i + 1) * q), i * q);
  }
  const { values, vectors } = await hostCompute.randomisedBasis(s, omega, iterations);
  const u = weightsMatrix(context, stored, undefined);
  const windows = windowsOf(u);
  const output = new BasisOutput(context, 'u', stored.rows, q);
  try {
    await withArithmetic(context, async (arithmetic) => {
      const factor = arithmetic.upload(new Float32Array(vectors), s.length, q);
      for (const [index, { start, count }] of windows.entries()) {
        const window = arithmetic.upload(await u.window(start, count), count, s.length);
        const product = arithmetic.product(window, factor);
        await output.append(await arithmetic.download(product));
        window.release();
        product.release();
        context.progress({ done: index + 1, total: windows.length });
      }
    });
    await output.close();
  } catch (error) {
    await output.abort();
    throw error;
  }
  await context.write('s', new Uint8Array(values.slice().buffer), { dtype: 'F64', shape: [q] });
}
