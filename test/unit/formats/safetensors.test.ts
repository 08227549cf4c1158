import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { readParts } from '../../../src/formats/file-access.js';
import { parseSafetensorsHeader } from '../../../src/formats/safetensors-header.js';
import { readSafetensorsHeader, readTensor } from '../../../src/formats/safetensors-reader.js';
import { splitIntoShards, writeSafetensors } from '../../../src/formats/safetensors-writer.js';
import type { TensorInfo } from '../../../src/formats/tensor.js';
import { RandomStream } from '../../../src/linalg/philox.js';
import { cpuMilliseconds } from '../../cpu-time.js';

const test = suite<{ folder: string }>('safetensors', { folder: '' });
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'runflow-safetensors-'));
});
test.after.each((context) => rm(context.folder, { recursive: true }));

/** A file's bytes from header text and data. */
function fileOf(header: string, dataBytes: number): Uint8Array {
  const json = Buffer.from(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function parse(header: string, dataBytes: number) {
  return parseSafetensorsHeader(Buffer.from(header), dataBytes, 'model.safetensors');
}

async function failure(run: () => unknown): Promise<DataError> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, DataError);
    return error as DataError;
  }
  return assert.unreachable('no error') as never;
}

const tensors: readonly TensorInfo[] = [
  { name: 'b', dtype: 'BF16', shape: [3] },
  { name: 'a', dtype: 'F32', shape: [2, 3] },
  { name: 'scalar', dtype: 'F64', shape: [] },
  { name: 'none', dtype: 'F32', shape: [0, 7] },
  { name: 'mask "quoted" é', dtype: 'BOOL', shape: [5] },
];
const contents = new Map(tensors.map((tensor, i) => [tensor.name, i] as const));
const sizes: Record<string, number> = { b: 6, a: 24, scalar: 8, none: 0, 'mask "quoted" é': 5 };

function* source(tensor: TensorInfo) {
  const bytes = new Uint8Array(sizes[tensor.name]!).fill(contents.get(tensor.name)! + 1);
  yield bytes.subarray(0, 3);
  yield bytes.subarray(3);
}

test('what is written is read back, and equal tensors give equal bytes whatever their order', async ({ folder }) => {
  const first = join(folder, 'first.safetensors');
  const second = join(folder, 'second.safetensors');
  await writeSafetensors(first, tensors, source);
  await writeSafetensors(second, [...tensors].reverse(), source);
  assert.equal(await readFile(first), await readFile(second));
  const { metadata, tensors: read } = await readSafetensorsHeader(first);
  assert.equal([...metadata], [['format', 'pt']]);
  assert.is(read.length, tensors.length);
  for (const tensor of tensors) {
    const stored = read.find(({ name }) => name === tensor.name)!;
    assert.is(stored.dtype, tensor.dtype);
    assert.equal(stored.shape, tensor.shape);
    assert.equal(
      [...(await readTensor(first, stored))],
      new Array(sizes[tensor.name]!).fill(contents.get(tensor.name)! + 1),
    );
  }
  assert.is(read[0]!.offset % 8, 0);
  assert.equal(await readdir(folder), ['first.safetensors', 'second.safetensors']);
});

test('the bytes are those of the reference implementation for one small file', async ({ folder }) => {
  const file = join(folder, 'x.safetensors');
  await writeSafetensors(file, [{ name: 'x', dtype: 'U8', shape: [2] }], () => [Uint8Array.of(7, 8)]);
  const json = '{"__metadata__":{"format":"pt"},"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
  const padded = json.padEnd(Math.ceil(json.length / 8) * 8, ' ');
  assert.equal(
    [...(await readFile(file))],
    [...Uint8Array.of(padded.length, 0, 0, 0, 0, 0, 0, 0), ...Buffer.from(padded), 7, 8],
  );
});

test('a tensor is read in parts of a given size', async ({ folder }) => {
  const file = join(folder, 'x.safetensors');
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
  await writeSafetensors(file, [{ name: 'x', dtype: 'U8', shape: [1000] }], () => [bytes]);
  const [tensor] = (await readSafetensorsHeader(file)).tensors;
  const parts: Uint8Array[] = [];
  for await (const part of readParts(file, tensor!, 300)) parts.push(part);
  assert.equal(
    parts.map((part) => part.length),
    [300, 300, 300, 100],
  );
  assert.equal(Buffer.concat(parts), Buffer.from(bytes));
});

test('a writer that gets too few bytes fails and leaves nothing behind', async ({ folder }) => {
  const error = await failure(() =>
    writeSafetensors(join(folder, 'x.safetensors'), [{ name: 'w', dtype: 'F32', shape: [4] }], () => [
      new Uint8Array(12),
    ]),
  );
  assert.match(error.message, /tensor w got 12 bytes; its shape takes 16/);
  assert.equal(await readdir(folder), []);
});

test('shards keep the order and hold at most the given size, larger tensors alone', () => {
  const sized = (name: string, bytes: number): TensorInfo => ({ name, dtype: 'U8', shape: [bytes] });
  const shards = splitIntoShards([sized('a', 4), sized('b', 6), sized('c', 1), sized('d', 25), sized('e', 2)], 10);
  assert.equal(
    shards.map((shard) => shard.map(({ name }) => name).join('')),
    ['ab', 'c', 'd', 'e'],
  );
});

const entry = (fields: string) => `{"w":{${fields}}}`;
const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
const hostile: readonly (readonly [string, number, RegExp])[] = [
  [`{"w":{${good}},"w":{${good}}}`, 8, /key "w" stands twice/],
  [entry(`${good},"dtype":"F16"`), 8, /"dtype" stands twice/],
  [entry(`${good},"extra":1`), 8, /tensor w: unknown field "extra"/],
  [entry('"dtype":"F32","shape":[2]'), 8, /tensor w: its data_offsets are not two numbers/],
  [entry('"dtype":"F32","data_offsets":[0,8]'), 8, /tensor w: its shape is not a list/],
  [entry('"shape":[2],"data_offsets":[0,8]'), 8, /tensor w: its dtype is missing/],
  [entry('"dtype":"F4","shape":[2],"data_offsets":[0,1]'), 1, /tensor w: its dtype "F4" is not one/],
  [entry('"dtype":"constructor","shape":[2],"data_offsets":[0,8]'), 8, /"constructor" is not one/],
  [
    entry('"dtype":"F32","shape":[2],"data_offsets":[0,4]'),
    4,
    /tensor w: its data_offsets span 4 bytes, but F32 \[2\] takes 8/,
  ],
  [entry('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 8, /span -8 bytes/],
  [entry('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'), 8, /2\.0 is not an unsigned integer/],
  [entry('"dtype":"F32","shape":[2e0],"data_offsets":[0,8]'), 8, /2e0 is not an unsigned integer/],
  [entry('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8, /-2 is not an unsigned integer/],
  [entry('"dtype":"F32","shape":[02],"data_offsets":[0,8]'), 8, /expected \]/],
  [entry('"dtype":"F32","shape":[2],"data_offsets":[0,9007199254740993]'), 8, /cannot be held exactly/],
  [entry('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]'), 0, /larger than any file/],
  [entry('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'), 8, /its shape is not a list/],
  [entry('"dtype":"F32","shape":[[[[2]]]],"data_offsets":[0,8]'), 8, /nested deeper/],
  ['{"w":[]}', 0, /its header entry is not an object/],
  ['[]', 0, /does not begin with/],
  [' {}', 0, /does not begin with/],
  ['{} x', 0, /text after the end/],
  ['{', 0, /not valid/],
  ['{"w', 0, /closing quote/],
  ['{"a\u0001b":1}', 0, /control character/],
  ['{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0, /unprintable/],
  ['{"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0, /tensor name "" is empty/],
  [`{"a":{${good}},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12, /tensor b overlaps a by 4 bytes/],
  [
    `{"a":{${good}},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}`,
    20,
    /4 bytes between a and b belong to no tensor/,
  ],
  ['{"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}', 12, /4 bytes between the header and b/],
  [entry(good), 9, /1 bytes after the last tensor \(w\)/],
  [entry(good), 7, /truncated at tensor w: the header describes \d+ bytes, the file has \d+/],
  ['{"__metadata__":{"a":1}}', 0, /__metadata__ has a value that is not a string/],
  ['{"__metadata__":[]}', 0, /__metadata__ is not a map/],
];

test('each way to break a header is refused and named', async () => {
  for (const [header, dataBytes, message] of hostile) {
    assert.match((await failure(() => parse(header, dataBytes))).message, message, header);
  }
});

test('names of object internals are ordinary tensor names', () => {
  const header = parse(
    '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"toString":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
    2,
  );
  assert.equal(
    header.tensors.map(({ name }) => name),
    ['__proto__', 'toString'],
  );
});

const strangers: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
  ['an empty file', '', /the file is empty/],
  ['an LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n', /Git LFS pointer/],
  ['a web page', '\n<!DOCTYPE html><html><body>Access denied</body></html>', /web page/],
  ['a PyTorch zip', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0, 0), /zip archive/],
  ['a pickle', Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), /pickle/],
  ['a GGUF file', 'GGUF\u0003\0\0\0 and more', /GGUF/],
  ['a server message', '{"error":"Invalid username or password."}', /error message of a server/],
  ['zeros', new Uint8Array(64), /zero bytes/],
  ['three bytes', 'abc', /too few/],
  ['plain text', 'hello, this is a text without any sense', /its header would have \d+ bytes/],
  [
    'a cut header',
    fileOf(`{${' '.repeat(200)}}`, 0).subarray(0, 100),
    /truncated: the header ends at byte 210, the file has 100/,
  ],
  ['a wrong first byte', fileOf('[1,2,3]', 0), /no JSON object/],
];

test('a file that is something else is named for what it is', async ({ folder }) => {
  const file = join(folder, 'model.safetensors');
  for (const [name, bytes, message] of strangers) {
    await writeFile(file, bytes);
    const error = await failure(() => readSafetensorsHeader(file));
    assert.match(error.message, message, name);
    assert.ok(error.message.startsWith(file), name);
  }
});

test('a missing file is named with what is there instead', async ({ folder }) => {
  await writeFile(join(folder, 'model-00001-of-00002.safetensors'), '');
  const error = await failure(() => readSafetensorsHeader(join(folder, 'model.safetensors')));
  assert.match(error.message, /model\.safetensors: there is no such file/);
  assert.match(error.hint!, /model-00001-of-00002\.safetensors/);
  assert.match((await failure(() => readSafetensorsHeader(folder))).message, /a folder, not a file/);
});

test('20,000 mutated headers are read or refused with a DataError, quickly', async () => {
  const valid = Buffer.from(
    `{"__metadata__":{"format":"pt"},"a.weight":{${good}},"b":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]},"c":{"dtype":"I64","shape":[],"data_offsets":[14,22]}}  `,
  );
  const random = new RandomStream(1, 'mutations');
  const numbers = new Uint32Array(64);
  const tokens = [
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '0',
    '9',
    '-',
    '1e9',
    'null',
    '\u0000',
    '\u00ff',
    '[[[[',
    '{"a":',
    '"shape"',
    '9007199254740992',
    '\\u0000',
  ];
  let accepted = 0;
  let slowest = 0;
  for (let round = 0; round < 20_000; round++) {
    random.fill(numbers, round * 64);
    let header: Buffer = Buffer.from(valid);
    for (let i = 0; i < 1 + (numbers[0]! % 4); i++) {
      const at = numbers[4 * i + 1]! % header.length;
      const other = numbers[4 * i + 2]! % header.length;
      const kind = numbers[4 * i + 3]! % 5;
      if (kind === 0) header[at] = numbers[4 * i + 4]! & 0xff;
      else if (kind === 1) header[at] = header[at]! ^ (1 << (numbers[4 * i + 4]! % 8));
      else if (kind === 2) header = Buffer.concat([header.subarray(0, at), header.subarray(Math.max(at, other))]);
      else if (kind === 3)
        header = Buffer.concat([header.subarray(0, Math.max(at, other)), header.subarray(Math.min(at, other))]);
      else {
        const token = tokens[numbers[4 * i + 4]! % tokens.length]!;
        header = Buffer.concat([header.subarray(0, at), Buffer.from(token, 'latin1'), header.subarray(at)]);
      }
      if (header.length === 0) header = Buffer.from('{');
    }
    const start = cpuMilliseconds();
    try {
      parseSafetensorsHeader(header, 22, 'fuzzed');
      accepted++;
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
    slowest = Math.max(slowest, cpuMilliseconds() - start);
  }
  assert.ok(accepted > 0 && accepted < 10_000, `${accepted} accepted`);
  assert.ok(slowest < 500, `${slowest} ms`);
});

test('a header of many megabytes made to hurt is refused in linear time', async () => {
  const size = 3_000_000;
  for (const header of [
    '{"a":'.repeat(size / 5),
    `{${'"\\'.repeat(size / 2)}`,
    `{"${'\\'.repeat(size)}`,
    `{"a":${'['.repeat(size)}`,
    `{${' '.repeat(size)}`,
    `{"a":[${'0,'.repeat(size / 2)}0]}`,
    `{"a":[${'{},'.repeat(size / 3)}{}]}`,
    `{"a":${'9'.repeat(size)}}`,
  ]) {
    const start = cpuMilliseconds();
    await failure(() => parse(header, 0));
    assert.ok(cpuMilliseconds() - start < 2000, header.slice(0, 10));
  }
});

test.run();
