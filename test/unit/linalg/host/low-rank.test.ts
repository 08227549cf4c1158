import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addLowRank } from '../../../../src/linalg/host/low-rank.js';
import { noise } from '../../../checkpoint-fixtures.js';

test('a product of low rank is added as its definition says, for odd ranks, rows and columns', () => {
  for (const [rows, rank, columns] of [
    [1, 1, 1],
    [2, 4, 7],
    [3, 5, 2049],
    [7, 3, 4100],
    [5, 9, 31],
  ] as const) {
    const left = Float64Array.from(noise(1, rows * rank));
    const start = Float64Array.from(noise(3, rows * columns));
    for (const right of [noise(2, rank * columns), Float64Array.from(noise(2, rank * columns))]) {
      const sum = start.slice();
      // In two windows, as a tensor is gone through.
      const cut = Math.ceil(rows / 2);
      for (const [first, count] of [
        [0, cut],
        [cut, rows - cut],
      ] as const) {
        addLowRank(sum.subarray(first * columns), left, right, { first, count, rank, columns });
      }
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let expected = start[i * columns + j]!;
          for (let k = 0; k < rank; k++) expected += left[i * rank + k]! * right[k * columns + j]!;
          const found = sum[i * columns + j]!;
          assert.ok(Math.abs(found - expected) < 1e-13, `${rows} ${rank} ${columns} at ${i}, ${j}: ${found}`);
        }
      }
    }
  }
});

test.run();
