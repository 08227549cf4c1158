import { paddingOf } from '../../data/padding-token.js';
import { DataError } from '../../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { type FloatType, fromFloat32, toFloat32 } from '../../formats/float-conversion.js';
import { generate } from '../../nn/generate.js';
import { checkPrompts } from '../../nn/prompt-lengths.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { ActivationsParams } from '../../steps/activations.js';
import type { ArtifactWriter, StepContext } from '../step-context.js';
import { promptTexts, promptTokens } from './prompts.js';
import { responseEnd, runningModel, tokenizerOf } from './running-model.js';
import { StopTexts } from './stop-texts.js';
import { tokenBatches } from './token-batches.js';

export async function collectActivations(context: StepContext<ActivationsParams>): Promise<void> {
  const { model: recipe, dataset, prompt, template, maxLength, maxTokens, position, padded, heldAs } = context.params;
  const model = await runningModel(context, recipe);
  const { decoder } = model;
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const prompts = { column: prompt, template };
  const texts = await promptTexts(context, { prompts, dataset, limit: null }, tokenizer);
  let sequences = (await promptTokens(texts, tokenizer)).map((tokens) => tokens.slice(-maxLength));
  checkPrompts(sequences, decoder.config, maxTokens === null ? 0 : 1);
  if (position !== undefined) sequences = sequences.map((tokens, index) => upTo(tokens, position, index));
  if (maxTokens !== null) {
    const end = await responseEnd(context, model, tokenizer, template === 'chat');
    const stopTexts = end.text === undefined ? undefined : new StopTexts(tokenizer, [end.text]);
    const responses = await generate(model.gpu, decoder, sequences, {
      maxTokens,
      endTokens: end.tokens,
      ...(stopTexts && { stops: (ids: readonly number[]) => stopTexts.isIn(ids) }),
      sampling: null,
      signal: context.signal,
      progress: (done, total) => context.progress({ done, total: 2 * total, unit: 'prompts' }),
    });
    sequences = sequences.map((sequence, index) => Int32Array.from([...sequence, ...responses[index]!]));
  }
  const { hidden, layers } = decoder.config;
  const writers: ArtifactWriter[] = [];
  const shape = [sequences.length, hidden];
  for (let layer = 0; layer <= layers; layer++) {
    writers.push(await context.writer(`hidden/${layer}`, { dtype: 'F32', shape }));
  }
  const before = maxTokens === null ? 0 : sequences.length;
  let done = before;
  const padding = padded === undefined ? undefined : paddingOf(await configFile(context, model.artifacts), tokenizer);
  // Padded on the left, every prompt ends with its batch.
  const isPadded = padding?.side === 'right';
  const lengths = isPadded ? paddedLengths(sequences, padded!.batch) : sequences.map(({ length }) => length);
  const positioned = sequences.map((ids, index) => ({ ids, length: lengths[index]! }));
  // A padded sequence has one row more.
  for (const batch of tokenBatches(positioned, ({ ids }) => ids.length + 1, rowsThatFit(model.gpu, decoder.config))) {
    context.signal.throwIfAborted();
    const states = await decoder.hiddenStates(
      batch.map(({ ids }) => ids),
      isPadded ? { token: padding.token, lengths: batch.map(({ length }) => length) } : undefined,
    );
    for (const [layer, exact] of states.entries()) {
      const state = heldAs === undefined ? exact : toFloat32(fromFloat32(exact, heldAs), heldAs);
      requireFinite(state, { hidden, layer, first: done - before, heldAs });
      await writers[layer]!.append(new Uint8Array(state.buffer, state.byteOffset, state.byteLength));
    }
    done += batch.length;
    context.progress({ done, total: before + sequences.length, unit: 'prompts' });
  }
  for (const writer of writers) await writer.close();
}

/** A prompt without what stands behind a position, which its state cannot see. @throws DataError that names the prompt */
function upTo(tokens: Int32Array<ArrayBuffer>, position: number, index: number): Int32Array<ArrayBuffer> {
  if (tokens.length + position >= 0) return tokens.slice(0, tokens.length + position + 1);
  throw new DataError(
    `prompt ${index} (counted from 0) has ${tokens.length} tokens, and none at position ${position}`,
    {
      hint: 'Take a position nearer the end, or leave the prompt out of the dataset.',
    },
  );
}

async function configFile(context: StepContext, artifacts: Artifacts): Promise<Uint8Array | undefined> {
  const artifact = artifacts['file/tokenizer_config.json'] as Artifact | undefined;
  return artifact === undefined ? undefined : context.read(artifact);
}

/** Length of the longest sequence in the batch of `batch` that each sequence is in. */
function paddedLengths(sequences: readonly { readonly length: number }[], batch: number): number[] {
  return sequences.map((_, index) => {
    const first = index - (index % batch);
    return Math.max(...sequences.slice(first, first + batch).map(({ length }) => length));
  });
}

/** @throws DataError that names the prompt and the layer */
function requireFinite(
  state: Float32Array,
  where: { hidden: number; layer: number; first: number; heldAs: FloatType | undefined },
): void {
  const at = state.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const { hidden, layer, first, heldAs } = where;
  const prompt = first + Math.floor(at / hidden);
  const type = heldAs === undefined ? '' : ` as ${heldAs}`;
  throw new DataError(
    `the hidden state of prompt ${prompt} (counted from 0) at depth ${layer} holds ${state[at]}${type}`,
    {
      ...(heldAs && { hint: `The published code computes in ${heldAs} and fails here, too; take semantics: paper.` }),
    },
  );
}
