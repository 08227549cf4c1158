import { DataError } from '../diagnostics/errors.js';
import type { tokenizerFileNames } from '../formats/tokenizer-files.js';

/** A parsed JSON object. */
export type JsonFile = Readonly<Record<string, unknown>>;

/** Content of the files, by name; those that a folder does not have are absent. */
export type TokenizerFiles = Readonly<Partial<Record<(typeof tokenizerFileNames)[number], Uint8Array>>>;

/** What a tokenizer calls its special tokens; chat templates know them by these names. */
const specialNames = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

export type SpecialTokens = { readonly [name: string]: string };

/** Bytes that are no UTF-8 would become other tokens without a word. */
function utf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${name} is not UTF-8 text`, { cause, hint: 'Download the file again.' });
  }
}

/** @throws DataError when the file is no JSON object */
export function parseFile(files: TokenizerFiles, name: keyof TokenizerFiles): JsonFile {
  const bytes = files[name];
  if (bytes === undefined) return {};
  const text = utf8(bytes, name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name} is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: 'Download the file again.',
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonFile;
  throw new DataError(`${name} holds no object`, { hint: 'Download the file again.' });
}

/**
 * tokenizer_config.json; where it is of the older form, without `added_tokens_decoder`, special_tokens_map.json goes over it, as in
 * transformers. `legacy` is not looked at: it decides how transformers converts a tokenizer.model, which it does beside a
 * tokenizer.json only where a Llama class is given `from_slow` or `add_prefix_space`.
 */
export function readConfig(files: TokenizerFiles): JsonFile {
  const config = parseFile(files, 'tokenizer_config.json');
  const whole =
    'added_tokens_decoder' in config ? config : { ...config, ...parseFile(files, 'special_tokens_map.json') };
  if (whole.split_special_tokens === true) {
    throw new DataError('tokenizer_config.json: split_special_tokens is on, which runflow does not do', {
      hint: 'Set it to false: special tokens in a text are then read as such.',
    });
  }
  return whole;
}

/** `"</s>"` or `{"content": "</s>", …}`. */
function contentOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

/** The special tokens that have a name: `bos_token`, `eos_token` and so on. */
export function namedTokens(config: JsonFile): SpecialTokens {
  const named = specialNames.map((name) => [name, contentOf(config[name])] as const);
  return Object.fromEntries(
    named.filter((entry): entry is [(typeof specialNames)[number], string] => entry[1] !== undefined),
  );
}

/** All special tokens that the configuration lists, named or not. */
export function specialTokens(config: JsonFile): string[] {
  const { additional_special_tokens: additional, extra_special_tokens: extra } = config;
  const listed = [additional, extra].flatMap((list) =>
    Array.isArray(list) ? list : typeof list === 'object' && list !== null ? Object.values(list) : [],
  );
  return [...new Set([...Object.values(namedTokens(config)), ...listed.flatMap((token) => contentOf(token) ?? [])])];
}

/**
 * The chat template that transformers takes: chat_template.jinja, else the one of tokenizer_config.json, of several the one called
 * `default`; where there is neither, the one of chat_template.json, which belongs to a processor.
 * @returns undefined when there is none
 * @throws DataError when several have names and none is `default`, or chat_template.json says something else.
 */
export function chatTemplateOf(files: TokenizerFiles, config: JsonFile): string | undefined {
  const jinja = files['chat_template.jinja'];
  const own =
    jinja === undefined
      ? templateIn(config.chat_template, 'tokenizer_config.json')
      : utf8(jinja, 'chat_template.jinja');
  const processor = templateIn(parseFile(files, 'chat_template.json').chat_template, 'chat_template.json');
  if (own !== undefined && processor !== undefined && own !== processor) {
    const other = jinja === undefined ? 'tokenizer_config.json' : 'chat_template.jinja';
    throw new DataError(`chat_template.json and ${other} hold different chat templates`, {
      hint: `Which one the model was made with is unclear: remove the other. transformers' tokenizers take ${other}.`,
    });
  }
  return own ?? processor;
}

function templateIn(value: unknown, file: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const entries: [unknown, unknown][] = Array.isArray(value)
    ? value.map((entry: { name?: unknown; template?: unknown } | null) => [entry?.name, entry?.template])
    : Object.entries(value);
  const template = entries.find(([name]) => name === 'default')?.[1];
  if (typeof template === 'string') return template;
  const names = entries.map(([name]) => JSON.stringify(name)).join(', ');
  throw new DataError(`${file}: of its chat templates (${names || 'none'}) none is called "default"`, {
    hint: 'Rename the one to use, or save it as chat_template.jinja.',
  });
}
