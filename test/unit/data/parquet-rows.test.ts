import { readFileSync } from 'node:fs';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dataLimits } from '../../../src/data/data-limits.js';
import { readRows } from '../../../src/data/read-rows.js';
import type { Row } from '../../../src/data/row.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import { dataFile, refusalOf, rowsOf } from './data-files.js';

/** Written by test/fixtures/parquet/make.py. */
const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../test/fixtures/parquet/${name}`, import.meta.url)));
const file = (name: string) => dataFile(name, fixture(name));

test('every type of a parquet file becomes JSON with all of its digits', async () => {
  const expected = Buffer.from(fixture('types.jsonl')).toString().trim().split('\n');
  const rows = expected.map((line) => JSON.parse(line) as Row);
  for (const name of ['types', 'types-plain', 'types-v2-zstd']) {
    const found = await rowsOf(file(`${name}.parquet`));
    assert.is(found.length, rows.length);
    for (const [index, row] of rows.entries()) {
      for (const column of Object.keys(row)) {
        const what = `${name}.parquet, row ${index + 1}, ${column}`;
        assert.is(JSON.stringify(found[index]![column]), JSON.stringify(row[column]), what);
      }
      assert.equal(Object.keys(found[index]!), Object.keys(row), name);
    }
  }
  const points = ['2020-01-02T03:04:05.123456789', '1969-12-31T23:59:59.999999999', null];
  assert.equal(
    await rowsOf(file('int96.parquet')),
    points.map((when) => ({ when })),
  );
  assert.equal(await rowsOf(file('uuid.parquet')), [{ id: '80000000-0000-0000-0000-000000000005' }]);
});

test('bytes that are no text, columns of one name and map keys that stand twice are refused by name', async () => {
  const error = await refusalOf(file('bytes.parquet'));
  assert.is(error.message, 'bytes.parquet: row 2, column "bytes": bytes that are no UTF-8 text');
  assert.match(error.hint!, /`columns`/);
  assert.equal(await rowsOf(file('bytes.parquet'), { columns: ['text'] }), [{ text: 'a' }, { text: 'b' }]);
  assert.match((await refusalOf(file('twice.parquet'))).message, /^twice\.parquet: two columns are called "x"/);
  assert.match((await refusalOf(file('twice-in-map.parquet'))).message, /row 1, column "map": .*the key "k" twice/);
  const missing = await refusalOf(file('bytes.parquet'), { columns: ['constructor'] });
  assert.match(missing.message, /there is no column "constructor"/);
  assert.is(missing.hint, 'The columns are: bytes, text.');
});

test('a row group beyond the limits is refused by what the footer says, before a page is read', async () => {
  for (const limits of [{ rowGroupBytes: 100 }, { rowGroupValues: 999_999 }, { rows: 999_999 }]) {
    let read = 0;
    const whole = file('run.parquet');
    const counted = {
      ...whole,
      read: (offset: number, length: number) => {
        if (offset === 4 || length < 8) read += length;
        return whole.read(offset, length);
      },
    };
    const error = await refusalOf(counted, {}, { ...dataLimits, ...limits });
    assert.match(error.message, /row group 1 is larger than one may be/);
    assert.is(read, 0);
  }
});

test('a page that says it holds more than it may is refused before it is unpacked', async () => {
  for (const name of ['types.parquet', 'types-plain.parquet', 'types-v2-zstd.parquet', 'run.parquet']) {
    const bytes = fixture(name);
    const chunk = parquetMetadata(bytes.buffer as ArrayBuffer).row_groups[0]!.columns[0]!.meta_data!;
    const page = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    // A thrift struct: field 1, the page's type, then field 2, its unpacked size as a zigzag varint.
    assert.equal([bytes[page], bytes[page + 2]], [0x15, 0x15], name);
    let end = page + 3;
    while (bytes[end]! & 0x80) bytes[end++] = 0xfe;
    bytes[end] = 0x7e;
    const tight = await refusalOf(dataFile(name, bytes), {}, { ...dataLimits, rowGroupBytes: 100 });
    assert.match(tight.message, /larger than one may be|a page says that it has/, name);
    assert.match((await refusalOf(dataFile(name, bytes))).message, /not a parquet file that can be read/, name);
  }
});

test('a parquet file with bytes that are wrong is rows or an error, and never anything else', async () => {
  let state = 7;
  const random = (below: number) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const name = ['types.parquet', 'types-plain.parquet', 'types-v2-zstd.parquet'][round % 3]!;
    const bytes = fixture(name);
    for (let flips = 0; flips < 2; flips++) bytes[random(bytes.length)] = random(256);
    try {
      await rowsOf(dataFile(name, bytes));
    } catch (error) {
      assert.instance(error, DataError, (error as Error).stack);
      refused++;
    }
  }
  assert.ok(refused > 50, String(refused));
});

/** The file with `from` at its only place there replaced by as many bytes. */
function patched(bytes: Uint8Array, from: readonly number[], to: readonly number[]): Uint8Array {
  const at = Buffer.from(bytes).indexOf(Buffer.from(from));
  assert.is.not(at, -1);
  assert.is(from.length, to.length);
  bytes.set(to, at);
  return bytes;
}

test('runs that say more values than their page has, or name words that their dictionary lacks, are refused', async () => {
  const data = Array.from({ length: 100 }, (_, index) => (index === 99 ? null : ['even', 'odd'][index % 2]!));
  const written = () => {
    const columnData = [{ name: 'a', data, type: 'STRING', nullable: true }] as const;
    return new Uint8Array(parquetWriteBuffer({ codec: 'UNCOMPRESSED', columnData: [...columnData] }));
  };
  assert.is((await rowsOf(dataFile('a.parquet', written()))).length, 100);
  // The levels: a run, twice 99 as a varint, of the level 1; then a packed group.
  const levels = patched(written(), [0xc6, 0x01, 0x01, 0x03], [0xfe, 0x7f, 0x01, 0x03]);
  assert.match((await refusalOf(dataFile('a.parquet', levels))).message, /a run of 8191 values where 100 are left/);
  // The words: one bit each, 13 packed groups; instead two bits each, and a run of 99 times word 3.
  const words = patched(written(), [0x01, 0x1b, 0xaa, 0xaa], [0x02, 0xc6, 0x01, 0x03]);
  assert.match((await refusalOf(dataFile('a.parquet', words))).message, /the value 3 where 1 is the largest/);
});

test('a long text that every row has is read row by row, and a row of many such texts is refused', async () => {
  const word = 'x'.repeat(10_000_000);
  const texts = Array.from({ length: 40 }, () => word);
  const bytes = parquetWriteBuffer({ columnData: [{ name: 'a', data: texts, type: 'STRING' }] });
  assert.ok(bytes.byteLength < 1e6, 'the text stands in a dictionary');
  const limits = { ...dataLimits, rowCharacters: 10_000_001 };
  const batches: number[] = [];
  for await (const batch of readRows(dataFile('a.parquet', new Uint8Array(bytes)), {}, limits))
    batches.push(batch.length);
  assert.is(
    batches.reduce((sum, rows) => sum + rows, 0),
    40,
  );
  assert.ok(Math.max(...batches) <= 2, `a batch of ${Math.max(...batches)} rows`);
  const error = await refusalOf(dataFile('a.parquet', new Uint8Array(bytes)), {}, { ...limits, rowCharacters: 9e6 });
  assert.match(error.message, /^a\.parquet: row 1, column "a": more than the 9000000 characters that a row may have/);
});

test('of a file with a page index the first rows are those of the whole', async () => {
  const whole = await rowsOf(file('types-v2-zstd.parquet'));
  for (const limit of [1, 2, 3]) {
    const found = await rowsOf(file('types-v2-zstd.parquet'), { limit, columns: ['list', 'word', 'map'] });
    const expected = whole.slice(0, limit).map(({ list, word, map }) => ({ list, word, map }));
    assert.is(JSON.stringify(found), JSON.stringify(expected));
  }
});

test.run();
