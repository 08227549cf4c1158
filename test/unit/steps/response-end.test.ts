import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import { type RunningModel, responseEnd } from '../../../src/worker/steps/running-model.js';
import { MemoryContext } from './memory-context.js';

const fixture = new URL('../../../../test/fixtures/data/tokenizers.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: { name: string; definition: object }[] };
const { definition } = cases.find(({ name }) => name === 'bpe fallback')!;
const bytes = (value: object) => Buffer.from(JSON.stringify(value));

/** Ends for a model whose config.json names 300; its tokenizer's end of sequence is <s>, 1, and </s> is 2. */
async function endOf(turnEnd: string, conversation: boolean, generation?: object) {
  const chat_template = `{% for m in messages %}[{{ m.role }}]{{ m.content }}${turnEnd}{% endfor %}`;
  const config = { eos_token: '<s>', chat_template };
  const tokenizer = loadTokenizer({ 'tokenizer.json': bytes(definition), 'tokenizer_config.json': bytes(config) });
  const context = new MemoryContext({});
  const artifacts =
    generation === undefined ? {} : { 'file/generation_config.json': await context.write('file', bytes(generation)) };
  const model = { artifacts, decoder: { config: { endTokens: [300] } } } as unknown as RunningModel;
  const { tokens, text } = await responseEnd(context, model, tokenizer, conversation);
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

test('the ends of generation_config.json are one id or a list, and what is neither is refused in words', async () => {
  const ends = async (eos_token_id: unknown) => (await endOf('', false, { eos_token_id })).tokens;
  assert.equal(await ends(7), [1, 7, 300]);
  assert.equal(await ends([7, 8]), [1, 7, 8, 300]);
  assert.equal(await ends(null), [1, 300]);
  for (const [value, told] of [
    ['2', 'holds "2", which'],
    [[7, 2.5], 'holds 2.5, which'],
    [{ id: 2 }, 'holds an object, which'],
    [[[2]], 'holds a list in a list, which'],
  ] as const) {
    try {
      await ends(value);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, DataError);
      assert.match((error as DataError).message, told);
      assert.match((error as DataError).hint!, /one id or a list of ids/);
    }
  }
});

test.run();
