import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maximumTokenizerBytes } from '../../../src/formats/tokenizer-files.js';
import { readTokenizerFiles } from '../../../src/worker/steps/tokenizer-input.js';

test('a tokenizer file that is too large is refused by name before it is read', async () => {
  let read = 0;
  const context = {
    read: async () => {
      read++;
      return new Uint8Array();
    },
  };
  const sized = (bytes: number) =>
    readTokenizerFiles(context, (name) =>
      name === 'tokenizer.json'
        ? { digest: `sha256:${'0'.repeat(64)}`, bytes, at: { file: '/models/base/tokenizer.json', offset: 0 } }
        : undefined,
    );
  assert.equal(Object.keys(await sized(maximumTokenizerBytes)), ['tokenizer.json']);
  assert.is(read, 1);
  try {
    await sized(maximumTokenizerBytes + 1);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /^\/models\/base\/tokenizer\.json: 134217729 bytes, more than/);
  }
  assert.is(read, 1);
});

test.run();
