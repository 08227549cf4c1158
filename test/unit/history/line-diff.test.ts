import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DiffLine, lineDiff, unifiedText } from '../../../src/history/line-diff.js';

const side = (lines: readonly DiffLine[], left: '-' | '+') =>
  lines.filter(({ sign }) => sign === ' ' || sign === left).map(({ text }) => text);

/** Length of the longest common subsequence, by the table of all prefixes. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let last = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const row = [0];
    for (const [index, other] of b.entries()) {
      row.push(line === other ? last[index]! + 1 : Math.max(row[index]!, last[index + 1]!));
    }
    last = row;
  }
  return last[b.length]!;
}

test('a diff gives both texts back, with as few changes as there can be', () => {
  let state = 1;
  const next = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  for (let round = 0; round < 400; round++) {
    const [a, b] = [next(13), next(13)].map((length) => Array.from({ length }, () => 'abc'[next(3)]!));
    const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
    const lines = lineDiff(text(a!), text(b!));
    assert.equal(side(lines, '-'), a);
    assert.equal(side(lines, '+'), b);
    assert.is(lines.filter(({ sign }) => sign === ' ').length, longestCommon(a!, b!), `${a} ${b}`);
  }
});

test('texts without a line in common, however long, are told as one that went and one that came', () => {
  const [a, b] = ['a', 'b'].map((name) => Array.from({ length: 3000 }, (_, index) => `${name}${index}`));
  const lines = lineDiff(a!.join('\n'), b!.join('\n'));
  assert.equal([side(lines, '-'), side(lines, '+')], [a, b]);
});

test('what is far from a change is left out', () => {
  const text = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
  const changed = text.with(9, 'changed');
  assert.is(
    unifiedText(lineDiff(text.join('\n'), changed.join('\n'))),
    '@@ -8 +8 @@\n line 8\n line 9\n-line 10\n+changed\n line 11\n line 12\n',
  );
  assert.is(unifiedText(lineDiff('a\n', 'a\n')), '');
});

test.run();
