import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { isTiedCopy } from '../../formats/architecture.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { formatBytes } from '../../formats/byte-size.js';
import { type CheckpointContents, contentsOfModel, writeCheckpoint } from '../../formats/checkpoint-writer.js';
import { hasTiedEmbeddings, parseModelConfig, withWeightType } from '../../formats/model-config.js';
import { type DType, type TensorInfo, tensorBytes } from '../../formats/tensor.js';
import { type MadeModel, type ModelRecipe, makesTensor, recipeContract } from '../../steps/recipes/registry.js';
import type { StepContext } from '../step-context.js';
import { makeTensor } from './recipes/registry.js';

/** Left free beside what is written. */
const spareBytes = 64 << 20;

/** Writes the model that the step's recipe and inputs describe as a Hugging Face folder, which must not be there yet. */
export async function writeModelFolder(context: StepContext, folder: string, recipe: ModelRecipe): Promise<void> {
  const origin = context.inputs(recipeContract(recipe).origin);
  const contents = contentsOfModel(origin, reader(context));
  await write(folder, recipe.kind === 'whole' ? contents : await madeContents(context, recipe as MadeModel, contents));
}

/** Writes a model that a step takes whole. */
export async function writeWholeModel(context: StepContext, folder: string, model: Artifacts): Promise<void> {
  await write(folder, contentsOfModel(model, reader(context)));
}

async function write(folder: string, contents: CheckpointContents): Promise<void> {
  const bytes = contents.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const { bavail, bsize } = await statfs(dirname(folder));
  const free = bavail * bsize;
  if (free < bytes + spareBytes) {
    throw new EnvironmentError(
      `a command is given a model as a folder of ${formatBytes(bytes)}, and ${formatBytes(free)} are free for it at ${dirname(folder)}`,
      { hint: 'Free space, or put the store on another disk (--store, RUNFLOW_STORE).' },
    );
  }
  await writeCheckpoint(folder, contents);
}

function reader(context: StepContext) {
  return (artifact: Artifact, offset: number, length: number) => {
    context.signal.throwIfAborted();
    return context.read(artifact, offset, length);
  };
}

/** The same contents with the tensors of a recipe in place of those of its origin. */
async function madeContents(
  context: StepContext,
  recipe: MadeModel,
  { tensors, source, files }: CheckpointContents,
): Promise<CheckpointContents> {
  const artifact = context.inputs(recipeContract(recipe).origin)['file/config.json'] as Artifact | undefined;
  const config = artifact && parseModelConfig(await context.read(artifact), 'config.json');
  const tied = config !== undefined && hasTiedEmbeddings(config, 'config.json');
  const names = new Set(tensors.map(({ name }) => name));
  // What is stored of a tied output layer repeats the embedding as it was.
  const kept = tensors.filter(({ name }) => !isTiedCopy(name, tied, (other) => names.has(other)));
  const typed = kept.map((tensor): TensorInfo => {
    return makesTensor(recipe, tensor.name) ? { ...tensor, dtype: typeOfMade(recipe, tensor.dtype) } : tensor;
  });
  const type = typed.find(({ dtype, name }) => dtype !== tensors.find((stored) => stored.name === name)!.dtype)?.dtype;
  const written = new Map(files);
  if (config !== undefined && type !== undefined) {
    written.set('config.json', [Buffer.from(`${JSON.stringify(withWeightType(config, type as 'F32'), null, 2)}\n`)]);
  }
  return {
    tensors: typed,
    files: written,
    source: (tensor) => (makesTensor(recipe, tensor.name) ? made(tensor) : source(tensor)),
  };

  async function* made(tensor: TensorInfo): AsyncGenerator<Uint8Array> {
    context.signal.throwIfAborted();
    const { bytes, dtype } = await makeTensor(context, recipe, tensor.name);
    if (dtype !== tensor.dtype) throw new TypeError(`${tensor.name} is made as ${dtype}, not as ${tensor.dtype}`);
    yield bytes;
  }
}

/** The type that a made tensor is rounded to. */
function typeOfMade(recipe: MadeModel, stored: DType): DType {
  return recipe.heldAs ?? (stored === 'F64' ? 'F32' : stored);
}
