import { windowsOf } from '../../linalg/tall-matrix.js';
import type { SignAgreementParams } from '../../steps/sign-agreement.js';
import type { StepContext } from '../step-context.js';
import { ontoInputs, requireOneShape, updateInputs, updateMatrix } from './update-tensor.js';

/** @throws DataError at a non-finite element, or when the shapes of the two updates differ. */
export async function countSigns(context: StepContext<SignAgreementParams>): Promise<void> {
  const { heldAs, rows, ontoRows } = context.params;
  const ends = updateInputs(context, rows);
  const ontoEnds = ontoInputs(context, ontoRows);
  requireOneShape(ends.from, 'from', ontoEnds.from, 'onto-from');
  const update = updateMatrix(context, ends, heldAs);
  const onto = updateMatrix(context, ontoEnds, heldAs);
  const windows = windowsOf(update);
  let changedByBoth = 0;
  let agreeing = 0;
  for (const [index, { start, count }] of windows.entries()) {
    const a = await update.window(start, count);
    const b = await onto.window(start, count);
    for (let i = 0; i < a.length; i++) {
      if (a[i] === 0 || b[i] === 0) continue;
      changedByBoth++;
      if (a[i]! > 0 === b[i]! > 0) agreeing++;
    }
    context.progress({ done: index + 1, total: windows.length });
  }
  const result = { elements: update.rows * update.columns, changedByBoth, agreeing };
  await context.write('signs', new TextEncoder().encode(JSON.stringify(result)));
}
