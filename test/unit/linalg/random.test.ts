import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exp, log, power } from '../../../src/linalg/elementary.js';
import { fillNormal, normalQuantile } from '../../../src/linalg/normal.js';
import { philox4x32, RandomStream } from '../../../src/linalg/philox.js';

function block(counter: readonly [number, number, number, number], key: readonly [number, number]): string {
  const out = new Uint32Array(4);
  philox4x32(...counter, ...key, out);
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
}

test('Philox4x32-10 gives the known answers published with Random123', () => {
  assert.is(block([0, 0, 0, 0], [0, 0]), '6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  const ones = 0xffffffff;
  assert.is(block([ones, ones, ones, ones], [ones, ones]), '408f276d 41c83b0e a20bc7c6 6d5451fd');
  assert.is(
    block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  );
});

test('a stream can be entered anywhere and gives the same numbers', () => {
  const whole = new Uint32Array(50);
  new RandomStream(7, 'weights').fill(whole);
  for (let start = 0; start < 20; start++) {
    for (const length of [0, 1, 2, 3, 4, 5, 9, 17]) {
      const part = new Uint32Array(length);
      new RandomStream(7, 'weights').fill(part, start);
      assert.equal([...part], [...whole.subarray(start, start + length)]);
    }
  }
});

test('streams differ by name, by the low and by the high half of the seed', () => {
  const first = (seed: number, name: string) => {
    const out = new Uint32Array(1);
    new RandomStream(seed, name).fill(out);
    return out[0];
  };
  const values = new Set([
    first(1, 'a'),
    first(1, 'b'),
    first(2, 'a'),
    first(1 + 2 ** 32, 'a'),
    first(2 ** 53 - 1, 'a'),
  ]);
  assert.is(values.size, 5);
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) assert.throws(() => new RandomStream(seed, 'a'), /seed/);
});

test('log, exp and power agree with the engine to a few units in the last place', () => {
  for (let i = 1; i < 20000; i++) {
    const x = (i * 7919) / 10007 + i * 1e-9;
    assert.ok(Math.abs(log(x) - Math.log(x)) <= 4e-16 * Math.max(1, Math.abs(Math.log(x))), `log ${x}`);
    const y = (x % 1400) - 700;
    assert.ok(Math.abs(exp(y) / Math.exp(y) - 1) <= 1e-15 + 3e-16 * Math.abs(y) * 0.01, `exp ${y}`);
  }
  for (const x of [1e-300, 1e-10, 0.5, 1, 2, Math.E, 1e10, 1e300]) {
    assert.ok(Math.abs(log(x) - Math.log(x)) <= 4e-16 * Math.max(1, Math.abs(Math.log(x))), `log ${x}`);
  }
  assert.is(log(1), 0);
  assert.is(exp(0), 1);
  assert.ok(Math.abs(power(32, -0.7) - 32 ** -0.7) < 1e-16);
  assert.throws(() => log(0));
  assert.throws(() => log(-1));
  assert.throws(() => exp(Number.NaN));
});

test('the normal quantile gives tabulated values in the centre, the middle and the tail', () => {
  const table = [
    [0.5, 0],
    [0.25, -0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167814],
    [1e-20, -9.262340089798409],
  ] as const;
  for (const [p, x] of table) assert.ok(Math.abs(normalQuantile(p) - x) < 4e-15, `${p}`);
});

test('normal numbers have the moments of the normal distribution and fixed bits', () => {
  const count = 200_000;
  const x = new Float64Array(count);
  fillNormal(new RandomStream(3, 'moments'), x);
  const moment = (power: number) => x.reduce((sum, value) => sum + value ** power, 0) / count;
  // Standard errors: 1/√n, √2/√n, √15/√n, √96/√n; four of them allowed.
  const error = 4 / Math.sqrt(count);
  assert.ok(Math.abs(moment(1)) < error);
  assert.ok(Math.abs(moment(2) - 1) < error * Math.SQRT2);
  assert.ok(Math.abs(moment(3)) < error * Math.sqrt(15));
  assert.ok(Math.abs(moment(4) - 3) < error * Math.sqrt(96));
  const part = new Float64Array(5);
  fillNormal(new RandomStream(3, 'moments'), part, 4095);
  assert.equal([...part], [...x.subarray(4095, 4100)]);
});

test.run();
