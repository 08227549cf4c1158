import { applyTemplate } from '../../data/prompt-template.js';
import { decodeRows } from '../../data/row.js';
import { textsOf, wordTokenizer } from '../../data/word-tokenizer.js';
import type { WordTokenizerParams } from '../../steps/word-tokenizer.js';
import type { StepContext } from '../step-context.js';

export async function runWordTokenizer(context: StepContext<WordTokenizerParams>): Promise<void> {
  const { vocabulary, datasets, template } = context.params;
  const texts = [applyTemplate(template, '', '', undefined).full];
  for (let index = 0; index < datasets; index++) {
    const rows = decodeRows(await context.read(context.input(`rows/${index}`)));
    for (const text of textsOf(rows, ['prompt', 'response'])) texts.push(text);
  }
  const { tokenizer, config } = wordTokenizer(texts, vocabulary);
  await context.write('file/tokenizer.json', tokenizer);
  await context.write('file/tokenizer_config.json', config);
}
