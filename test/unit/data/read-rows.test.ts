import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataFile } from '../../../src/data/data-file.js';
import { dataFile as file, rowsOf as readRows, refusalOf as refusal } from './data-files.js';

// `printf '{"a":1}\n{"a":2}\n' | xz -9 --check=crc32 | base64`
const xz = '/Td6WFoAAAFpIt42AgAhARwAAAAQz1jMAQAPeyJhIjoxfQp7ImEiOjJ9CgBmwFoZAAEkEOlE2cyQQpkNAQAAAAABWVo=';

const rows = [{ a: 1 }, { a: 2 }];

test('JSON lines, plain and compressed, hold one row a line and may end with an empty one', async () => {
  const text = '{"a":1}\n\n{"a":2}\n';
  assert.equal(await readRows(file('x.jsonl', text)), rows);
  assert.equal(await readRows(file('X.JSONL.GZ', gzipSync(text))), rows);
  assert.equal(await readRows(file('x.ndjson', text)), rows);
});

test('a JSON file holds a list of rows', async () => {
  assert.equal(await readRows(file('x.json', '[{"a":1},{"a":2}]')), rows);
  assert.match((await refusal(file('x.json', '{"a":1}'))).message, /list of objects/);
});

test('CSV keeps quoted commas, quotes and line breaks; TSV splits at tabs', async () => {
  const text = '\ufeffgoal,target\r\n"a, ""b""\nc",d\r\n';
  assert.equal(await readRows(file('x.csv', text)), [{ goal: 'a, "b"\nc', target: 'd' }]);
  assert.equal(await readRows(file('x.tsv', 'a\tb\n1,5\t2\n')), [{ a: '1,5', b: '2' }]);
});

test('a broken line is named', async () => {
  assert.match((await refusal(file('x.jsonl', '{"a":1}\n{"a":\n'))).message, /^x\.jsonl:2: not JSON/);
  assert.match((await refusal(file('x.jsonl', '[1]\n'))).message, /^x\.jsonl:1: a row must be an object/);
  assert.match((await refusal(file('x.csv', 'a,b\n1,2,3\n'))).message, /^x\.csv: .*line 2/);
});

test('damaged compression, foreign formats and other encodings are refused by name', async () => {
  assert.match(
    (await refusal(file('x.jsonl.gz', gzipSync('{"a":1}\n').subarray(0, 12)))).message,
    /gz data is damaged/,
  );
  assert.match((await refusal(file('x.jsonl.xz', 'not xz'))).message, /xz data is damaged/);
  assert.match((await refusal(file('x.arrow', ''))).message, /not a dataset format/);
  assert.match(
    (await refusal(file('x.jsonl', Uint8Array.of(0x0a, 0xff)))).message,
    /^x\.jsonl:2: not UTF-8 text \(byte 2, 0xff\)/,
  );
  assert.match((await refusal(file('x.parquet', 'PAR1'))).message, /^x\.parquet: not a parquet file/);
});

test('xz-compressed JSON lines are read', async () => {
  assert.equal(await readRows(file('x.jsonl.xz', Buffer.from(xz, 'base64'))), rows);
});

test('parquet columns of text, numbers, 64-bit integers, booleans, lists and gaps become JSON rows', async () => {
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'text', data: ['a', 'ü'], type: 'STRING' },
      { name: 'wide', data: [1n, 2n ** 60n], type: 'INT64' },
      { name: 'safe', data: [true, false], type: 'BOOLEAN' },
      { name: 'ids', data: [[1, 2], [3]], type: 'JSON' },
      { name: 'score', data: [0.5, null], type: 'DOUBLE' },
    ],
  });
  assert.equal(await readRows(file('x.parquet', new Uint8Array(buffer))), [
    { text: 'a', wide: 1, safe: true, ids: [1, 2], score: 0.5 },
    { text: 'ü', wide: '1152921504606846976', safe: false, ids: [3], score: null },
  ]);
});

test('of a parquet file no more rows are decoded than are needed', async () => {
  const data = Array.from({ length: 2500 }, (_, index) => `row ${index}`);
  const buffer = parquetWriteBuffer({ columnData: [{ name: 'text', data, type: 'STRING' }], rowGroupSize: 1000 });
  let read = 0;
  const whole = file('x.parquet', new Uint8Array(buffer));
  const counted: DataFile = {
    ...whole,
    read: (offset, length) => {
      read += length;
      return whole.read(offset, length);
    },
  };
  for (const limit of [1, 1000, 1001]) {
    assert.equal(
      (await readRows(whole, { limit })).map(({ text }) => text),
      data.slice(0, limit),
    );
  }
  assert.is((await readRows(whole, { limit: 9999 })).length, 2500);
  await readRows(counted);
  const all = read;
  await readRows(counted, { limit: 10 });
  assert.ok(read - all < all, `${read - all} bytes instead of ${all}`);
});

test.run();
