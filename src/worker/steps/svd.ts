import { type TallMatrix, windowsOf } from '../../linalg/tall-matrix.js';
import { thinSvd } from '../../linalg/thin-svd.js';
import type { SvdParams } from '../../steps/svd.js';
import type { StepContext } from '../step-context.js';
import { BasisOutput } from './basis-output.js';
import { isWide, updateInputs, updateMatrix } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/** @throws DataError at a non-finite element or when the shapes differ; StepError when the basis fails its certificate. */
export async function runSvd(context: StepContext<SvdParams>): Promise<void> {
  const { heldAs, rows: cut } = context.params;
  const ends = updateInputs(context, cut);
  const { rows, columns } = ends.from;
  const update = counted(updateMatrix(context, ends, heldAs), context);
  const [long, short] = isWide(ends.from) ? ['v', 'u'] : ['u', 'v'];
  const output = new BasisOutput(context, long, update.rows, update.columns);
  try {
    const { singularValues, shortBasis } = await withArithmetic(context, (arithmetic) =>
      thinSvd(arithmetic, update, output),
    );
    await output.close();
    const r = Math.min(rows, columns);
    await context.write(short, new Uint8Array(shortBasis.buffer), { dtype: 'F32', shape: [r, r] });
    await context.write('s', new Uint8Array(singularValues.buffer), { dtype: 'F64', shape: [r] });
  } catch (error) {
    await output.abort();
    throw error;
  }
}

/** Tells progress by the windows read: once for the Gram matrix, once or twice more for the long basis. */
function counted(matrix: TallMatrix, context: StepContext): TallMatrix {
  const windows = windowsOf(matrix).length;
  let done = 0;
  return {
    ...matrix,
    window: async (start, count) => {
      const rows = await matrix.window(start, count);
      done += 1;
      context.progress({ done, total: windows * Math.max(2, Math.ceil(done / windows)) });
      return rows;
    },
  };
}
