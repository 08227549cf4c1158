import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeCanonical } from '../../../src/formats/canonical.js';
import type { Json } from '../../../src/formats/json.js';

/** xorshift32: any sequence will do, as long as it is the same every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const texts = ['', 'a', 'b', 'ab', 's1:a', 'o1:', 'é', 'e\u0301', '𝒳', '\0', '1', 'null', 'a\nb', '__proto__'];
const numbers = [0, -0, 1, -1, 0.1, 1e-5, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53, 123456789];

function randomJson(random: (below: number) => number, depth: number): Json {
  switch (random(depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return numbers[random(numbers.length)]!;
    case 3:
    case 4:
      return texts[random(texts.length)]!;
    case 5:
      return Array.from({ length: random(4) }, () => randomJson(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random(4) }, () => [texts[random(texts.length)]!, randomJson(random, depth - 1)]),
      );
  }
}

/** The same value with the members of every object in another order. */
function reordered(value: Json, random: (below: number) => number): Json {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, member]) => [key, reordered(member, random)] as const);
  for (let last = entries.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [entries[last], entries[other]] = [entries[other]!, entries[last]!];
  }
  return Object.fromEntries(entries);
}

/** Equality of JSON values: −0 equals 0, member order does not count. */
function same(a: Json, b: Json): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]!))
    );
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const [left, right] = [a as Record<string, Json>, b as Record<string, Json>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key]!, right[key]!))
  );
}

test('values are encoded alike exactly when they are equal', () => {
  const random = generator(20240607);
  const seen = new Map<string, Json>();
  let distinct = 0;
  for (let round = 0; round < 20_000; round++) {
    const value = randomJson(random, 3);
    const text = encodeCanonical(value);
    const earlier = seen.get(text);
    if (earlier === undefined) distinct += 1;
    else assert.ok(same(earlier, value), `${JSON.stringify(earlier)} and ${JSON.stringify(value)}`);
    seen.set(text, value);
  }
  assert.ok(distinct > 3000, `only ${distinct} distinct values were tried`);
  const values = [...seen.values()].slice(0, 1500);
  for (const [index, value] of values.entries()) {
    for (const other of values.slice(0, index)) assert.not.ok(same(value, other));
  }
});

test('member order and the way a value was read do not count', () => {
  const random = generator(7);
  for (let round = 0; round < 2000; round++) {
    const value = randomJson(random, 4);
    assert.is(encodeCanonical(reordered(value, random)), encodeCanonical(value));
    assert.is(encodeCanonical(JSON.parse(JSON.stringify(value)) as Json), encodeCanonical(value));
  }
});

test('one number has one encoding however it was written', () => {
  assert.is(encodeCanonical(JSON.parse('[1e-5, -0, 1.0, 100]')), encodeCanonical([0.00001, 0, 1, 1e2]));
  assert.is(encodeCanonical(0.00001), 'd7:0.00001');
  assert.is.not(encodeCanonical(1), encodeCanonical('1'));
  assert.is.not(encodeCanonical(0.1 + 0.2), encodeCanonical(0.3));
});

test('no concatenation of parts reads as another', () => {
  assert.is.not(encodeCanonical(['ab', 'c']), encodeCanonical(['a', 'bc']));
  assert.is.not(encodeCanonical([['a'], 'b']), encodeCanonical([['a', 'b']]));
  assert.is.not(encodeCanonical({ a: 'b' }), encodeCanonical(['a', 'b']));
  assert.is.not(encodeCanonical({}), encodeCanonical([]));
  assert.is(encodeCanonical({ b: [null, true], a: 'é' }), 'o2:s1:as2:és1:ba2:nt');
});

test('what is no JSON value is refused instead of being taken for another', () => {
  const bad: unknown[] = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    undefined,
    1n,
    Symbol('x'),
    () => 1,
    new Date(0),
    new Map(),
    new Float32Array(1),
    '\uD800',
    'x\uDC00',
    { '\uD800': 1 },
    { a: undefined },
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    [1, , 2],
  ];
  for (const value of bad) {
    assert.throws(
      () => encodeCanonical(value as Json),
      (error: unknown) => error instanceof TypeError,
    );
    assert.throws(() => encodeCanonical([value] as Json));
  }
});

test.run();
