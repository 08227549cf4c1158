import { DataError } from '../diagnostics/errors.js';
import { type JsonFile, specialTokens } from './tokenizer-config.js';

/** A special or user-defined token of `added_tokens`. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
  readonly special?: boolean;
}

/** `{"type": …}` of tokenizer.json: a normalizer, pre-tokenizer, model, post-processor or decoder. */
export type Component = JsonFile & { readonly type?: unknown };

/** tokenizer.json, with the tokens that the files beside it add. */
export interface TokenizerDefinition {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Component | null;
  readonly pre_tokenizer: Component | null;
  readonly post_processor: Component | null;
  readonly decoder: Component | null;
  readonly model: Component;
}

/**
 * @param added added_tokens.json: content → id
 * @throws DataError when two files give one token two ids, or two tokens one id
 */
export function readDefinition(file: JsonFile, config: JsonFile, added: JsonFile): TokenizerDefinition {
  const { normalizer = null, pre_tokenizer = null, post_processor = null, decoder = null, model } = file;
  if (typeof model !== 'object' || model === null) throw new DataError('tokenizer.json describes no model');
  const parts = { normalizer, pre_tokenizer, post_processor, decoder, model } as Omit<
    TokenizerDefinition,
    'added_tokens'
  >;
  return { ...parts, added_tokens: addedTokens(file, config, added, vocabularyOf(parts.model)) };
}

/** Token → id of the model itself, without added tokens. */
function vocabularyOf({ vocab }: Component): ReadonlyMap<string, unknown> {
  if (Array.isArray(vocab)) return new Map(vocab.map((entry: readonly [string, number], id) => [entry[0], id]));
  return new Map(Object.entries((vocab ?? {}) as JsonFile));
}

/**
 * Those of tokenizer.json; over them `added_tokens_decoder`, which decides about flags, or in older folders added_tokens.json;
 * and special tokens that the configuration names and the model has as ordinary ones. So does transformers.
 */
function addedTokens(
  file: JsonFile,
  config: JsonFile,
  added: JsonFile,
  vocabulary: ReadonlyMap<string, unknown>,
): AddedToken[] {
  const tokens = new Map<string, AddedToken>();
  const owners = new Map<unknown, string>();
  for (const [token, id] of vocabulary) owners.set(checkedId(id, token, 'tokenizer.json'), token);
  const add = (token: AddedToken, where: string): void => {
    const { content } = token;
    const id = checkedId(token.id, content, where);
    const known = tokens.get(content)?.id ?? vocabulary.get(content) ?? id;
    if (known !== id) {
      throw new DataError(
        `${where}: the token ${JSON.stringify(content)} has the id ${id}, in tokenizer.json ${known}`,
        {
          hint: 'The tokenizer files are of different saves: take all of them from one.',
        },
      );
    }
    const owner = owners.get(id) ?? content;
    if (owner !== content) {
      const pair = `${JSON.stringify(owner)} and ${JSON.stringify(content)}`;
      throw new DataError(`${where}: the tokens ${pair} have the same id ${id}`, {
        hint: 'The tokenizer files are of different saves: take all of them from one.',
      });
    }
    tokens.set(content, token);
    owners.set(id, content);
  };
  for (const token of (file.added_tokens ?? []) as AddedToken[]) add(token, 'tokenizer.json');
  const special = specialTokens(config);
  const decoder = config.added_tokens_decoder as Readonly<Record<string, Omit<AddedToken, 'id'>>> | undefined;
  if (decoder !== undefined) {
    for (const [id, token] of Object.entries(decoder)) add({ ...token, id: Number(id) }, 'tokenizer_config.json');
  } else {
    for (const [content, id] of Object.entries(added)) {
      if (!tokens.has(content))
        add({ id: id as number, content, special: special.includes(content) }, 'added_tokens.json');
    }
  }
  for (const content of special) {
    const id = vocabulary.get(content);
    if (id !== undefined && !tokens.has(content))
      add({ id: id as number, content, special: true }, 'tokenizer_config.json');
  }
  return [...tokens.values()];
}

function checkedId(id: unknown, token: string, where: string): number {
  if (Number.isSafeInteger(id) && (id as number) >= 0) return id as number;
  throw new DataError(
    `${where}: the token ${JSON.stringify(token)} has the id ${JSON.stringify(id)}, which is not a token id`,
    {
      hint: 'Download the file again.',
    },
  );
}

/**
 * The ids that a post-processor puts before every text. What it puts behind is left out: whether a text ends is for the
 * workflow to say, and a prompt does not end.
 * @throws DataError when it cannot be told
 */
export function beginningOf(processor: Component | null): number[] {
  switch (processor?.type) {
    case undefined:
    case 'ByteLevel':
      return [];
    case 'Sequence':
      return (processor!.processors as readonly Component[]).flatMap(beginningOf);
    case 'BertProcessing':
    case 'RobertaProcessing':
      return [(processor!.cls as readonly [string, number])[1]];
    case 'TemplateProcessing':
      return templateBeginning(processor!);
    default:
      throw new DataError(
        `tokenizer.json: runflow does not know the post-processor ${JSON.stringify(processor!.type)}`,
      );
  }
}

function templateBeginning({ single, special_tokens: special }: Component): number[] {
  const pieces = single as readonly { readonly SpecialToken?: { readonly id: string } }[];
  const before = pieces.slice(
    0,
    pieces.findIndex((piece) => piece.SpecialToken === undefined),
  );
  return before.flatMap(({ SpecialToken }) => {
    const { ids } = (special as Record<string, { readonly ids: readonly number[] }>)[SpecialToken!.id]!;
    return ids;
  });
}

/** The same tokenizer without the space that some put before every text, for texts that follow another. */
export function withoutDummyPrefix(definition: TokenizerDefinition): TokenizerDefinition {
  const normalizer = rewritten(definition.normalizer, 'normalizers', (part) => (part.type === 'Prepend' ? null : part));
  const pre_tokenizer = rewritten(definition.pre_tokenizer, 'pretokenizers', (part) => {
    if (part.type === 'Metaspace') return { ...part, prepend_scheme: 'never' };
    return part.add_prefix_space === true ? { ...part, add_prefix_space: false } : part;
  });
  return { ...definition, normalizer, pre_tokenizer };
}

/** Rewrites a component, or every one of a sequence, however deep; null takes one out. */
export function rewritten(
  component: Component | null,
  list: 'normalizers' | 'pretokenizers' | 'decoders',
  rewrite: (part: Component) => Component | null,
): Component | null {
  if (component === null) return null;
  if (component.type !== 'Sequence') return rewrite(component);
  const parts = (component[list] as readonly Component[]).map((part) => rewritten(part, list, rewrite));
  return { ...component, [list]: parts.filter((part) => part !== null) };
}

/** Whether the tokenizer puts a space before a text that has none. */
export function hasDummyPrefix(definition: TokenizerDefinition): boolean {
  const parts = ({ normalizer, pre_tokenizer }: TokenizerDefinition) => JSON.stringify([normalizer, pre_tokenizer]);
  return parts(withoutDummyPrefix(definition)) !== parts(definition);
}
