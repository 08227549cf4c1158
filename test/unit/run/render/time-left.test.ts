import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GroupTotal, RunEvent } from '../../../../src/run/events.js';
import type { ExpectedSeconds, ExpectedTotal } from '../../../../src/run/expected-seconds.js';
import { RunProgress, settled } from '../../../../src/run/render/progress.js';

/** Events of `runflow run workflows/exp3.yaml` on two busy cores, with the seconds at which they came. */
const recording = fileURLToPath(new URL('../../../../../test/unit/run/render/recorded-run.jsonl', import.meta.url));

type Line =
  | [at: number, what: 'groups', groups: GroupTotal[]]
  | [at: number, what: 'started', group: string, step: string, cost: number | null]
  | [at: number, what: 'progress', group: string, step: string, done: number, total: number]
  | [at: number, what: 'finished', group: string, step: string, seconds: number];

const lines = readFileSync(recording, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

/** The steps of these events are of no matrix: what stands before the bracket is the kind. */
const kindOf = (step: string) => step.replace(/\[.*/s, '');

function eventOf(line: Line): RunEvent {
  if (line[1] === 'groups') {
    return { type: 'run-started', run: 'r', workflow: 'w', time: '', steps: 0, cached: 0, groups: line[2] };
  }
  const [, , group, step] = line;
  if (line[1] === 'started') {
    const cost = line[4] === null ? {} : { cost: line[4] };
    return { type: 'step-started', group, step, kind: kindOf(step), attempt: 1, reason: '', ...cost };
  }
  if (line[1] === 'progress') return { type: 'step-progress', group, step, done: line[4], total: line[5] };
  return { type: 'step-finished', group, step, key: 'sha256:', seconds: line[4], bytes: 0 };
}

/** When the steps of each group worked. */
function spansByGroup(): Map<string, [from: number, until: number][]> {
  const began = new Map<string, number>();
  const spans = new Map<string, [number, number][]>();
  for (const line of lines) {
    if (line[1] === 'started') began.set(line[3], line[0]);
    if (line[1] === 'finished') {
      spans.set(line[2], [...(spans.get(line[2]) ?? []), [began.get(line[3])!, line[0]]]);
    }
  }
  return spans;
}

test('in a recorded run the time that was left lies in the range that was told', () => {
  const end = lines.at(-1)![0];
  const spans = spansByGroup();
  const progress = new RunProgress();
  let told = 0;
  let right = 0;
  let wrongWhole = 0;
  let now = 0.25;
  for (const line of lines) {
    for (; now <= line[0]; now += 0.25) {
      const whole = progress.timeLeft(now);
      if (end - now < whole.least - 1 || (whole.most !== undefined && end - now > whole.most + 1)) wrongWhole++;
      for (const group of progress.groups.values()) {
        if (group.running.size === 0 || settled(group) >= group.steps) continue;
        const { least, most } = progress.timeLeft(now, [group]);
        if (most === undefined) continue;
        const left = spans.get(group.group)!.reduce((sum, [from, until]) => sum + Math.max(0, until - Math.max(from, now)), 0); // biome-ignore format: one line
        told++;
        if (left >= least - 1 && left <= most + 1) right++;
      }
    }
    progress.apply(eventOf(line), line[0]);
  }
  assert.ok(told > 100, `told ${told} times`);
  assert.ok(right >= 0.9 * told, `${right} of ${told} ranges hold what came`);
  assert.ok(wrongWhole <= 0.05 * (now / 0.25), `${wrongWhole} ranges of the whole run were wrong`);
});

test('the first part of a step, and the first step of another kind, tell nothing', () => {
  const progress = new RunProgress();
  progress.apply({ ...eventOf([0, 'groups', [{ group: 'Model', steps: 2, cached: 0 }]]) }, 0);
  progress.apply(eventOf([0, 'started', 'Model', 'tokenise[m]', null]), 0);
  progress.apply(eventOf([1, 'finished', 'Model', 'tokenise[m]', 1]), 1);
  progress.apply(eventOf([1, 'started', 'Model', 'train[m]', null]), 1);
  assert.is(progress.timeLeft(2).most, undefined);
  // Starting took 9 s; at this rate it would be half an hour.
  progress.apply(eventOf([10, 'progress', 'Model', 'train[m]', 1, 200]), 10);
  assert.equal(progress.timeLeft(10), { least: 0, most: undefined });
  progress.apply(eventOf([15, 'progress', 'Model', 'train[m]', 100, 200]), 15);
  const { least, most } = progress.timeLeft(15);
  assert.ok(least > 3 && least < 10 && most! > 14 && most! < 40, `${least} to ${most}`);
});

const model = (steps: number, expected: ExpectedTotal): RunEvent =>
  eventOf([0, 'groups', [{ group: 'Model', steps, cached: 0, expected }]]);
const begins = (step: string, expected?: ExpectedSeconds): RunEvent => ({
  type: 'step-started',
  group: 'Model',
  step,
  kind: kindOf(step),
  attempt: 1,
  reason: '',
  ...(expected && { expected }),
});

test('what earlier runs tell counts until a step tells more itself', () => {
  const progress = new RunProgress();
  progress.apply(model(2, { steps: 2, least: 11, most: 44, unknown: 0 }), 0);
  assert.equal(progress.timeLeft(0), { least: 11, most: 44 });
  progress.apply(begins('tokenise[m]', { least: 1, most: 4 }), 0);
  assert.equal(progress.timeLeft(0), { least: 11, most: 44 }, 'to begin changes nothing');
  progress.apply(eventOf([2, 'finished', 'Model', 'tokenise[m]', 2]), 2);
  assert.equal(progress.timeLeft(2), { least: 10, most: 40 });
  progress.apply(begins('train[m]', { least: 10, most: 40 }), 2);
  assert.equal(progress.timeLeft(7), { least: 5, most: 35 });
  progress.apply(eventOf([12, 'progress', 'Model', 'train[m]', 50, 100]), 12);
  const { least, most } = progress.timeLeft(12);
  assert.ok(least > 5 && least < 10 && most! > 10 && most! < 20, `${least} to ${most}`);
  progress.apply(eventOf([22, 'finished', 'Model', 'train[m]', 20]), 22);
  assert.equal(progress.timeLeft(22), { least: 0, most: 0 });
});

test('a step that takes longer than any before has no end that is known', () => {
  const progress = new RunProgress();
  progress.apply(model(1, { steps: 1, least: 1, most: 4, unknown: 0 }), 0);
  progress.apply(begins('train[m]', { least: 1, most: 4 }), 0);
  assert.equal(progress.timeLeft(3), { least: 0, most: 1 });
  assert.equal(progress.timeLeft(5), { least: 0, most: undefined });
});

test('one step of which nothing is known leaves the end open, and what others take at least stands', () => {
  const progress = new RunProgress();
  progress.apply(model(3, { steps: 3, least: 12, most: 30, unknown: 1 }), 0);
  assert.equal(progress.timeLeft(0), { least: 12, most: undefined });
  progress.apply(begins('a'), 0);
  progress.apply(eventOf([1, 'finished', 'Model', 'a', 1]), 1);
  assert.equal(progress.timeLeft(1), { least: 12, most: 30 });
  progress.apply({ type: 'step-cached', group: 'Model', step: 'b', key: 'sha256:' }, 1);
  assert.equal(progress.timeLeft(1), { least: 6, most: 15 }, 'steps that need not run after all take no time');
});

test('a run that waits for another does not count that time against the steps to come', () => {
  const progress = new RunProgress();
  progress.apply(model(2, { steps: 2, least: 10, most: 40, unknown: 0 }), 0);
  assert.equal(progress.timeLeft(300), { least: 10, most: 40 });
  progress.apply(begins('a', { least: 5, most: 20 }), 300);
  progress.apply(eventOf([310, 'finished', 'Model', 'a', 10]), 310);
  assert.ok(progress.timeLeft(310).least <= 5);
});

test('steps of one kind tell of each other, whatever cells and training seeds their ids begin with', () => {
  const timeLeft = (ids: readonly string[], kind: (index: number) => string) => {
    const progress = new RunProgress();
    progress.apply(eventOf([0, 'groups', [{ group: 'Model', steps: 6, cached: 0 }]]), 0);
    for (const [index, step] of ids.entries()) {
      progress.apply({ type: 'step-started', group: 'Model', step, kind: kind(index), attempt: 1, reason: '' }, index);
      progress.apply(eventOf([index + 1, 'finished', 'Model', step, 1]), index + 1);
    }
    return progress.timeLeft(3);
  };
  const ids = ['lr=1/svd[a]', 'lr=2/svd[a]', 'lr=2/training_seed=1/svd[b]'];
  const { least, most } = timeLeft(ids, () => 'svd');
  assert.ok(least > 0 && most! < 10, `${least} to ${most}`);
  assert.is(timeLeft(ids, (index) => `kind ${index}`).most, undefined);
});

test('no steps take no time, and numbers stay numbers', () => {
  const progress = new RunProgress();
  assert.equal(progress.timeLeft(0), { least: 0, most: 0 });
  progress.apply(model(0, { steps: 0, least: 0, most: 0, unknown: 0 }), 0);
  assert.equal(progress.timeLeft(0), { least: 0, most: 0 });
  progress.apply(model(1, { steps: 1, least: 0, most: 0, unknown: 0 }), 0);
  progress.apply(begins('a', { least: 0, most: 0 }), 0);
  for (const done of [0, 3, 0]) {
    progress.apply(eventOf([5, 'progress', 'Model', 'a', done, done]), 5);
    for (const value of Object.values(progress.timeLeft(5))) assert.not(Number.isNaN(value));
  }
});

test.run();
