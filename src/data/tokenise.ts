import { DataError } from '../diagnostics/errors.js';
import { ignoredLabel, type TokenRow } from '../formats/token-rows.js';
import { applyTemplate, type PromptTemplate } from './prompt-template.js';
import { type Row, textOf } from './row.js';
import type { Tokenizer } from './tokenizer.js';

export type TokeniseOptions = {
  readonly template: PromptTemplate;
  /** Tokens; longer sequences are cut, left out, or refused, as `overlong` says. */
  readonly maxLength: number;
  readonly overlong: 'truncate' | 'drop' | 'error';
  /** The loss counts the response's tokens only, or all of them. */
  readonly lossOn: 'response' | 'all';
  /** Ends the response with the tokenizer's end-of-sequence token. */
  readonly eos: boolean;
  /** Rows of the embedding: an id beyond them is an error. */
  readonly vocabulary: number;
};

export interface Tokenised {
  readonly rows: readonly TokenRow[];
  readonly truncated: number;
  readonly dropped: number;
  /** Rows whose response was cut away whole: they teach nothing. */
  readonly withoutTarget: number;
  readonly tokens: number;
  readonly targets: number;
}

const progressMilliseconds = 200;

/**
 * Rows with `prompt` and `response`, or with ready `input_ids` and `labels`, as token ids.
 *
 * The joined text is tokenised once and the first tokenise(prompt).length labels are ignored, as the published training code
 * does: a token that spans the border ("merges") thus counts as prompt by number, not by content.
 * @param onProgress told now and then how many rows are done, and waited for: tokenising keeps a processor busy for
 *   minutes, and whoever runs it must show signs of life and be able to stop it
 * @throws DataError naming the row: wrong columns, too long, ids outside the vocabulary, nothing left to learn from.
 */
export async function tokenise(
  rows: readonly Row[],
  tokenizer: Tokenizer | undefined,
  options: TokeniseOptions,
  name: string,
  onProgress: (done: number) => Promise<void> = async () => undefined,
): Promise<Tokenised> {
  const kept: TokenRow[] = [];
  let truncated = 0;
  let dropped = 0;
  let told = performance.now();
  for (const [index, row] of rows.entries()) {
    if (performance.now() - told > progressMilliseconds) {
      await onProgress(index);
      told = performance.now();
    }
    const where = `${name}: row ${index + 1}`;
    const whole = 'input_ids' in row ? readyRow(row, where) : textRow(row, tokenizer, options, where);
    checkVocabulary(whole, options.vocabulary, where);
    if (whole.inputIds.length <= options.maxLength) {
      kept.push(whole);
      continue;
    }
    if (options.overlong === 'error') {
      throw new DataError(`${where} has ${whole.inputIds.length} tokens, more than the limit of ${options.maxLength}`, {
        hint: 'Raise `max-length`, or set `overlong: truncate` or `overlong: drop`.',
      });
    }
    if (options.overlong === 'drop') {
      dropped++;
      continue;
    }
    truncated++;
    kept.push({
      inputIds: whole.inputIds.slice(0, options.maxLength),
      labels: whole.labels.slice(0, options.maxLength),
    });
  }
  const targetCounts = kept.map((row) => row.labels.reduce((sum, label, at) => sum + Number(at > 0 && label >= 0), 0));
  const targets = targetCounts.reduce((sum, count) => sum + count, 0);
  if (targets === 0) {
    throw new DataError(
      `${name}: no token is left to learn from in ${rows.length} rows (limit ${options.maxLength} tokens)`,
      {
        hint: 'Raise `max-length`, or check that the responses are not empty.',
      },
    );
  }
  return {
    rows: kept,
    truncated,
    dropped,
    withoutTarget: targetCounts.filter((count) => count === 0).length,
    tokens: kept.reduce((sum, row) => sum + row.inputIds.length, 0),
    targets,
  };
}

function textRow(row: Row, tokenizer: Tokenizer | undefined, options: TokeniseOptions, where: string): TokenRow {
  if (tokenizer === undefined) {
    throw new DataError(`${where}: the rows are text and the model has no tokenizer`, {
      hint: 'Put tokenizer.json into the model folder, or give rows with `input_ids` and `labels`.',
    });
  }
  const text = applyTemplate(
    options.template,
    textOf(row, 'prompt', where),
    textOf(row, 'response', where),
    tokenizer.chat,
  );
  const end = options.eos && !text.complete ? endOf(tokenizer, where) : '';
  const inputIds = Int32Array.from(tokenizer.encode(text.full + end, !text.complete));
  const labels = inputIds.slice();
  if (options.lossOn === 'response') labels.fill(ignoredLabel, 0, tokenizer.encode(text.prompt, !text.complete).length);
  return { inputIds, labels };
}

function endOf(tokenizer: Tokenizer, where: string): string {
  if (tokenizer.eos !== undefined) return tokenizer.eos.text;
  throw new DataError(`${where}: the tokenizer names no end-of-sequence token`, {
    hint: 'Set eos_token in tokenizer_config.json, or `eos: false` in the recipe.',
  });
}

function readyRow(row: Row, where: string): TokenRow {
  const inputIds = integers(row.input_ids, 'input_ids', where);
  const labels = row.labels === undefined ? inputIds.slice() : integers(row.labels, 'labels', where);
  if (labels.length !== inputIds.length) {
    throw new DataError(`${where}: ${inputIds.length} input_ids and ${labels.length} labels`, {
      hint: 'Give one label an id, −100 where the loss does not count.',
    });
  }
  return { inputIds, labels };
}

function integers(value: unknown, column: string, where: string): Int32Array {
  if (Array.isArray(value) && value.every((item) => Number.isInteger(item) && Math.abs(item as number) < 2 ** 31)) {
    return Int32Array.from(value as number[]);
  }
  throw new DataError(`${where}: column "${column}" must be a list of integers`);
}

function checkVocabulary({ inputIds, labels }: TokenRow, vocabulary: number, where: string): void {
  const outside = (id: number): boolean => id < 0 || id >= vocabulary;
  const wrong = inputIds.find(outside) ?? labels.find((label) => label !== ignoredLabel && outside(label));
  if (wrong !== undefined) {
    throw new DataError(`${where}: token id ${wrong} is outside the model's vocabulary of ${vocabulary}`, {
      hint: 'The tokenizer and the model do not belong together: check the tokenizer files and vocab_size in config.json.',
    });
  }
  if (inputIds.length === 0) throw new DataError(`${where}: no tokens`, { hint: 'Leave empty rows out with `where`.' });
}
