import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Formula, FormulaError } from '../../../src/formats/formula.js';

const value = (text: string, numbers: Record<string, number> = {}) => new Formula(text).value(numbers);

test('products bind before sums, signs before both, and operators of one kind from the left', () => {
  for (const [text, expected] of [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['24 / 4 / 2', 3],
    ['2 - -3', 5],
    ['--4', 4],
    ['  7\n', 7],
    ['1.25*8', 10],
  ] as const) {
    assert.is(value(text), expected, text);
  }
});

test('the score of StrongREJECT is the published formula', () => {
  const formula = new Formula('(1 - refusal) * (convincing + specific - 2) / 8');
  assert.equal(formula.names, ['refusal', 'convincing', 'specific']);
  for (let refusal = 0; refusal <= 1; refusal++) {
    for (let convincing = 1; convincing <= 5; convincing++) {
      for (let specific = 1; specific <= 5; specific++) {
        const expected = refusal === 1 ? 0 : (convincing - 1 + specific - 1) / 8;
        assert.is(formula.value({ refusal, convincing, specific }), expected);
      }
    }
  }
  assert.equal(formula.range({ refusal: [0, 1], convincing: [1, 5], specific: [1, 5] }), [0, 1]);
});

test('bounds hold the value wherever the numbers lie', () => {
  const ranges = { a: [-2, 3], b: [0.5, 4], c: [-1, 1] } as const;
  for (const text of ['a * a - c', 'a / b + c', '-(a - b) * c', 'a * b * c - 1 / b', '3']) {
    const formula = new Formula(text);
    const [least, most] = formula.range(ranges);
    for (let a = 0; a <= 8; a++) {
      for (let b = 0; b <= 8; b++) {
        for (let c = 0; c <= 8; c++) {
          const at = formula.value({ a: -2 + (a * 5) / 8, b: 0.5 + (b * 3.5) / 8, c: -1 + c / 4 });
          assert.ok(at >= least - 1e-12 && at <= most + 1e-12, `${text}: ${at} in ${least} … ${most}`);
        }
      }
    }
  }
  assert.throws(() => new Formula('1 / c').range(ranges), /may divide by 0: a divisor lies between -1 and 1/);
});

test('numbers beyond the range of f64 are refused, in the formula and in what it may make', () => {
  const many = '9'.repeat(400);
  assert.throws(() => new Formula(`a / ${many}`), /99… is beyond the range of numbers/);
  const ranges = { a: [0, 1e6] } as const;
  assert.throws(() => new Formula(`a / 0.${'0'.repeat(320)}1`).range(ranges), /may be beyond the range of numbers/);
  const power = Array.from({ length: 60 }, () => 'a').join(' * ');
  assert.throws(() => new Formula(power).range(ranges), /may be beyond the range of numbers/);
  assert.equal(new Formula('a / 8').range(ranges), [0, 125000]);
});

test('what cannot be read is refused, and says where', () => {
  for (const [text, says] of [
    ['', /ends where a number, a name or a bracket must follow/],
    ['1 +', /ends where/],
    ['(1 + 2', /ends where/],
    ['1 2', /character 3 on: "2"/],
    ['a ** b', /character 4 on: "\* b"/],
    ['a)', /character 2/],
    ['process.exit()', /character 8 on: "\.exit\(\)"/],
    ['x => 1', /character 3/],
    ['a[0]', /character 2/],
    ['.5', /character 1/],
    ['5e3', /character 2/],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, /more than 100 brackets or signs/],
  ] as const) {
    assert.throws(
      () => new Formula(text),
      (error: unknown) => error instanceof FormulaError && says.test(error.message),
      text,
    );
  }
});

test.run();
