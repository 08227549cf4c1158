import type { KnownStep } from '../cost/costed-step.js';
import type { DescribedNode, TokenLengths } from '../cost/described.js';
import { lengthsOf } from '../cost/described.js';
import type { LookAhead } from '../cost/estimate.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import type { PromptTemplate } from '../formats/dataset-choices.js';
import type { StepKind, StepOf } from '../steps/contracts.js';
import { inputsOfModel, type ModelRecipe, recipeContract } from '../steps/recipes/registry.js';
import type { Step } from '../steps/step.js';
import { DataContext, type MadeData } from './data-context.js';
import { describeArtifacts } from './described-artifacts.js';

/** Bytes of data files or rows up to which a step is carried out for its sizes. */
const mostBytes = 32 * 2 ** 20;

/** Finds out what can be known of a step whose inputs are here. @returns undefined: nothing */
type Look<K extends StepKind> = (
  step: StepOf<K>,
  context: DataContext,
  data: MadeData,
) => Promise<KnownStep | undefined>;

/** Kinds of steps of which data on this machine tells more than their params do. */
const looks: { readonly [K in StepKind]?: Look<K> } = {
  rows: carriedOut,
  synthetic: carriedOut,
  mix: carriedOut,
  'word-tokenizer': carriedOut,
  tokenise: carriedOut,
  async init({ params }, _, data) {
    const json = { vocab_size: params.architecture.vocabulary };
    const artifact = data.keep(Buffer.from(JSON.stringify(json)));
    return { outputs: new Map([['file/config.json', { bytes: artifact.bytes, artifact }]]) };
  },
  generate: ({ params }, context) => prompts(context, params.model, params),
  'next-token': ({ params }, context) => prompts(context, params.model, withColumn(params)),
  kl: ({ params }, context) => prompts(context, params.model, withColumn(params)),
  async activations({ params }, context) {
    const { maxLength } = params;
    return prompts(context, params.model, { ...withColumn(params), limit: null }, maxLength);
  },
};

/**
 * Looks at data that is on this machine: steps that only arrange it are carried out in memory, and prompts are tokenised, so
 * that their lengths are known. What is too large, or not here, is left to bounds.
 */
export function lookAtData(data: MadeData, signal = new AbortController().signal): LookAhead {
  const known = new Map<string, Promise<KnownStep | undefined>>();
  return async (step, inputs) => {
    const look = looks[step.kind as StepKind] as Look<StepKind> | undefined;
    if (look === undefined) return undefined;
    const artifacts = artifactsOf(step, inputs, step.params.model as ModelRecipe | undefined);
    if (artifacts === undefined) return undefined;
    const context = new DataContext(step, artifacts, data, signal);
    // Many models are asked the same by the same tokenizer.
    const key = JSON.stringify([step.kind, { ...step.params, model: undefined }, artifacts]);
    const found = known.get(key) ?? look(step as StepOf<StepKind>, context, data);
    known.set(key, found);
    return found;
  };
}

/** Inputs of a step that runs a model which its prompts are made of, beside the model's tokenizer. */
const promptInputs: readonly string[] = ['rows', 'examples'];

/** Artifacts of all inputs that decide what is looked for; undefined: one is not here, or they are large. */
function artifactsOf(
  step: Step,
  inputs: (name: string) => DescribedNode,
  recipe: ModelRecipe | undefined,
): Readonly<Record<string, Artifacts>> | undefined {
  const all: Record<string, Artifacts> = {};
  const ofModel = recipe === undefined ? {} : inputsOfModel(recipe, step.inputs);
  let bytes = 0;
  for (const name of Object.keys(step.inputs)) {
    const isModel = Object.hasOwn(ofModel, name);
    if (recipe !== undefined && !isModel && !promptInputs.includes(name)) continue;
    const node = inputs(name);
    if (node.size === 0) return undefined;
    const artifacts: Record<string, Artifact> = {};
    for (const [output, { artifact }] of node) {
      // Of a model the tokenizer is what counts.
      if (isModel && !output.startsWith('file/')) continue;
      if (artifact === undefined && !isModel) return undefined;
      if (artifact === undefined) continue;
      artifacts[output] = artifact;
      if (!isModel) bytes += artifact.bytes;
    }
    all[name] = artifacts;
  }
  return bytes > mostBytes ? undefined : all;
}

async function carriedOut(step: Step, context: DataContext, data: MadeData): Promise<KnownStep> {
  const { implementationOf } = await import('../worker/implementations.js');
  await (await implementationOf(step.kind))(context);
  return { outputs: await describeArtifacts(context.outputs, (artifact) => data.read(artifact)) };
}

function withColumn<T extends { readonly prompt: string; readonly template: PromptTemplate }>(params: T) {
  return { ...params, prompts: { column: params.prompt, template: params.template } };
}

async function prompts(
  context: DataContext,
  recipe: ModelRecipe,
  asked: Pick<StepOf<'generate'>['params'], 'prompts' | 'dataset' | 'limit'>,
  most = Number.POSITIVE_INFINITY,
): Promise<KnownStep | undefined> {
  const files = context.inputs(recipeContract(recipe).origin);
  if (!('file/tokenizer.json' in files)) return undefined;
  const [{ promptTexts, promptTokens }, { tokenizerOf }] = await Promise.all([
    import('../worker/steps/prompts.js'),
    import('../worker/steps/running-model.js'),
  ]);
  const tokenizer = await tokenizerOf(context, files);
  const texts = await promptTexts(context, asked, tokenizer);
  const tokens = await promptTokens(texts, tokenizer);
  const lengths: TokenLengths = lengthsOf(tokens.map(({ length }) => Math.min(most, length)));
  return { prompts: lengths, characters: texts.reduce((sum, { text }) => sum + text.length, 0) };
}
