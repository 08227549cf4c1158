import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ReadyQueue } from '../../../../src/run/schedule/ready-queue.js';

test('items come out by rank, whatever the order they went in', () => {
  const queue = new ReadyQueue<number>((item) => item);
  const items = Array.from({ length: 200 }, (_, index) => (index * 79) % 200);
  const out: number[] = [];
  for (const item of items) {
    queue.push(item);
    if (item % 7 === 0) out.push(queue.pop()!);
  }
  while (queue.size > 0) out.push(queue.pop()!);
  assert.equal(
    [...out].sort((a, b) => a - b),
    [...items].sort((a, b) => a - b),
  );
  const rest = out.slice(-100);
  assert.equal(
    rest,
    [...rest].sort((a, b) => a - b),
  );
  assert.is(queue.pop(), undefined);
});

test.run();
