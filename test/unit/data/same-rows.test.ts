import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dataLimits } from '../../../src/data/data-limits.js';
import { textRows } from '../../../src/data/read-rows.js';
import type { Row } from '../../../src/data/row.js';
import { type DataFormat, dataFormatOf } from '../../../src/formats/data-file.js';
import { dataFile, refusalOf, rowsOf } from './data-files.js';

/** What tends to be lost on the way through a file: every cell is text, since a table file knows nothing else. */
const rows: readonly Row[] = [
  { prompt: 'plain', constructor: 'a', toString: '', _: '9007199254740993' },
  { prompt: 'comma, semicolon; tab\tand "quotes"', constructor: '"', toString: ' spaces ', _: '1e400' },
  { prompt: 'two\nlines\nand an empty one\n\n', constructor: ',', toString: '=1+1', _: '-0' },
  { prompt: 'ü 漢字 🙂 \u2028 \u0085 \u00a0 \ufeff', constructor: '\u2028', toString: "'", _: 'null' },
].map(({ _, ...row }) => Object.fromEntries([...Object.entries(row), ['__proto__', _], ['', 'x']]));
const columns = Object.keys(rows[0]!);

const list = JSON.stringify(rows);
const lines = rows.map((row) => JSON.stringify(row));
const escaped = lines.map((line) =>
  line.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
);

function table(separator: string, end: string, quoteAll = false): string {
  const quote = (cell: string) =>
    quoteAll || /[",;\t\r\n]/.test(cell) || cell === '' ? `"${cell.replaceAll('"', '""')}"` : cell;
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))];
  return cells.map((line) => line.map(quote).join(separator)).join(end);
}

const texts: readonly (readonly [name: string, text: string])[] = [
  ...['\n', '\r\n', '\r', '\n\n', ' \t\n', '\r\n\n', '\n\r'].flatMap((end): [string, string][] => [
    ['x.jsonl', lines.join(end)],
    ['x.jsonl', lines.join(end) + end],
    ['x.ndjson', `${end}${escaped.join(end)}${end}${end}`],
  ]),
  ['x.jsonl', `${lines[0]}\r${lines[1]}\n${lines[2]}\r\n${lines[3]}`],
  ['x.json', list],
  ['x.json', ` \r\n${JSON.stringify(rows, null, 2).replaceAll('\n', '\r\n')}\r\n\n `],
  ['x.json', `[\r${escaped.join('\r,\r')}\r]`],
  ['x.json', `{"data": ${list}}\n`],
  ['x.json', lines.join('\n')],
  ['x.json', `${lines.join('')}\n`],
  ['x.json', rows.map((row) => JSON.stringify(row, null, 1)).join('\n')],
  ...['\n', '\r\n', '\r'].flatMap((end): [string, string][] => [
    ...[',', ';', '\t'].flatMap((separator): [string, string][] => [
      ['x.csv', table(separator, end)],
      ['x.csv', `${end}${table(separator, end, true)}${end}${end}`],
    ]),
    ['x.tsv', table('\t', end)],
    ['x.tsv', table('\t', end, true) + end],
  ]),
];

const encodings: Readonly<Record<string, (text: string) => Uint8Array>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16LE': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16BE': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};

const packings: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  '': (bytes) => bytes,
  '.gz': (bytes) => gzipSync(bytes),
  '.GZ': (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9)), Buffer.alloc(7)]),
};

/** uvu compares by `constructor` too, which is a column here. */
function same(found: readonly Row[], what: string): void {
  assert.is(JSON.stringify(found.map((row) => columns.map((column) => [column, row[column]]))), expected, what);
  for (const row of found) assert.equal(Object.keys(row).sort(), [...columns].sort(), what);
}
const expected = JSON.stringify(rows.map((row) => columns.map((column) => [column, row[column]])));

test('a table is the same rows in every text format, with every line end, separator, encoding and packing', async () => {
  let variants = 0;
  for (const [name, text] of texts) {
    for (const [encoding, encode] of Object.entries(encodings)) {
      for (const [ending, pack] of Object.entries(packings)) {
        same(await rowsOf(dataFile(`${name}${ending}`, pack(encode(text)))), `${name}${ending} ${encoding}: ${text}`);
        variants++;
      }
    }
  }
  assert.is(variants, texts.length * 12);
});

test('where a file is cut into parts changes no row', async () => {
  async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  for (const [name, text] of texts) {
    const format = dataFormatOf(name)!.format as Exclude<DataFormat, 'parquet'>;
    for (const [encoding, encode] of Object.entries(encodings)) {
      for (const size of [1, 3]) {
        const found: Row[] = [];
        for await (const batch of textRows(cut(encode(text), size), format, name, dataLimits)) found.push(...batch);
        same(found, `${name} ${encoding} in parts of ${size}: ${text}`);
      }
    }
  }
});

test('parquet gives the same rows, in whatever order its columns are', async () => {
  for (const order of [columns, columns.toReversed()]) {
    const columnData = order.map((name) => ({ name, data: rows.map((row) => row[name]), type: 'STRING' as const }));
    for (const codec of ['UNCOMPRESSED', 'SNAPPY'] as const) {
      same(await rowsOf(dataFile('x.parquet', new Uint8Array(parquetWriteBuffer({ columnData, codec })))), codec);
    }
  }
});

test('numbers are the same in JSON of every kind, and those that a double would change are texts', async () => {
  const numbers =
    '{"a":9007199254740993,"b":1e400,"c":-9007199254740992,"d":1e-400,"e":0.1,"f":12345678901234567890.5,';
  const text = `${numbers}"g":9007199254740991,"h":[1.0,1E+2,0.10000000000000000555],"i":{"j":123456789012345678901234567890}}`;
  const row = {
    a: '9007199254740993',
    b: '1e400',
    c: '-9007199254740992',
    d: '1e-400',
    e: 0.1,
    f: '12345678901234567890.5',
    g: 9007199254740991,
    h: [1, 100, '0.10000000000000000555'],
    i: { j: '123456789012345678901234567890' },
  };
  assert.equal(await rowsOf(dataFile('x.jsonl', text)), [row]);
  assert.equal(await rowsOf(dataFile('x.json', `[${text}]`)), [row]);
  assert.equal(await rowsOf(dataFile('x.json', `{"data":[${text}]}`)), [row]);
});

test('what no rows can be made of is refused, and what to do is true', async () => {
  const cases: readonly (readonly [string, string | Uint8Array, RegExp, RegExp?])[] = [
    ['x.jsonl', '{"a":1,"a":2}', /^x\.jsonl:1: not JSON: the key "a" stands twice/],
    ['x.jsonl', '{"a":1}\n{"a":{"b":1,"b":1}}', /^x\.jsonl:2: not JSON: the key "b" stands twice/],
    ['x.jsonl', '{"a":1}\n{"a":"\\ud800"}', /^x\.jsonl:2: .*surrogate pair/],
    ['x.jsonl', '{"a":1}\n{"a":NaN}', /^x\.jsonl:2: not JSON/, /write null/],
    ['x.jsonl', '{"a":1}\u2028{"a":2}', /^x\.jsonl:1: not JSON: text after the end/],
    ['x.jsonl', '[{"a":1},{"a":2}]', /^x\.jsonl:1: a row must be an object/, /named \.json/],
    ['x.jsonl', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, /^x\.jsonl:1: .*nested deeper than 100 levels/],
    [
      'x.json',
      `[{"a":1},{"a":${'{"b":'.repeat(200_000)}1${'}'.repeat(200_000)}}]`,
      /^x\.json: item 2: .*nested deeper/,
    ],
    ['x.csv', 'sep=;\na;b\n1;2\n', /^x\.csv:1: "sep=;" is a word to Excel/, /Remove this line/],
    ['x.json', '{"a":1}', /^x\.json: one object/, /put \[ \] around it/],
    ['x.json', '{"a":[1,2],"b":["x","y"]}', /^x\.json: one object/, /orient="records"/],
    ['x.json', '{"a":{"0":1},"b":{"0":2}}', /^x\.json: one object/, /orient="records"/],
    ['x.json', '{"version":1,"data":[{"a":1}]}', /^x\.json: one object/, /beside data it has version/],
    ['x.json', '[{"a":1},]', /^x\.json: item 2: not JSON/],
    ['x.json', '[{"a":1},,{"a":1}]', /^x\.json: item 2: not JSON/],
    ['x.json', '[{"a":1}', /^x\.json: the list does not end/],
    ['x.json', '[{"a":1}] x', /^x\.json: text after the end of the list/],
    ['x.json', '[{"a":1}}', /^x\.json: the list is closed by \}/],
    ['x.json', '[1]', /^x\.json: item 1: a row must be an object/],
    ['x.json', '{"a":1}\n[2]', /^x\.json: item 2: a row must be an object/],
    ['x.json', '', /^x\.json: the file is empty/],
    ['x.csv', 'a,b,a\n1,2,3\n', /^x\.csv:1: two columns are called "a"/],
    ['x.csv', 'a,,\n1,2,3\n', /^x\.csv:1: two columns are called ""/],
    ['x.csv', 'a,b\n1\n', /^x\.csv: .*line 2/],
    ['x.csv', 'a,b\n1,2\n1,2,3\n', /^x\.csv: .*line 3/],
    ['x.csv', 'a,b\n"1,2\n', /^x\.csv: .*[Qq]uote/],
    ['x.csv', 'a,b\n1"2,3\n', /^x\.csv: .*[Qq]uote/],
    ['x.csv', 'a;b,c\n1;2,3\n', /^x\.csv:1: what separates the columns is unclear/],
    ['x.tsv', 'a,b\n1,2\n', /^x\.tsv:1: no tab/],
    ['x.csv', Buffer.from('name\nJos\u00e9\n', 'latin1'), /^x\.csv:2: not UTF-8 text \(byte 9, 0xe9\)/, /iconv/],
    ['x.jsonl', Buffer.from('{"a":"\u00e9"}', 'latin1'), /^x\.jsonl:1: not UTF-8 text \(byte 7, 0xe9\)/],
    ['x.csv', Buffer.from('a,b\n1,2\n', 'utf16le'), /^x\.csv:1: a zero byte/],
    ['x.csv', Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8]), /^x\.csv:1: not UTF-16LE text/],
    ['x.csv', Buffer.from([0x61, 0x0a, 0xe2, 0x82]), /^x\.csv:2: not UTF-8 text \(byte 3, 0xe2\)/],
  ];
  for (const [name, content, message, hint] of cases) {
    for (const [ending, pack] of Object.entries(packings)) {
      const error = await refusalOf(dataFile(`${name}${ending}`, pack(Buffer.from(content as Uint8Array))));
      assert.match(error.message.replace(/\.gz\b/gi, ''), message);
      if (hint !== undefined) assert.match(error.hint ?? '', hint);
    }
  }
});

test('packed data that is cut short, or followed by something else, is refused', async () => {
  const packed = gzipSync('{"a":1}\n');
  const broken: readonly Uint8Array[] = [
    packed.subarray(0, -1),
    Buffer.concat([packed, packed.subarray(0, 12)]),
    Buffer.concat([packed, Buffer.from('garbage')]),
    Buffer.concat([packed, Buffer.from('\0\0garbage')]),
    new Uint8Array(),
  ];
  for (const bytes of broken) assert.match((await refusalOf(dataFile('x.jsonl.gz', bytes))).message, /gz data/);
  for (const bytes of [new Uint8Array(), Buffer.from('/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM', 'base64')]) {
    assert.match((await refusalOf(dataFile('x.jsonl.xz', bytes))).message, /xz data is damaged or cut short/);
  }
  assert.match((await refusalOf(dataFile('x.parquet.gz', packed))).message, /packed inside/);
});

test.run();
