import { haarBasis } from '../../linalg/haar.js';
import type { RandomBasisParams } from '../params.js';
import type { StepContext } from '../step.js';
import { BasisOutput } from './basis-output.js';
import { withArithmetic } from './with-arithmetic.js';

export async function runRandomBasis(context: StepContext): Promise<void> {
  const { rows, columns, seed, stream } = context.params as RandomBasisParams;
  const output = new BasisOutput(context, 'q', rows, columns);
  try {
    const shape = { rows, columns };
    await withArithmetic(context, (arithmetic) => haarBasis(arithmetic, shape, { seed, stream }, output));
    await output.close();
  } catch (error) {
    await output.abort();
    throw error;
  }
}
