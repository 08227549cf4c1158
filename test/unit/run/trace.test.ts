import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventBus } from '../../../src/run/events.js';
import { traceText } from '../../../src/run/results/trace.js';
import { RunTimes } from '../../../src/run/run-times.js';

/** Events of a run whose clock the test sets. */
function timed() {
  const events = new EventBus();
  const clock = { now: 0 };
  const times = new RunTimes(events, () => clock.now);
  const start = (step: string, now: number, attempt = 1) => {
    clock.now = now;
    events.publish({ type: 'step-started', step, kind: 'svd', group: step[0]!, attempt, reason: 'new' });
  };
  const finish = (step: string, now: number) => {
    clock.now = now;
    events.publish({ type: 'step-finished', step, group: step[0]!, key: 'sha256:0', seconds: 1, bytes: 1 });
  };
  return { events, clock, times, start, finish };
}

test('attempts have a beginning and an end, whatever became of them', () => {
  const { events, clock, times, start, finish } = timed();
  start('a1', 1);
  start('b1', 2);
  start('a1', 3, 2);
  finish('a1', 5);
  events.publish({ type: 'step-failed', step: 'b1', group: 'b', message: 'no' });
  start('c1', 6);
  clock.now = 9;
  assert.equal(
    times.list().map(({ step, attempt, start, end, state }) => [step, attempt, start, end, state]),
    [
      ['a1', 1, 1, 3, 'failed'],
      ['b1', 1, 2, 5, 'failed'],
      ['a1', 2, 3, 5, 'ran'],
      ['c1', 1, 6, 9, 'interrupted'],
    ],
  );
});

test('a trace has complete events in microseconds, and what is at work together lies on lanes of its own', () => {
  const { times, start, finish } = timed();
  start('a1', 0.5);
  start('b1', 1);
  finish('a1', 2);
  start('a2 "x"', 2);
  finish('b1', 3);
  finish('a2 "x"', 3.25);
  const trace = JSON.parse(traceText(times.list(), 'exp1')) as {
    displayTimeUnit: string;
    traceEvents: { name: string; ph: string; ts?: number; dur?: number; pid: number; tid: number }[];
  };
  assert.is(trace.displayTimeUnit, 'ms');
  const complete = trace.traceEvents.filter(({ ph }) => ph === 'X');
  assert.equal(
    complete.map(({ name, ts, dur, tid }) => [name, ts, dur, tid]),
    [
      ['a1', 500_000, 1_500_000, 1],
      ['b1', 1_000_000, 2_000_000, 2],
      ['a2 "x"', 2_000_000, 1_250_000, 1],
    ],
  );
  const named = trace.traceEvents.filter(({ ph }) => ph === 'M').map(({ name, tid }) => [name, tid]);
  assert.equal(named, [['process_name', 0], ['thread_name', 1], ['thread_name', 2]]); // biome-ignore format: one line
  for (const { pid } of trace.traceEvents) assert.is(pid, 1);
  assert.equal(JSON.parse(traceText([], 'x')).traceEvents.length, 1);
});

test.run();
