import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatBytes, parseBytes } from '../../../src/formats/byte-size.js';

test('sizes are written in the largest unit that leaves a number of one or more', () => {
  const texts: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1023.99, '1 MiB'],
    [150.4 * 2 ** 20, '150 MiB'],
    [99.96 * 2 ** 30, '100 GiB'],
    [2 ** 40, '1 TiB'],
    [5 * 2 ** 60, '5120 PiB'],
  ];
  for (const [bytes, text] of texts) assert.is(formatBytes(bytes), text);
});

test('sizes are read with binary and decimal units', () => {
  const sizes: [string, number][] = [
    ['123', 123],
    ['123B', 123],
    ['1K', 1024],
    ['1KiB', 1024],
    ['1kB', 1000],
    [' 1.5 GiB ', 1.5 * 2 ** 30],
    ['2t', 2 * 2 ** 40],
    ['2TB', 2e12],
  ];
  for (const [text, bytes] of sizes) assert.is(parseBytes(text), bytes, text);
});

test('anything else is no size', () => {
  for (const text of ['', 'B', 'GiB', '-1', '1e3', '1,5 GiB', '1 iB', '5 Gigs', '99999999 PiB', '0x10', '1 G B']) {
    assert.is(parseBytes(text), undefined, text);
  }
});

test.run();
