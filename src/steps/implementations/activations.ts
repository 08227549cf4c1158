import { generate } from '../../nn/generate.js';
import { checkPrompts } from '../../nn/prompt-lengths.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { ActivationsParams } from '../model-params.js';
import type { ArtifactWriter, StepContext } from '../step.js';
import { promptTexts, promptTokens } from './prompts.js';
import { responseEnd, runningModel, tokenizerOf } from './running-model.js';
import { StopTexts } from './stop-texts.js';
import { tokenBatches } from './token-batches.js';

export async function collectActivations(context: StepContext): Promise<void> {
  const { model: recipe, dataset, prompt, template, maxLength, maxTokens } = context.params as ActivationsParams;
  const model = await runningModel(context, recipe);
  const { decoder } = model;
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const prompts = { column: prompt, template };
  const texts = await promptTexts(context, { prompts, dataset, limit: null }, tokenizer);
  let sequences = (await promptTokens(texts, tokenizer)).map((tokens) => tokens.slice(-maxLength));
  checkPrompts(sequences, decoder.config, maxTokens === null ? 0 : 1);
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
  for (const batch of tokenBatches(sequences, ({ length }) => length, rowsThatFit(model.gpu, decoder.config))) {
    context.signal.throwIfAborted();
    const states = await decoder.hiddenStates(batch);
    for (const [layer, state] of states.entries()) {
      await writers[layer]!.append(new Uint8Array(state.buffer, state.byteOffset, state.byteLength));
    }
    done += batch.length;
    context.progress({ done, total: before + sequences.length, unit: 'prompts' });
  }
  for (const writer of writers) await writer.close();
}
