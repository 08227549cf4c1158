import { parquetWriteBuffer } from 'hyparquet-writer';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RunflowError } from '../../../src/diagnostics/errors.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { unpackTokenRows } from '../../../src/formats/token-rows.js';
import { mix } from '../../../src/steps/mix.js';
import { rows } from '../../../src/steps/rows.js';
import type { StepContract } from '../../../src/steps/step.js';
import { synthetic } from '../../../src/steps/synthetic.js';
import { tokenise } from '../../../src/steps/tokenise.js';
import { wordTokenizer } from '../../../src/steps/word-tokenizer.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { MemoryContext } from './memory-context.js';

const objects = new Map<string, Uint8Array>();

async function run(declaration: StepContract, params: JsonObject, inputs: Record<string, Artifacts> = {}) {
  const context = new MemoryContext(params, inputs, objects);
  await (await implementationOf(declaration.kind))(context);
  return context.outputs;
}

async function textOf(outputs: Artifacts, name: string): Promise<string> {
  return new TextDecoder().decode(objects.get(outputs[name]!.digest));
}

function integersOf(outputs: Artifacts, name: string): Int32Array {
  return new Int32Array(new Uint8Array(objects.get(outputs[name]!.digest)!).buffer);
}

async function failureOf(run: () => Promise<unknown>): Promise<string> {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown as RunflowError,
  );
  assert.instance(error, RunflowError, String(error));
  return `${error!.message} ${error!.hint}`;
}

async function problems(rows: number) {
  return run(synthetic, { what: { kind: 'problems', rows, seed: 1, split: 'train' }, transforms: {} });
}

test('files become rows in the order asked for, filtered and renamed', async () => {
  const source = new MemoryContext({}, {}, objects);
  await source.write('file/b.jsonl', Buffer.from('{"q":"3","ok":true}\n'));
  await source.write('file/a.jsonl', Buffer.from('{"q":"1","ok":true}\n{"q":"2","ok":false}\n'));
  await source.write('file/readme.md', Buffer.from('# no data'));
  const transforms = { where: { ok: true }, columns: { prompt: 'q' } };
  const byName = await run(rows, { transforms }, { files: source.outputs });
  assert.is(await textOf(byName, 'rows'), '{"prompt":"1"}\n{"prompt":"3"}\n');
  const chosen = await run(rows, { transforms, files: ['b.jsonl'] }, { files: source.outputs });
  assert.is(await textOf(chosen, 'rows'), '{"prompt":"3"}\n');
  const message = await failureOf(() => run(rows, { transforms, files: ['c.jsonl'] }, { files: source.outputs }));
  assert.match(message, /no file "c.jsonl" The files are: a.jsonl, b.jsonl, readme.md/);
});

test('the first rows of a split in several files are the first of all of them', async () => {
  const source = new MemoryContext({}, {}, objects);
  for (const [part, numbers] of [
    [1, [4, 5]],
    [0, [1, 2, 3]],
    [2, [6]],
  ] as const) {
    const columnData = [{ name: 'n', data: [...numbers], type: 'INT32' as const }];
    await source.write(`file/default/train/000${part}.parquet`, new Uint8Array(parquetWriteBuffer({ columnData })));
  }
  const numbers = async (transforms: JsonObject) => {
    const text = await textOf(await run(rows, { transforms }, { files: source.outputs }), 'rows');
    return text.match(/\d+/g)!.map(Number);
  };
  assert.equal(await numbers({}), [1, 2, 3, 4, 5, 6]);
  assert.equal(await numbers({ skip: 1, take: 3 }), [2, 3, 4]);
  assert.equal(await numbers({ where: { n: [3, 6] }, take: 2 }), [3, 6]);
  assert.equal((await numbers({ shuffle: 42, take: 6 })).sort(), [1, 2, 3, 4, 5, 6]);
  assert.match(await failureOf(() => numbers({ take: 7 })), /7 rows are asked for, there are 6/);
});

test('a mix by shares has the exact total, a mix by counts takes what it says', async () => {
  const useful = await problems(30);
  const unsafe = await run(synthetic, {
    what: { kind: 'vaults', rows: 10, seed: 1, answer: 'comply', vaults: [1, 10] },
    transforms: {},
  });
  const inputs = { 'part/0': { rows: useful.rows! }, 'part/1': { rows: unsafe.rows! } };
  const lines = async (params: JsonObject) => (await textOf(await run(mix, params, inputs), 'rows')).trim().split('\n');
  const byShare = await lines({
    parts: [
      { name: 'useful', share: 0.8 },
      { name: 'unsafe', share: 0.2 },
    ],
    total: 20,
    transforms: {},
  });
  assert.is(byShare.length, 20);
  assert.is(byShare.filter((line) => line.includes('code')).length, 4);
  const byCount = await lines({
    parts: [
      { name: 'useful', count: 'all' },
      { name: 'unsafe', count: 6 },
    ],
    transforms: {},
  });
  assert.is(byCount.length, 36);
});

test('rows become token ids by the tokenizer made of their own words', async () => {
  const data = await problems(25);
  const template = { prompt: 'user : {prompt} assistant :', response: ' {response}' };
  const files = await run(wordTokenizer, { vocabulary: 96, datasets: 1, template }, { 'rows/0': { rows: data.rows! } });
  const model = new MemoryContext({}, {}, objects);
  await model.write('file/config.json', Buffer.from('{"vocab_size":96}'));
  const params = { dataset: 'problems', template, maxLength: 64, overlong: 'error', lossOn: 'response', eos: true };
  const outputs = await run(tokenise, params, {
    rows: { rows: data.rows! },
    config: { one: model.outputs['file/config.json']! },
    'tokenizer.json': { one: files['file/tokenizer.json']! },
    'tokenizer_config.json': { one: files['file/tokenizer_config.json']! },
  });
  const unpacked = unpackTokenRows({
    inputIds: integersOf(outputs, 'input-ids'),
    labels: integersOf(outputs, 'labels'),
    offsets: integersOf(outputs, 'offsets'),
  });
  assert.is(unpacked.length, 25);
  assert.ok(
    unpacked.every((row) => row.inputIds.at(-1) === 1 && row.labels.filter((label) => label >= 0).length === 6),
  );
  assert.ok(
    unpacked.every((row) => !row.inputIds.includes(2)),
    'no word is unknown',
  );
  const summary = JSON.parse(await textOf(outputs, 'summary'));
  assert.equal([summary.rows, summary.targets, summary.truncated], [25, 150, 0]);
});

test.run();
