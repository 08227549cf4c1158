import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { paddingOf } from '../../../src/data/padding-token.js';

const ids: Record<string, number[]> = { '<pad>': [3], '</s>': [2], '<s>': [1], 'two words': [8, 9] };
const tokenizer = { encode: (text: string) => ids[text]! };
const of = (config: object | undefined) =>
  paddingOf(config && new TextEncoder().encode(JSON.stringify(config)), tokenizer);

test('prompts are padded with the padding token, else with what ends, else with what begins a sequence', () => {
  const all = { pad_token: '<pad>', eos_token: '</s>', bos_token: '<s>' };
  assert.equal(of(all), { token: 3, side: 'right' });
  assert.equal(of({ ...all, pad_token: null }), { token: 2, side: 'right' });
  assert.equal(of({ eos_token: { content: '</s>', lstrip: false }, bos_token: '<s>' }), { token: 2, side: 'right' });
  assert.equal(of({ bos_token: '<s>' }), { token: 1, side: 'right' });
});

test('a tokenizer that pads on the left says so', () => {
  assert.is(of({ pad_token: '<pad>', padding_side: 'left' }).side, 'left');
});

test('a tokenizer without any of them, and one whose token is several, are refused', () => {
  assert.throws(() => of({}), /names neither a padding token nor/);
  assert.throws(() => of(undefined), /names neither a padding token nor/);
  assert.throws(
    () => of({ pad_token: 'two words' }),
    /pad_token of tokenizer_config.json, "two words", is not one token/,
  );
});

test.run();
