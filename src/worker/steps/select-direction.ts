import type { Tokenizer } from '../../data/tokenizer.js';
import { DataError } from '../../diagnostics/errors.js';
import { divergence } from '../../eval/divergence.js';
import { refusalScore } from '../../eval/refusal-score.js';
import { Turns } from '../../formats/turns.js';
import { nextTokenLogits } from '../../nn/next-token.js';
import { checkPrompts } from '../../nn/prompt-lengths.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { StreamChange } from '../../nn/stream-change.js';
import { type CandidateRow, candidatesCsv } from '../../report/tables/candidates.js';
import type { SelectDirectionParams } from '../../steps/select-direction.js';
import type { StepContext } from '../step-context.js';
import { differenceOf, meanState } from './difference-basis.js';
import { promptTexts, promptTokens } from './prompts.js';
import { type RunningModel, runningModel, tokenizerOf } from './running-model.js';
import { tokenBatches } from './token-batches.js';

/**
 * @throws DataError when no candidate passes, a text of `refusals` has no token, or the prompts do not fit the model
 */
export async function chooseDirection(context: StepContext<SelectDirectionParams>): Promise<void> {
  const { model: recipe, candidates, datasets, refusals, largestDivergence, leastInduced } = context.params;
  const model = await runningModel(context, recipe);
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const tokens = firstTokens(refusals, tokenizer, model.decoder.config.vocabulary);
  const harmful = await validationPrompts(context, 'harmful', datasets[0], model, tokenizer);
  const harmless = await validationPrompts(context, 'harmless', datasets[1], model, tokenizer);
  const unchanged = await nextLogits(context, model, harmless, {});
  const rows: CandidateRow[] = [];
  const units: (Float64Array | undefined)[] = [];
  for (const [index, place] of candidates.entries()) {
    context.progress({ done: index, total: candidates.length, unit: 'candidates' });
    const found = differenceOf(await meanState(context, `a/${index}`), await meanState(context, `b/${index}`));
    const unit = found?.difference.map((value) => value / found.norm);
    units.push(unit);
    if (found === undefined || unit === undefined) {
      rows.push({ ...place, refusal_ablated: null, refusal_added: null, divergence: null, verdict: 'zero' });
      continue;
    }
    const without = { without: Float32Array.from(unit) };
    const added = { plus: { layer: place.layer, vector: Float32Array.from(found.difference) } };
    const scoreOf = (logits: readonly Float32Array[]) => mean(logits.map((row) => refusalScore(row, tokens)));
    const ablated = await nextLogits(context, model, harmless, without);
    const moved = mean(ablated.map((row, prompt) => divergence(unchanged[prompt]!, row)));
    const score = scoreOf(await nextLogits(context, model, harmful, without));
    const induced = scoreOf(await nextLogits(context, model, harmless, added));
    const verdict =
      moved > largestDivergence ? 'changes-harmless' : induced < leastInduced ? 'induces-nothing' : 'passes';
    rows.push({ ...place, refusal_ablated: score, refusal_added: induced, divergence: moved, verdict });
  }
  const chosen = lowest(rows);
  if (chosen === undefined) throw nothingPasses(rows, context.params);
  const told = rows.map((row, index) => (index === chosen ? { ...row, verdict: 'chosen' } : row));
  const q = Float32Array.from(units[chosen]!);
  await context.write('q', new Uint8Array(q.buffer), { dtype: 'F32', shape: [q.length, 1] });
  await context.write('candidates.csv', new TextEncoder().encode(candidatesCsv(told)));
}

/** The first of those that pass with the lowest score. */
function lowest(rows: readonly CandidateRow[]): number | undefined {
  let best: number | undefined;
  for (const [index, { verdict, refusal_ablated: score }] of rows.entries()) {
    if (verdict === 'passes' && (best === undefined || score! < rows[best]!.refusal_ablated!)) best = index;
  }
  return best;
}

function nothingPasses(rows: readonly CandidateRow[], params: SelectDirectionParams): DataError {
  const { largestDivergence, leastInduced } = params;
  const measured = rows.filter(({ verdict }) => verdict !== 'zero');
  const least = Math.min(...measured.map(({ divergence: moved }) => moved!));
  const most = Math.max(...measured.map(({ refusal_added: score }) => score!));
  const seen =
    measured.length === 0
      ? 'the two sets of prompts have the same mean hidden state at each of them'
      : `their divergences begin at ${least.toPrecision(3)} (at most ${largestDivergence} is allowed), their scores with the direction added end at ${most.toPrecision(3)} (at least ${leastInduced} is asked for)`;
  return new DataError(`none of ${rows.length} candidates passes: ${seen}`, {
    hint: 'Look at the first tokens under `refusals`, try other layers and positions, or widen `divergence` and `induced`.',
  });
}

/** Ids of the first token of each text. */
function firstTokens(texts: readonly string[], tokenizer: Tokenizer, vocabulary: number): number[] {
  const tokens = texts.map((text) => {
    const [first] = tokenizer.encodeContinuation(text);
    // What is unknown to it is a special token, too.
    if (first !== undefined && first < vocabulary && !tokenizer.isSpecial(first)) return first;
    throw new DataError(`the tokenizer has no token of text that "${text}" of refusals begins with`, {
      hint: 'Write the texts as the model begins a refusal with them.',
    });
  });
  return [...new Set(tokens)];
}

async function validationPrompts(
  context: StepContext<SelectDirectionParams>,
  input: string,
  dataset: string,
  { decoder }: RunningModel,
  tokenizer: Tokenizer,
): Promise<Int32Array[]> {
  const { prompt: column, template, limit, maxLength } = context.params;
  const texts = await promptTexts(context, { prompts: { column, template }, dataset, limit }, tokenizer, input);
  const prompts = (await promptTokens(texts, tokenizer)).map((ids) => ids.slice(-maxLength));
  checkPrompts(prompts, decoder.config, 0);
  return prompts;
}

/** Logits behind each prompt of a model whose residual stream is changed. */
async function nextLogits(
  context: StepContext,
  { gpu, decoder }: RunningModel,
  prompts: readonly Int32Array[],
  change: StreamChange,
): Promise<Float32Array[]> {
  const { vocabulary } = decoder.config;
  const turns = new Turns(context.signal);
  const rows: Float32Array[] = [];
  for (const batch of tokenBatches(prompts, ({ length }) => length, rowsThatFit(gpu, decoder.config))) {
    await turns.take();
    const logits = await decoder.withChange(change, () => nextTokenLogits(gpu, decoder, batch));
    for (let row = 0; row < batch.length; row++) {
      const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      if (!own.every(Number.isFinite))
        throw new DataError(`the logits behind prompt ${rows.length + 1} are not finite`);
      rows.push(own);
    }
  }
  return rows;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
