import { applyTemplate } from '../../data/prompt-template.js';
import { decodeRows } from '../../data/row.js';
import { textsOf, wordTokenizer } from '../../data/word-tokenizer.js';
import type { WordTokenizerParams } from '../data-params.js';
import type { StepContext } from '../step.js';

export async function runWordTokenizer(context: StepContext): Promise<void> {
  const { vocabulary, datasets, template } = context.params as WordTokenizerParams;
  const texts = [applyTemplate(template, '', '', undefined).full];
  for (let index = 0; index < datasets; index++) {
    const rows = decodeRows(await context.read(context.input(`rows/${index}`)));
    for (const text of textsOf(rows, ['prompt', 'response'])) texts.push(text);
  }
  const { tokenizer, config } = wordTokenizer(texts, vocabulary);
  await context.write('file/tokenizer.json', tokenizer);
  await context.write('file/tokenizer_config.json', config);
}
