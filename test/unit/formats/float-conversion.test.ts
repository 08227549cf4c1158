import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, fromFloat64, toFloat32, toFloat64 } from '../../../src/formats/float-conversion.js';

const everyPattern = Uint16Array.from({ length: 65536 }, (_, i) => i);
const patternBytes = new Uint8Array(everyPattern.buffer);

/** The value of an IEEE 754 binary format with the given mantissa bits and bias, from its definition. */
function patternValue(bits: number, mantissaBits: number, exponentBits: number): number {
  const sign = bits >>> 15 ? -1 : 1;
  const exponent = (bits >>> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = bits & (2 ** mantissaBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

const formats = [
  { dtype: 'F16', mantissaBits: 10, exponentBits: 5 },
  { dtype: 'BF16', mantissaBits: 7, exponentBits: 8 },
] as const;

for (const { dtype, mantissaBits, exponentBits } of formats) {
  test(`every ${dtype} pattern becomes exactly its value in f32`, () => {
    const values = toFloat32(patternBytes, dtype);
    for (let bits = 0; bits < 65536; bits++) {
      assert.ok(
        Object.is(values[bits], patternValue(bits, mantissaBits, exponentBits)),
        `${dtype} ${bits.toString(16)}`,
      );
    }
  });

  test(`every ${dtype} pattern survives f32 and back, NaNs as quiet NaNs of the same sign`, () => {
    const back = new Uint16Array(fromFloat32(toFloat32(patternBytes, dtype), dtype).buffer);
    for (let bits = 0; bits < 65536; bits++) {
      const nan = Number.isNaN(patternValue(bits, mantissaBits, exponentBits));
      assert.is(back[bits], nan ? bits | (1 << (mantissaBits - 1)) : bits);
    }
  });

  test(`f32 rounds to the nearest ${dtype}, ties to even, between all neighbours and beyond the largest`, () => {
    const infinity = (2 ** exponentBits - 1) << mantissaBits;
    const cases: number[] = [];
    const expected: number[] = [];
    const next = new Float32Array(1);
    const nextBits = new Uint32Array(next.buffer);
    for (let bits = 0; bits < infinity; bits++) {
      const low = patternValue(bits, mantissaBits, exponentBits);
      // What would follow the largest number, were the exponent range larger, decides where infinity begins.
      const high =
        bits + 1 === infinity
          ? 2 * 2 ** (2 ** (exponentBits - 1) - 1)
          : patternValue(bits + 1, mantissaBits, exponentBits);
      next[0] = low / 2 + high / 2;
      const tie = nextBits[0]!;
      for (const [pattern, result] of [
        [tie - 1, bits],
        [tie, bits % 2 === 0 ? bits : bits + 1],
        [tie + 1, bits + 1],
      ] as const) {
        cases.push(pattern, (pattern | 0x80000000) >>> 0);
        expected.push(result, result | 0x8000);
      }
    }
    const rounded = new Uint16Array(fromFloat32(new Float32Array(Uint32Array.from(cases).buffer), dtype).buffer);
    assert.equal(rounded, Uint16Array.from(expected));
  });
}

test('F64 rounds to the nearest f32 and back without loss', () => {
  const values = Float64Array.from([0, -0, 0.1, 1 / 3, 1e-46, 1e-45, 3.4e38, 1e39, -1e39]);
  const narrow = toFloat32(new Uint8Array(values.buffer), 'F64');
  for (let i = 0; i < values.length; i++) assert.ok(Object.is(narrow[i], Math.fround(values[i]!)));
  assert.equal(toFloat32(fromFloat32(narrow, 'F64'), 'F64'), narrow);
});

test('f64 numbers are rounded once: on which side of a tie they are is not lost on the way', () => {
  for (const dtype of ['BF16', 'F16'] as const) {
    const bits = dtype === 'BF16' ? [0x3f80, 0x0001, 0x0080, 0x4200, 0x7f7e] : [0x3c00, 0x0001, 0x0400, 0x5000, 0x7bfe];
    for (const low of bits) {
      const [a, b] = toFloat64(new Uint8Array(Uint16Array.from([low, low + 1]).buffer), dtype) as unknown as [
        number,
        number,
      ];
      const tie = (a + b) / 2;
      const nudge = (b - a) * 2 ** -40;
      const even = low % 2 === 0 ? low : low + 1;
      for (const [value, expected] of [
        [tie, even],
        [tie - nudge, low],
        [tie + nudge, low + 1],
        [a + nudge, low],
        [b - nudge, low + 1],
      ] as const) {
        for (const [sign, mask] of [
          [1, 0],
          [-1, 0x8000],
        ] as const) {
          const [found] = new Uint16Array(fromFloat64(Float64Array.of(sign * value), dtype).buffer);
          assert.is(found, expected | mask, `${dtype} ${low} ${value}`);
        }
      }
    }
    const [inf, negative, nan] = toFloat64(fromFloat64(Float64Array.of(1e300, -1e300, Number.NaN), dtype), dtype);
    assert.equal([inf, negative, nan], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  }
  assert.equal([...toFloat64(fromFloat64(Float64Array.of(0.1), 'F32'), 'F32')], [Math.fround(0.1)]);
  assert.equal([...toFloat64(fromFloat64(Float64Array.of(0.1), 'F64'), 'F64')], [0.1]);
});

test('bytes that do not start on a multiple of the element size are read all the same', () => {
  for (const dtype of ['F64', 'F32', 'F16', 'BF16'] as const) {
    const values = Float32Array.from([1.5, -2, 0.25]);
    const bytes = fromFloat32(values, dtype);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    assert.equal([...toFloat32(shifted.subarray(1), dtype)], [...values]);
  }
});

test.run();
