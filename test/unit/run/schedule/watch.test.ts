import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Watch } from '../../../../src/run/schedule/watch.js';

const pauses = { least: 1, most: 3 };

/** Watches numbers until the last of them is done. @param look told of each look */
function watch(count: number, look: (item: number, isFresh: boolean) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const watching: Watch<number> = new Watch({
      look: async (item, isFresh) => look(item, isFresh),
      onQuiet: async () => {},
      onDone: () => {
        if (watching.size === 0) resolve();
      },
      onError: reject,
      pauses,
    });
    for (let item = 0; item < count; item++) watching.add(item);
  });
}

test('all items are looked at in each round, and none after it is done', async () => {
  const looks = new Map<number, number>();
  await watch(500, (item) => {
    const times = (looks.get(item) ?? 0) + 1;
    looks.set(item, times);
    return times > item % 3;
  });
  assert.is(looks.size, 500);
  for (const [item, times] of looks) assert.is(times, (item % 3) + 1);
});

test('when nothing happens, all have their turn to be looked at past what this host remembers, ten in a round', async () => {
  const fresh = new Set<number>();
  let inRound = 0;
  let most = 0;
  await watch(35, (item, isFresh) => {
    if (item === 0) inRound = 0;
    if (isFresh) {
      fresh.add(item);
      inRound += 1;
    }
    most = Math.max(most, inRound);
    return fresh.size === 35;
  });
  assert.is(most, 10);
});

test('an item that is added while others are looked at is looked at as well', async () => {
  let added = false;
  const seen: number[] = [];
  await new Promise<void>((resolve, reject) => {
    const watching: Watch<number> = new Watch({
      look: async (item) => {
        seen.push(item);
        return true;
      },
      onQuiet: async () => {},
      onDone: () => {
        if (!added) watching.add(7);
        added = true;
        if (watching.size === 0) resolve();
      },
      onError: reject,
      pauses,
    });
    watching.add(1);
  });
  assert.equal(seen, [1, 7]);
});

test('a watch that is ended tells what was not done and looks no more', async () => {
  let looks = 0;
  const watching: Watch<string> = new Watch({
    look: async () => {
      looks += 1;
      return false;
    },
    onQuiet: async () => {},
    onDone: () => assert.unreachable(),
    onError: (error) => assert.unreachable(String(error)),
    pauses,
  });
  watching.add('a');
  watching.add('b');
  while (looks < 4) await new Promise((resume) => setTimeout(resume, 1));
  assert.equal(watching.end(), ['a', 'b']);
  const before = looks;
  await new Promise((resume) => setTimeout(resume, 15));
  assert.ok(looks <= before + 1);
});

test('an error of a look is told', async () => {
  const error = new Error('the disk is gone');
  const told = await watch(1, () => {
    throw error;
  }).catch((reason: unknown) => reason);
  assert.is(told, error);
});

test.run();
