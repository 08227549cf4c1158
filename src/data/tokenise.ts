import { DataError } from '../diagnostics/errors.js';
import type { PromptTemplate } from '../formats/dataset-choices.js';
import { mapWithinTime } from '../formats/time-limit.js';
import { ignoredLabel, type TokenRow } from '../formats/token-rows.js';
import { applyTemplate, type TemplatedText } from './prompt-template.js';
import { at, type Row, textOf } from './row.js';
import type { Tokenizer } from './tokenizer.js';

export type TokeniseOptions = {
  readonly template: PromptTemplate;
  /** Tokens; longer sequences are cut, left out, or refused, as `overlong` says. */
  readonly maxLength: number;
  readonly overlong: 'truncate' | 'drop' | 'error';
  /** The loss counts the response's tokens only, or all of them. */
  readonly lossOn: 'response' | 'all';
  /**
   * Ends the response with the tokenizer's end-of-sequence token, once; where a chat template has written it, nothing is added.
   * This alone decides: what a tokenizer's post-processor would append is left out.
   */
  readonly eos: boolean;
  /**
   * Rows whose response merges into the prompt's last token. `separate`: the prompt's tokens as generation makes them, then the
   * response's by themselves. `joined`, as the published code has it: the joined tokens, of which as many as the prompt has are
   * ignored, so that the merged token is never learnt.
   */
  readonly merged: 'separate' | 'joined';
  /** Rows of the embedding: an id beyond them is an error. */
  readonly vocabulary: number;
};

export interface Tokenised {
  readonly rows: readonly TokenRow[];
  readonly truncated: number;
  readonly dropped: number;
  /** Rows whose response was cut away whole: they teach nothing. */
  readonly withoutTarget: number;
  /** Rows whose joined tokens do not begin with those of the prompt. */
  readonly merged: number;
  readonly tokens: number;
  readonly targets: number;
}

/**
 * Rows with `prompt` and `response`, or with ready `input_ids` and `labels`, as token ids.
 *
 * The joined text is tokenised once and the first tokenise(prompt).length labels are ignored. A row whose joined tokens do not
 * begin with those of its prompt, because the response's first token merges with the prompt's last, is treated as `merged` says.
 * @param tokenizer asked for at the first row of text
 * @param onProgress told now and then how many rows are done, and waited for: tokenising keeps a processor busy for
 *   minutes, and whoever runs it must show signs of life and be able to stop it
 * @throws DataError naming the row: wrong columns, too long, ids outside the vocabulary, nothing left to learn from.
 */
export async function tokenise(
  rows: readonly Row[],
  tokenizer: () => Tokenizer,
  options: TokeniseOptions,
  name: string,
  onProgress: (done: number) => Promise<void> = async () => undefined,
): Promise<Tokenised> {
  const kept: TokenRow[] = [];
  let truncated = 0;
  let dropped = 0;
  let merged = 0;
  const tokenised = await mapWithinTime(
    rows,
    (row, index) => {
      const where = `${name}: row ${index + 1}`;
      const whole = Object.hasOwn(row, 'input_ids') ? readyRow(row, where) : textRow(row, tokenizer(), options, where);
      checkVocabulary(whole, options.vocabulary, where);
      return whole;
    },
    (index) => `${name}: row ${index + 1}: ${tokenizer().patterns}`,
    onProgress,
  );
  for (const [index, whole] of tokenised.entries()) {
    if (whole.merged) merged++;
    if (whole.inputIds.length <= options.maxLength) {
      kept.push(whole);
      continue;
    }
    if (options.overlong === 'error') {
      const length = whole.inputIds.length;
      throw new DataError(
        `${name}: row ${index + 1} has ${length} tokens, more than the limit of ${options.maxLength}`,
        {
          hint: 'Raise `max-length`, or set `overlong: truncate` or `overlong: drop`.',
        },
      );
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
    merged,
    tokens: kept.reduce((sum, row) => sum + row.inputIds.length, 0),
    targets,
  };
}

interface WholeRow extends TokenRow {
  readonly merged: boolean;
}

function textRow(row: Row, tokenizer: Tokenizer, options: TokeniseOptions, where: string): WholeRow {
  const prompt = textOf(row, 'prompt', where);
  const text = applyTemplate(options.template, prompt, textOf(row, 'response', where), tokenizer.chat);
  const response = text.full.slice(text.prompt.length) + endOf(text, tokenizer, options, where);
  const encode = (part: string) => at(where, () => tokenizer.encode(part, !text.complete));
  const asked = encode(text.prompt);
  const joined = encode(text.prompt + response);
  const merged = asked.some((id, at) => joined[at] !== id);
  const separate = merged && options.merged === 'separate';
  const inputIds = Int32Array.from(separate ? [...asked, ...tokenizer.encodeContinuation(response)] : joined);
  const labels = inputIds.slice();
  if (options.lossOn === 'response') labels.fill(ignoredLabel, 0, asked.length);
  return { inputIds, labels, merged };
}

/** What is written behind the response: nothing, or the end of sequence unless the chat template has written it. */
function endOf(text: TemplatedText, tokenizer: Tokenizer, { eos }: TokeniseOptions, where: string): string {
  if (!eos) return '';
  const end = tokenizer.eos;
  if (end === undefined) {
    throw new DataError(`${where}: the tokenizer names no end-of-sequence token`, {
      hint: 'Set eos_token in tokenizer_config.json to a token of tokenizer.json, or `eos: false` in the recipe.',
    });
  }
  return text.complete && text.full.trimEnd().endsWith(end.text) ? '' : end.text;
}

function readyRow(row: Row, where: string): WholeRow {
  const inputIds = integers(row.input_ids, 'input_ids', where);
  const labels = row.labels === undefined ? inputIds.slice() : integers(row.labels, 'labels', where);
  if (labels.length !== inputIds.length) {
    throw new DataError(`${where}: ${inputIds.length} input_ids and ${labels.length} labels`, {
      hint: 'Give one label an id, −100 where the loss does not count.',
    });
  }
  return { inputIds, labels, merged: false };
}

function integers(value: unknown, column: string, where: string): Int32Array {
  if (!Array.isArray(value)) throw new DataError(`${where}: column "${column}" must be a list of token ids`);
  const items: readonly unknown[] = value;
  const at = items.findIndex((item) => !Number.isInteger(item) || Math.abs(item as number) >= 2 ** 31);
  if (at < 0) return Int32Array.from(items as readonly number[]);
  throw new DataError(
    `${where}: column "${column}" holds ${said(items[at])} at position ${at + 1}, which is not a token id`,
    {
      hint: 'Token ids are integers from 0 on; a label of −100 is one that the loss leaves out.',
    },
  );
}

function said(value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
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
