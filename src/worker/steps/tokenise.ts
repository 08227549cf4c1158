import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeRows } from '../../data/row.js';
import { type Tokenised, tokenise } from '../../data/tokenise.js';
import { loadTokenizer, type Tokenizer } from '../../data/tokenizer.js';
import { DataError } from '../../diagnostics/errors.js';
import { parseModelConfig } from '../../formats/model-config.js';
import type { TokeniseSummary } from '../../formats/step-results.js';
import { packTokenRows } from '../../formats/token-rows.js';
import type { TokeniseHints, TokeniseParams } from '../../steps/tokenise.js';
import type { StepContext } from '../step-context.js';
import { readTokenizerFiles } from './tokenizer-input.js';

export async function runTokenise(context: StepContext<TokeniseParams, TokeniseHints>): Promise<void> {
  const { dataset, ...options } = context.params;
  const rows = decodeRows(await context.read(context.input('rows')));
  const vocabulary = await vocabularySize(context);
  const tokenizer = await tokenizerSource(context);
  const tokenised = await tokenise(rows, tokenizer, { ...options, vocabulary }, dataset, async (done) => {
    context.progress({ done, total: rows.length, unit: 'rows' });
    await nextTurn();
    context.signal.throwIfAborted();
  });
  const { inputIds, labels, offsets } = packTokenRows(tokenised.rows);
  await writeIntegers(context, 'input-ids', inputIds);
  await writeIntegers(context, 'labels', labels);
  await writeIntegers(context, 'offsets', offsets);
  await context.write('summary', Buffer.from(JSON.stringify(summary(tokenised))));
  for (const line of remarks(tokenised, options.merged)) context.log(line);
}

/** The model's tokenizer files, and where they lie. */
async function tokenizerSource(context: StepContext<TokeniseParams, TokeniseHints>): Promise<() => Tokenizer> {
  const files = await readTokenizerFiles(context, (name) => (context.has(name) ? context.input(name) : undefined));
  const at = context.input('config').at?.file;
  const { files: has = [] } = context.hints;
  let tokenizer: Tokenizer | undefined;
  return () => {
    tokenizer ??= loadTokenizer(files, { folder: at && dirname(at), has });
    return tokenizer;
  };
}

async function vocabularySize(context: StepContext): Promise<number> {
  const config = parseModelConfig(await context.read(context.input('config')), 'config.json');
  if (Number.isInteger(config.vocab_size)) return config.vocab_size as number;
  throw new DataError('config.json of the model has no vocab_size', {
    hint: 'Use a complete Hugging Face model folder.',
  });
}

async function writeIntegers(context: StepContext, output: string, values: Int32Array): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  await context.write(output, bytes, { dtype: 'I32', shape: [values.length] });
}

function summary(tokenised: Tokenised): TokeniseSummary {
  const { rows, tokens, targets, truncated, dropped, withoutTarget, merged } = tokenised;
  return { rows: rows.length, tokens, targets, truncated, dropped, withoutTarget, merged };
}

function remarks(tokenised: Tokenised, treated: TokeniseParams['merged']): string[] {
  const { rows, truncated, dropped, withoutTarget, merged, tokens, targets } = tokenised;
  const becomes = treated === 'separate' ? 'prompt and response are tokenised apart' : 'the merged token is not learnt';
  return [
    `${rows.length} rows, ${tokens} tokens, ${targets} of them targets`,
    ...(truncated > 0 ? [`${truncated} rows cut at the length limit`] : []),
    ...(dropped > 0 ? [`${dropped} rows over the length limit left out`] : []),
    ...(withoutTarget > 0 ? [`${withoutTarget} rows have no target left`] : []),
    ...(merged > 0 ? [`in ${merged} rows the response merges into the prompt's last token: ${becomes}`] : []),
  ];
}
