import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataFile } from '../../../src/data/data-file.js';
import { dataLimits } from '../../../src/data/data-limits.js';
import { readRows } from '../../../src/data/read-rows.js';
import { RowSelection } from '../../../src/data/transform-rows.js';
import { dataFile, refusalOf, rowsOf } from './data-files.js';

/** Counts the bytes that are read of a file. */
function counting(file: DataFile): { readonly file: DataFile; bytes: number } {
  const counted = {
    bytes: 0,
    file: {
      ...file,
      read: (offset: number, length: number) => {
        counted.bytes += length;
        return file.read(offset, length);
      },
    },
  };
  return counted;
}

const limits = { ...dataLimits, textBytes: 1 << 20, rowCharacters: 1 << 16 };
/** Random digits hardly shrink: the packed file is larger than what is read of it. */
const digits = Array.from({ length: 80_000 }, () => randomBytes(50).toString('hex'));

test('unpacking stops at the limit, whatever follows', async () => {
  const packed = gzipSync(digits.map((d) => `{"a":"${d}"}\n`).join(''));
  assert.ok(packed.length > 3 << 20, String(packed.length));
  const counted = counting(dataFile('x.jsonl.gz', packed));
  const error = await refusalOf(counted.file, {}, limits);
  assert.match(error.message, /^x\.jsonl\.gz: it holds more text than a file may \(1 MiB\)/);
  assert.ok(counted.bytes < packed.length, `${counted.bytes} of ${packed.length} bytes read`);
});

test('a file that is larger than the limit is refused before it is read', async () => {
  const counted = counting({ ...dataFile('x.csv', ''), bytes: 3e9 });
  assert.match((await refusalOf(counted.file)).message, /more text than a file may \(512 MiB\)/);
  // Only what says that it is something else altogether.
  assert.ok(counted.bytes <= 512, String(counted.bytes));
});

test('of a file that is larger than the limit the beginning can be taken', async () => {
  const text = digits.map((d) => `{"a":"${d}"}\n`).join('');
  for (const file of [dataFile('x.jsonl', text), dataFile('x.jsonl.gz', gzipSync(text))]) {
    const counted = counting(file);
    const rows = [];
    for await (const batch of readRows(counted.file, { limit: 3 }, limits)) {
      rows.push(...batch);
      if (rows.length >= 3) break;
    }
    assert.equal(
      rows.slice(0, 3),
      digits.slice(0, 3).map((a) => ({ a })),
    );
    assert.ok(counted.bytes < file.bytes);
  }
});

test('a row longer than the limit is refused where it begins', async () => {
  const long = `"${'x'.repeat(70_000)}"`;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['x.jsonl', `{"a":1}\n{"a":${long}}\n`, /^x\.jsonl:2: more than the 65536 characters/],
    ['x.jsonl', ' '.repeat(70_000), /^x\.jsonl:1: more than the 65536 characters/],
    ['x.csv', `a,b\n1,${long}\n`, /^x\.csv:2: more than the 65536 characters/],
    ['x.json', `[{"a":1},{"a":${long}}]`, /^x\.json: item 2: more than the 65536 characters/],
    ['x.json', `{"data":[{"a":${long}}]}`, /^x\.json: item 1: more than the 65536 characters/],
    ['x.csv', `"${'x'.repeat(1_100_000)}`, /^x\.csv:1: the line that names the columns does not end/],
  ];
  for (const [name, text, message] of cases) {
    const error = await refusalOf(dataFile(name, text), {}, { ...limits, textBytes: 1 << 30 });
    assert.match(error.message, message);
  }
});

test('a dataset with more rows, or larger ones, than it may have is refused when it passes the limit', () => {
  for (const limit of [{ rows: 10 }, { characters: 85 }]) {
    const selection = new RowSelection({}, 'd', { ...dataLimits, ...limit });
    for (let row = 0; row < 10; row++) selection.add({ a: row });
    assert.throws(() => selection.add({ a: 10 }), /d: more than \d+ rows or \d+ characters of rows/);
  }
});

test('rows with many values are read within the limit of values', async () => {
  const row = `{"a":[${'1,'.repeat(999)}1]}`;
  assert.is((await rowsOf(dataFile('x.jsonl', row), {}, { ...dataLimits, values: 1002 })).length, 1);
  assert.match(
    (await refusalOf(dataFile('x.jsonl', row), {}, { ...dataLimits, values: 1001 })).message,
    /more than 1001/,
  );
});

test('the README states the limits as they are', () => {
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  const million = (count: number) => `${count / 1e6} million`;
  const { textBytes, rowCharacters, depth, rows, characters, rowGroupBytes, rowGroupValues } = dataLimits;
  for (const stated of [
    `A file may hold ${textBytes / 2 ** 20} MiB of text. A row may hold ${rowCharacters.toLocaleString('en')} characters`,
    `and ${depth} levels of lists and objects`,
    `a dataset ${million(rows)} rows and ${million(characters)} characters`,
    `row group may hold ${rowGroupBytes / 2 ** 30} GiB and ${million(rowGroupValues)} values`,
  ]) {
    assert.ok(readme.includes(stated), stated);
  }
});

test.run();
