import { Template } from '@huggingface/jinja';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DataError } from '../diagnostics/errors.js';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** A tokenizer's own chat template. */
export interface ChatFormat {
  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string;
}

/** The tokenizer of a Hugging Face folder. */
export interface Tokenizer {
  /** Token ids of a text; `special` adds what the tokenizer puts around every text (Llama's beginning of sequence). */
  encode(text: string, special: boolean): number[];
  /** Without special tokens. */
  decode(ids: readonly number[]): string;
  /** Special tokens as they are written. */
  decodeAll(ids: readonly number[]): string;
  readonly eos: { readonly text: string; readonly id: number } | undefined;
  readonly chat: ChatFormat | undefined;
}

/** Llama 3.2's template writes today's date unless told another: this is the date that it falls back to by itself. */
const fixedDate = '26 Jul 2024';

/**
 * Reads `tokenizer.json`, `tokenizer_config.json` and, in newer folders, `chat_template.jinja`.
 * @throws DataError naming the file that is missing or cannot be used.
 */
export function loadTokenizer(files: {
  readonly tokenizer: Uint8Array | undefined;
  readonly config: Uint8Array | undefined;
  readonly chatTemplate?: Uint8Array | undefined;
}): Tokenizer {
  if (files.tokenizer === undefined) {
    throw new DataError('The model has no tokenizer.json', {
      hint: 'Put the tokenizer files (tokenizer.json, tokenizer_config.json) into its folder.',
    });
  }
  const definition = parse(files.tokenizer, 'tokenizer.json');
  const config = files.config === undefined ? {} : parse(files.config, 'tokenizer_config.json');
  const tokenizer = build(definition, config);
  const eosText = specialToken(config, 'eos_token');
  const eosId = eosText === undefined ? undefined : tokenizer.token_to_id(eosText);
  const template =
    files.chatTemplate === undefined ? chatTemplate(config) : new TextDecoder().decode(files.chatTemplate);
  return {
    encode: (text, special) => tokenizer.encode(text, { add_special_tokens: special }).ids,
    decode: (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: true })),
    decodeAll: (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: false })),
    eos: eosText === undefined || eosId === undefined ? undefined : { text: eosText, id: eosId },
    chat: template === undefined ? undefined : chatFormat(template, config),
  };
}

type Config = Readonly<Record<string, unknown>>;

function parse(bytes: Uint8Array, name: string): Config {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Config;
  } catch (cause) {
    throw new DataError(`${name} is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: 'Download the file again.',
    });
  }
}

function build(definition: Config, config: Config): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(definition, config);
  } catch (cause) {
    throw new DataError(`tokenizer.json describes a tokenizer that cannot be built: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** `"</s>"` or `{"content": "</s>", …}`. */
function specialToken(config: Config, name: string): string | undefined {
  const value = config[name];
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

/** A text, or a list of named templates of which `default` is taken. */
function chatTemplate(config: Config): string | undefined {
  const value = config.chat_template;
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value as { name?: unknown; template?: unknown }[];
  const template = (named.find((entry) => entry.name === 'default') ?? named[0])?.template;
  return typeof template === 'string' ? template : undefined;
}

function chatFormat(text: string, config: Config): ChatFormat {
  let template: Template | undefined;
  return {
    render(messages, addGenerationPrompt) {
      try {
        template ??= new Template(text);
        return template.render({
          messages,
          add_generation_prompt: addGenerationPrompt,
          bos_token: specialToken(config, 'bos_token') ?? '',
          eos_token: specialToken(config, 'eos_token') ?? '',
          date_string: fixedDate,
        });
      } catch (cause) {
        throw new DataError(`The chat template cannot be applied: ${(cause as Error).message}`, { cause });
      }
    },
  };
}
