import { isTiedCopy } from '../../formats/architecture.js';
import type { Artifact } from '../../formats/artifact.js';
import type { FloatType } from '../../formats/float-conversion.js';
import { hasTiedEmbeddings, parseModelConfig, withWeightType } from '../../formats/model-config.js';
import type { ProjectParams } from '../../steps/project.js';
import { makesTensor, recipeContract } from '../../steps/recipes/registry.js';
import type { StepContext } from '../step-context.js';
import { makeTensor } from './recipes/registry.js';

/** Writes the model of a recipe: the tensors that it makes, and whatever else its origin has. */
export async function runProject(context: StepContext<ProjectParams>): Promise<void> {
  const { model } = context.params;
  const origin = context.inputs(recipeContract(model).origin);
  const configFile = origin['file/config.json'] as Artifact | undefined;
  const config = configFile && parseModelConfig(await context.read(configFile), 'config.json');
  const tied = config !== undefined && hasTiedEmbeddings(config, 'config.json');
  const tensors = Object.entries(origin).filter(
    // What is stored of a tied output layer repeats the embedding as it was.
    ([output]) =>
      output.startsWith('tensor/') && !isTiedCopy(nameOf(output), tied, (name) => `tensor/${name}` in origin),
  );
  /** Types of made tensors that are not stored as those of the origin. */
  const newTypes = new Set<FloatType>();
  for (const [done, [output, artifact]] of tensors.entries()) {
    context.signal.throwIfAborted();
    const name = nameOf(output);
    if (makesTensor(model, name)) {
      const { bytes, dtype, shape } = await makeTensor(context, model, name);
      await context.write(output, bytes, { dtype, shape });
      if (dtype !== artifact.tensor?.dtype) newTypes.add(dtype);
    } else context.reference(output, artifact);
    context.progress({ done: done + 1, total: tensors.length, unit: 'tensors' });
  }
  for (const [output, artifact] of Object.entries(origin)) {
    if (!output.startsWith('file/')) continue;
    const [type] = newTypes;
    if (output === 'file/config.json' && config !== undefined && type !== undefined && type !== 'F64') {
      const written = withWeightType(config, type);
      await context.write(output, Buffer.from(`${JSON.stringify(written, null, 2)}\n`));
    } else context.reference(output, artifact);
  }
}

function nameOf(output: string): string {
  return output.slice('tensor/'.length);
}
