import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeRows, type Row } from '../../../src/data/row.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { Scores } from '../../../src/steps/scores.js';
import { importScores } from '../../../src/worker/steps/imported-scores.js';
import { MemoryContext } from './memory-context.js';

const rows = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];
const columns = { model: 'model', item: 'item', score: 'score' };

async function imported(
  scored: readonly Row[],
  params: JsonObject = {},
  items: readonly Row[] = rows,
): Promise<Scores> {
  const objects = new Map<string, Uint8Array>();
  const artifact = (all: readonly Row[]): Artifacts => {
    const bytes = encodeRows(all);
    objects.set(digestOf(bytes), bytes);
    return { rows: { digest: digestOf(bytes), bytes: bytes.length } };
  };
  const inputs = { rows: artifact(items), scored: artifact(scored) };
  const context = new MemoryContext({ model: 'tuned', columns, limit: null, ...params }, inputs, objects);
  await importScores(context);
  return JSON.parse(Buffer.from(objects.get(context.outputs.scores!.digest)!).toString()) as Scores;
}

const of = (item: string | number, score: string | number | null, model = 'tuned') => ({ model, item, score });

async function refusal(...given: Parameters<typeof imported>): Promise<string> {
  const error = await imported(...given).catch((thrown: unknown) => thrown);
  assert.instance(error, DataError);
  return `${(error as DataError).message}. ${(error as DataError).hint ?? ''}`;
}

test('scores of one model are put in the order of the items, by position or by a column', async () => {
  const others = [of(0, 9, 'base'), of(1, 9, 'base')];
  assert.equal(await imported([of(2, 0.5), ...others, of(0, 1), of(1, null)]), { values: [1, null, 0.5] });
  const byKey = [of('c', '0.25'), of('a', ''), of('b', '1e-3')];
  assert.equal(await imported(byKey, { id: 'key', bounds: [0, 1] }), { values: [null, 0.001, 0.25], bounds: [0, 1] });
  assert.equal(await imported([of(0, 1), of(1, 2), of(2, 3)], { limit: 2 }), { values: [1, 2] });
});

test('rows that are missing, twice there, of no item or of no model are told with their place', async () => {
  assert.match(await refusal([of(0, 1), of(2, 1)]), /no score of model tuned for item 1, row 2 of the dataset/);
  assert.match(await refusal([of(0, 1)]), /for item 1, row 2 of the dataset, nor for 1 more items/);
  assert.match(
    await refusal([of(0, 1), of(1, 1), of(2, 1), of(1, 2)]),
    /row 4: item 1 of model tuned has a score in row 2/,
  );
  assert.match(await refusal([of(0, 1), of(7, 1)]), /scores, row 2: the dataset has no item 7/);
  assert.match(
    await refusal([of(0, 1, 'base'), of(0, 1, 'other')]),
    /no score of model tuned\. There are scores of: base, other/,
  );
  const twice = [{ key: 'a' }, { key: 'a' }];
  assert.match(await refusal([of('a', 1)], { id: 'key' }, twice), /rows 1 and 2 of the dataset have the same key, a/);
});

test('what is no finite number, or out of range, is told with its row', async () => {
  for (const score of ['NaN', 'Infinity', '1e999', 'yes', '1,5', '-']) {
    assert.match(
      await refusal([of(0, 1), of(1, score)]),
      /scores, row 2: "score" is ".*", which is no finite number/,
      score,
    );
  }
  assert.match(await refusal([{ model: 'tuned', item: 0, score: true }]), /"score" is true, which is no finite number/);
  assert.match(
    await refusal([of(0, 1), of(1, 2)], { bounds: [0, 1] }),
    /row 2: "score" is 2, which is not in the range 0 to 1/,
  );
  assert.match(await refusal([{ model: 'tuned', item: 0 }]), /row 1: there is no column "score"/);
  assert.match(await refusal([{ item: 0, score: 1 }]), /row 1: there is no column "model"/);
});

test('a text is a score where it is a decimal number, and the number that it says', async () => {
  const three = (score: string | number) => [of(0, score), of(1, 1), of(2, 1)];
  for (const written of ['0x10', '0b1', '0o7', 'Infinity', '1_000', '1,5', ' ']) {
    assert.match(await refusal(three(written)), /scores, row 1: "score" is ".*", which is no finite number/);
  }
  assert.match(
    await refusal(three('9007199254740993')),
    /is 9007199254740993, an integer that no double holds exactly/,
  );
  assert.equal((await imported(three(' +.5 '))).values, [0.5, 1, 1]);
  assert.equal((await imported(three('-2.e1'))).values, [-20, 1, 1]);
});

test.run();
