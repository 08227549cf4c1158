import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { withinTime } from '../../../src/formats/time-limit.js';

const hopeless = () => /^(a+)+$/.test(`${'a'.repeat(60)}b`);

test('a pattern that backtracks for ever is stopped, and named', () => {
  assert.throws(
    () => withinTime(hopeless, () => 'The pattern /^(a+)+$/ on row 3', 50),
    (error: Error) =>
      error instanceof DataError && /^The pattern .* on row 3 was stopped after 0\.05 s/.test(error.message),
  );
});

test('work gives its value or throws its own error, also inside other timed work and after some was stopped', () => {
  assert.is(
    withinTime(
      () =>
        withinTime(
          () => 7,
          () => 'inner',
        ),
      () => 'outer',
    ),
    7,
  );
  const own = new RangeError('own');
  assert.throws(
    () =>
      withinTime(
        () => {
          throw own;
        },
        () => '',
      ),
    (error: Error) => error === own,
  );
  assert.throws(
    () =>
      withinTime(
        () => withinTime(hopeless, () => 'inner', 50),
        () => 'outer',
      ),
    /^inner was stopped/,
  );
  assert.is(
    withinTime(
      () => undefined,
      () => '',
    ),
    undefined,
  );
});

test.run();
