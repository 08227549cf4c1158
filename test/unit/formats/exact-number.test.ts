import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exactNumber } from '../../../src/formats/exact-number.js';
import { JsonSyntaxError, parseDataJson } from '../../../src/formats/strict-json.js';

/** A decimal number as an integer times a power of ten; `places` after the point are made equal by the caller. */
function fraction(written: string): { readonly integer: bigint; readonly exponent: number } {
  const [mantissa, exponent = '0'] = written.toLowerCase().split('e') as [string, string?];
  const [whole, places = ''] = mantissa.split('.') as [string, string?];
  return { integer: BigInt(whole + places), exponent: Number(exponent) - places.length };
}

/** Equality of decimals by whole numbers alone. */
function sameNumber(one: string, other: string): boolean {
  const [a, b] = [fraction(one), fraction(other)];
  const least = Math.min(a.exponent, b.exponent);
  return a.integer * 10n ** BigInt(a.exponent - least) === b.integer * 10n ** BigInt(b.exponent - least);
}

test('a number stays one exactly where writing it again gives the same number', () => {
  const random = (below: number) => Math.floor(Math.random() * below);
  const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
  let [numbers, texts] = [0, 0];
  for (let round = 0; round < 20_000; round++) {
    const whole = `${random(2) ? '-' : ''}${1 + random(9)}${digits(random(20))}`;
    const written = `${whole}${random(3) ? `.${digits(1 + random(20))}` : ''}${random(3) ? '' : `e${random(60) - 30}`}`;
    const given = exactNumber(written);
    if (typeof given === 'string') {
      texts++;
      assert.is(given, written);
      const integer = !/[.e]/.test(written);
      const safe = integer && BigInt(written) ** 2n < 2n ** 106n;
      assert.not(integer ? safe : sameNumber(String(Number(written)), written), `${written} is a text without need`);
    } else {
      numbers++;
      assert.ok(sameNumber(String(given), written), `${written} became ${given}`);
    }
  }
  assert.ok(numbers > 1000 && texts > 1000, `${numbers} numbers, ${texts} texts`);
});

test('the ends of the range are texts rather than other numbers', () => {
  for (const written of [
    '9007199254740992',
    '-9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    `0.${'1'.repeat(500)}`,
  ]) {
    assert.is(exactNumber(written), written);
  }
  assert.is(exactNumber('9007199254740991'), Number.MAX_SAFE_INTEGER);
  assert.is(exactNumber('5e-324'), 5e-324);
  assert.is(exactNumber('1.7976931348623157e308'), Number.MAX_VALUE);
  assert.is(exactNumber('0e99999'), 0);
  assert.is(exactNumber('1.50'), 1.5);
});

test('data in JSON keeps members of every name, refuses two of one, and is no deeper than allowed', () => {
  const options = { depth: 3 };
  const value = parseDataJson('{"__proto__":{"constructor":1},"toString":[null,true]}', options);
  assert.is(JSON.stringify(value), '{"__proto__":{"constructor":1},"toString":[null,true]}');
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  for (const text of [
    '{"a":1,"a":1}',
    '{"__proto__":1,"__proto__":1}',
    '{"a":[[[1]]]}',
    '{"a":"\\udc00"}',
    '[01]',
    '[1,]',
  ]) {
    assert.throws(
      () => parseDataJson(text, options),
      (error: Error) => error instanceof JsonSyntaxError,
      text,
    );
  }
  assert.is(parseDataJson('"\\ud83d\\ude42"', options), '🙂');
});

test.run();
