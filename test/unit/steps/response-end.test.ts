import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import { type RunningModel, responseEnd } from '../../../src/worker/steps/running-model.js';
import { MemoryContext } from './memory-context.js';

const fixture = new URL('../../../../test/fixtures/data/tokenizers.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: { name: string; definition: object }[] };
const { definition } = cases.find(({ name }) => name === 'bpe fallback')!;
const bytes = (value: object) => Buffer.from(JSON.stringify(value));

/** Ends for a model whose config.json names 300; its tokenizer's end of sequence is <s>, 1, and </s> is 2. */
async function endOf(turnEnd: string, conversation: boolean) {
  const chat_template = `{% for m in messages %}[{{ m.role }}]{{ m.content }}${turnEnd}{% endfor %}`;
  const config = { eos_token: '<s>', chat_template };
  const tokenizer = loadTokenizer({ 'tokenizer.json': bytes(definition), 'tokenizer_config.json': bytes(config) });
  const model = { artifacts: {}, decoder: { config: { endTokens: [300] } } } as unknown as RunningModel;
  const { tokens, text } = await responseEnd(new MemoryContext({}), model, tokenizer, conversation);
  return { tokens: [...tokens].sort((a, b) => a - b), text };
}

test('in a conversation a response ends at what the chat template closes a turn by, beside the ends that files name', async () => {
  assert.equal(await endOf('</s>\n', true), { tokens: [1, 2, 300], text: undefined });
  assert.equal(await endOf('</s>\n', false), { tokens: [1, 300], text: undefined });
  assert.equal(await endOf('<s>', true), { tokens: [1, 300], text: undefined });
});

test('a turn that a chat template closes by a text ends at that text, and one that it does not close at none', async () => {
  assert.equal(await endOf('\n### End\n', true), { tokens: [1, 300], text: '### End' });
  assert.equal(await endOf('\n\n', true), { tokens: [1, 300], text: undefined });
});

test.run();
