/** Files of a model folder that decide how text becomes tokens, by their names there. */
export const tokenizerFileNames = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
] as const;

/**
 * Bytes that one of them may have: the largest tokenizer.json of a real model has 40 MB, and reading one takes ten times its
 * size.
 */
export const maximumTokenizerBytes = 128 << 20;
