import { haarBasis } from '../../linalg/haar.js';
import { windowsOf } from '../../linalg/tall-matrix.js';
import type { RandomBasisParams } from '../../steps/random-basis.js';
import type { StepContext } from '../step-context.js';
import { BasisOutput } from './basis-output.js';
import { withArithmetic } from './with-arithmetic.js';

export async function runRandomBasis(context: StepContext<RandomBasisParams>): Promise<void> {
  const { rows, columns, seed, stream } = context.params;
  const output = new BasisOutput(context, 'q', rows, columns);
  const shape = { rows, columns };
  const windows = windowsOf(shape).length;
  let done = 0;
  const onWindow = () => {
    context.signal.throwIfAborted();
    context.progress({ done, total: windows * Math.max(2, Math.ceil((done + 1) / windows)) });
    done++;
  };
  try {
    await withArithmetic(context, (arithmetic) => haarBasis(arithmetic, shape, { seed, stream }, output, onWindow));
    await output.close();
  } catch (error) {
    await output.abort();
    throw error;
  }
}
