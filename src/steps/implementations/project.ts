import type { ProjectParams } from '../model-params.js';
import type { StepContext } from '../step.js';
import { configOf } from './model-input.js';
import { projectedTensor } from './projected-tensor.js';

/** Writes a projected model: its tensors, and whatever else the model has that the update starts from. */
export async function runProject(context: StepContext): Promise<void> {
  const { model } = context.params as ProjectParams;
  const { tied } = await configOf(context, context.inputs('from'));
  const artifacts = Object.entries(context.inputs('from')).filter(
    // What is stored of a tied output layer repeats the embedding as it was.
    ([output]) => !(tied && output === 'tensor/lm_head.weight'),
  );
  for (const [done, [output, artifact]] of artifacts.entries()) {
    context.signal.throwIfAborted();
    const name = output.slice('tensor/'.length);
    if (output.startsWith('tensor/') && name in model.ranks) {
      const { bytes, dtype, shape } = await projectedTensor(context, model, name);
      await context.write(output, bytes, { dtype, shape });
    } else context.reference(output, artifact);
    context.progress({ done: done + 1, total: artifacts.length, unit: 'artifacts' });
  }
}
