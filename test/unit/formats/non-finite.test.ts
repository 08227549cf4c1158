import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import { NonFiniteScan } from '../../../src/formats/non-finite.js';

const test = suite('Scan for numbers that are not finite');

for (const type of ['F64', 'F32', 'F16', 'BF16'] as const) {
  test(`NaN and infinities of ${type} are found wherever the parts are cut`, () => {
    const values = Float32Array.of(0, -1, Number.NaN, 3, Number.POSITIVE_INFINITY, 1e-8, Number.NEGATIVE_INFINITY, -0);
    const bytes = fromFloat32(values, type);
    for (let length = 1; length <= bytes.length; length++) {
      const scan = new NonFiniteScan(type);
      for (let at = 0; at < bytes.length; at += length) scan.add(bytes.subarray(at, at + length));
      assert.equal([scan.count, scan.first], [3, 2], `parts of ${length} bytes`);
    }
  });

  test(`the largest and the smallest numbers of ${type} are finite`, () => {
    const largest = { F64: 3.4028234663852886e38, F32: 3.4028234663852886e38, F16: 65504, BF16: 3.3895313892515355e38 };
    const scan = new NonFiniteScan(type);
    scan.add(fromFloat32(Float32Array.of(largest[type], -largest[type], 1e-45, 0), type));
    assert.equal([scan.count, scan.first], [0, undefined]);
  });
}

test('integers are always finite', () => {
  const scan = new NonFiniteScan('I32');
  scan.add(new Uint8Array(16).fill(0xff));
  assert.is(scan.count, 0);
});

test.run();
