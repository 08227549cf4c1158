import { dirname } from 'node:path';
import { loadTokenizer, type Tokenizer } from '../../data/tokenizer.js';
import { DataError } from '../../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { encodeCanonical } from '../../formats/canonical.js';
import { digestOf } from '../../formats/digest.js';
import type { Json } from '../../formats/json.js';
import { tensorNames } from '../../formats/model-artifacts.js';
import { parseStrictObject } from '../../formats/model-config.js';
import { Decoder } from '../../nn/decoder.js';
import { type ModelRecipe, makesTensor, recipeContract } from '../../steps/recipes/registry.js';
import type { StepContext } from '../step-context.js';
import { configOf, heldAs, storedWeights, weightsAs } from './model-input.js';
import { makeTensor, streamChange } from './recipes/registry.js';
import { readTokenizerFiles } from './tokenizer-input.js';

/** A model that a step runs. */
export interface RunningModel {
  readonly gpu: Awaited<ReturnType<StepContext['gpu']>>;
  readonly decoder: Decoder;
  /** Artifacts of the written model that config.json and tokenizer come from. */
  readonly artifacts: Artifacts;
}

/** The model that the step's recipe and inputs describe, on the device: made, or still there from the step before. */
export async function runningModel(context: StepContext, recipe: ModelRecipe): Promise<RunningModel> {
  const artifacts = context.inputs(recipeContract(recipe).origin);
  const config = await configOf(context, artifacts);
  const decoder = await context.resident(identityOf(context, recipe), async () => {
    const gpu = await context.gpu();
    const type = storageOf(recipe, artifacts);
    const change = await streamChange(context, recipe, config.hidden);
    const options = { type, activationCheckpointing: true, ...(change === undefined ? {} : { change }) };
    return Decoder.create(gpu, config, options, async (name, shape) => {
      context.signal.throwIfAborted();
      if (makesTensor(recipe, name)) return weightsAs(await makeTensor(context, recipe, name), type);
      const stored = await storedWeights(context, artifacts, name, shape);
      return weightsAs(recipe.heldAs === undefined ? stored : await heldAs(stored, recipe.heldAs, name), type);
    });
  });
  return { gpu: await context.gpu(), decoder, artifacts };
}

/** Everything that decides the weights, and what is done to the residual stream. */
function identityOf(context: StepContext, recipe: ModelRecipe) {
  const { nodes, artifacts } = recipeContract(recipe).decides(recipe);
  const wholes = nodes
    .filter((input) => context.has(input))
    .map((input) => [input, Object.entries(context.inputs(input)).map(([name, { digest }]) => [name, digest])]);
  const singles = artifacts.filter((input) => context.has(input)).map((input) => [input, context.input(input).digest]);
  return digestOf(encodeCanonical({ recipe, nodes: wholes, artifacts: singles } as Json));
}

/** BF16 where every weight is stored so: nothing is lost. Everything else is exact in F32, but for F64. */
function storageOf(recipe: ModelRecipe, artifacts: Artifacts): 'F32' | 'BF16' {
  if (recipe.heldAs !== undefined) return 'F32';
  const types = tensorNames(artifacts).map((name) => artifacts[`tensor/${name}`]!.tensor?.dtype);
  return types.every((type) => type === 'BF16') ? 'BF16' : 'F32';
}

/** @throws DataError when the model has no tokenizer, or one that runflow cannot follow */
export async function tokenizerOf(context: StepContext, artifacts: Artifacts): Promise<Tokenizer> {
  const files = await readTokenizerFiles(context, (name) => artifacts[`file/${name}`]);
  const at = (artifacts['file/config.json'] as Artifact | undefined)?.at?.file;
  const has = Object.keys(artifacts).flatMap((output) => (output.startsWith('file/') ? [output.slice(5)] : []));
  return loadTokenizer(files, { folder: at && dirname(at), has });
}

/** What ends a response, beside the texts that a workflow names. */
export interface ResponseEnd {
  readonly tokens: ReadonlySet<number>;
  /** Text by which a chat template closes a turn, where it has no special token for it. */
  readonly text: string | undefined;
}

/**
 * The tokens of generation_config.json and config.json and the tokenizer's end of sequence; in a conversation also what the chat
 * template closes an assistant's turn by, which is what a model tuned on such turns writes.
 */
export async function responseEnd(
  context: StepContext,
  model: RunningModel,
  tokenizer: Tokenizer,
  conversation: boolean,
): Promise<ResponseEnd> {
  const tokens = new Set(await endTokens(context, model, tokenizer));
  const closing = conversation ? tokenizer.chat!.turnEnd().trim() : '';
  if (closing === '') return { tokens, text: undefined };
  const [first] = tokenizer.encodeContinuation(closing);
  if (first === undefined || !tokenizer.isSpecial(first)) return { tokens, text: closing };
  tokens.add(first);
  return { tokens, text: undefined };
}

/** Tokens that end a response: those of generation_config.json and config.json, and the tokenizer's. */
async function endTokens(
  context: StepContext,
  { artifacts, decoder }: RunningModel,
  tokenizer: Tokenizer,
): Promise<ReadonlySet<number>> {
  const ends = new Set(decoder.config.endTokens);
  if (tokenizer.eos !== undefined) ends.add(tokenizer.eos.id);
  const generation = artifacts['file/generation_config.json'] as Artifact | undefined;
  if (generation !== undefined) {
    const named = parseStrictObject(await context.read(generation), 'generation_config.json').get('eos_token_id');
    for (const id of Array.isArray(named) ? named : [named]) {
      if (id === undefined || id === null) continue;
      if (!Number.isSafeInteger(id) || (id as number) < 0) {
        const what =
          typeof id === 'object' ? (Array.isArray(id) ? 'a list in a list' : 'an object') : JSON.stringify(id);
        throw new DataError(`generation_config.json: eos_token_id holds ${what}, which is not a token id`, {
          hint: 'It is one id or a list of ids. Mend it, or remove it: config.json and the tokenizer name ends, too.',
        });
      }
      ends.add(id as number);
    }
  }
  return ends;
}
