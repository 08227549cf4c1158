import { at, decodeRows, encodeRows } from '../../data/row.js';
import type { Tokenizer } from '../../data/tokenizer.js';
import { DataError } from '../../diagnostics/errors.js';
import { type ChoicePrompt, choicePrompts } from '../../eval/choice-prompts.js';
import { continuationTokens, type SplitTokens } from '../../eval/continuation-tokens.js';
import { mapWithinTime } from '../../formats/time-limit.js';
import { ignoredLabel, type TokenRow } from '../../formats/token-rows.js';
import { Turns } from '../../formats/turns.js';
import { targetCount } from '../../nn/batches.js';
import type { DecoderConfig } from '../../nn/config.js';
import type { ScoredRow } from '../../nn/packed-batch.js';
import { checkWindow } from '../../nn/prompt-lengths.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { ChoiceLikelihoods, ChoiceLikelihoodsParams } from '../../steps/choice-likelihoods.js';
import type { StepContext } from '../step-context.js';
import { type RunningModel, runningModel, tokenizerOf } from './running-model.js';
import { tokenBatches } from './token-batches.js';

/** Questions whose tokens are held at a time. */
const partLength = 64;

export async function measureChoices(context: StepContext<ChoiceLikelihoodsParams>): Promise<void> {
  const { model: recipe, bos, maxLength } = context.params;
  const model = await runningModel(context, recipe);
  const { config } = model.decoder;
  const mostTokens = longestInput(config, maxLength);
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const prompts = await promptsOf(context, tokenizer);
  const lines: ChoiceLikelihoods[] = [];
  let [requests, cut] = [0, 0];
  for (let first = 0; first < prompts.length; first += partLength) {
    const part = prompts.slice(first, first + partLength);
    const tokens = await mapWithinTime(
      part,
      ({ where, context: text, choices, delimiter }) =>
        at(where, () =>
          continuationTokens(
            tokenizer,
            text,
            choices.map((choice) => delimiter + choice),
            bos,
          ),
        ),
      (index) => `${part[index]!.where}: ${tokenizer.patterns}`,
    );
    const asked = tokens.flatMap((choices, index) =>
      choices.map((choice) => requestOf(choice, part[index]!.where, mostTokens, config)),
    );
    const sums = await logLikelihoods(context, model, asked);
    for (const { row, context: text, choices } of part) {
      lines.push({ row, context: text, choices, logLikelihoods: sums.splice(0, choices.length) });
    }
    requests += asked.length;
    cut += asked.filter((request) => request.cut).length;
    context.progress({ done: lines.length, total: prompts.length, unit: 'questions' });
  }
  if (cut > 0) {
    context.log(
      `${cut} of ${requests} choices are longer with their contexts than ${mostTokens} tokens: the contexts are cut from the left`,
    );
  }
  await context.write('likelihoods', encodeRows(lines));
}

/** @throws DataError for more than the model was made for: positions beyond would be computed, but mean nothing */
function longestInput({ contextLength }: DecoderConfig, maxLength: number | undefined): number {
  if (maxLength === undefined || maxLength <= contextLength) return maxLength ?? contextLength;
  throw new DataError(`\`max-length\` is ${maxLength}, more than the model's context of ${contextLength} tokens`, {
    hint: 'Lower `max-length`, or leave it out.',
  });
}

async function promptsOf(context: StepContext<ChoiceLikelihoodsParams>, tokenizer: Tokenizer): Promise<ChoicePrompt[]> {
  const { dataset, questions: form, fewshot, limit } = context.params;
  const questions = { rows: decodeRows(await context.read(context.input('rows'))), name: dataset };
  const examples = context.has('examples')
    ? { rows: decodeRows(await context.read(context.input('examples'))), name: 'examples' }
    : undefined;
  const prompts: ChoicePrompt[] = [];
  const turns = new Turns(context.signal);
  for (const prompt of choicePrompts(questions, examples, form, fewshot, limit, form.chat && tokenizer.chat)) {
    prompts.push(prompt);
    await turns.take();
  }
  return prompts;
}

/** A context with one choice, as the model reads it. */
interface Request {
  /** Input ids without the last token, which nothing is predicted from; labels of the choice's tokens. */
  readonly tokens: TokenRow;
  readonly where: string;
  /** Whether the context has lost its beginning. */
  readonly cut: boolean;
}

function requestOf(
  { context, continuation }: SplitTokens,
  where: string,
  mostTokens: number,
  config: DecoderConfig,
): Request {
  if (continuation.length > mostTokens) {
    throw new DataError(
      `${where}: a choice has ${continuation.length} tokens, more than the ${mostTokens} that the model reads`,
      {
        hint: 'Raise `max-length`, or leave such rows out with `where`.',
      },
    );
  }
  const whole = [...context, ...continuation];
  const kept = whole.slice(-(mostTokens + 1));
  const inputIds = Int32Array.from(kept.slice(0, -1));
  checkWindow(where, inputIds.length, config, 'Set `max-length` to the window: contexts are then cut from the left.');
  const labels = Int32Array.from(kept, (id, at) => (at < kept.length - continuation.length ? ignoredLabel : id));
  return { tokens: { inputIds, labels }, where, cut: kept.length < whole.length };
}

/** What the model reads once, for the choices that are read alike but for their last tokens. */
interface Pass {
  readonly row: ScoredRow;
  /** Positions among the requests. */
  readonly requests: readonly number[];
}

/** Choices of one token share their pass: the model reads the context alone. Requests of one question stand together. */
function passesOf(requests: readonly Request[]): Pass[] {
  const passes: { readonly first: Request; readonly requests: number[] }[] = [];
  for (const [position, request] of requests.entries()) {
    const ofQuestion = passes.slice(passes.findLastIndex(({ first }) => first.where !== request.where) + 1);
    const alike = ofQuestion.find(({ first }) => readAlike(first, request));
    if (alike === undefined) passes.push({ first: request, requests: [position] });
    else alike.requests.push(position);
  }
  return passes.map(({ first, requests: own }) => ({
    row: { ...first.tokens, alternatives: own.slice(1).map((position) => requests[position]!.tokens.labels) },
    requests: own,
  }));
}

function readAlike({ tokens: { inputIds: a } }: Request, { tokens: { inputIds: b } }: Request): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

async function logLikelihoods(
  context: StepContext<ChoiceLikelihoodsParams>,
  { gpu, decoder }: RunningModel,
  requests: readonly Request[],
): Promise<number[]> {
  const sums = Array<number>(requests.length);
  const fit = rowsThatFit(gpu, decoder.config);
  const rowsOf = ({ row, requests: own }: Pass) => Math.max(row.inputIds.length, own.length * targetCount(row));
  for (const batch of tokenBatches(passesOf(requests), rowsOf, fit)) {
    context.signal.throwIfAborted();
    const losses = await decoder.rowLosses(batch.map(({ row }) => row));
    for (const [index, position] of batch.flatMap((pass) => pass.requests).entries()) {
      const { sum } = losses[index]!;
      if (!Number.isFinite(sum)) {
        throw new DataError(`${requests[position]!.where}: the likelihood of a choice is not finite`, {
          hint: "The model's weights, or what they grow to in f32, overflow: look at the model, or at the update it was made from.",
        });
      }
      sums[position] = 0 - sum;
    }
  }
  return sums;
}
