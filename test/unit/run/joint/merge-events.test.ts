import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../../src/formats/digest.js';
import type { RunEvent } from '../../../../src/run/events.js';
import { MergedEvents } from '../../../../src/run/joint/merge-events.js';

const key = digestOf('key');
const group = 'g';
const started = (step: string): RunEvent => ({
  type: 'step-started',
  step,
  kind: 'svd',
  group,
  attempt: 1,
  reason: 'new',
});
const finished = (step: string): RunEvent => ({ type: 'step-finished', step, group, key, seconds: 1, bytes: 1 });
const cached = (step: string): RunEvent => ({ type: 'step-cached', step, group, key });
const progress = (step: string, done: number): RunEvent => ({ type: 'step-progress', step, group, done, total: 9 });
const skipped = (step: string): RunEvent => ({ type: 'step-skipped', step, group, because: 'a failed' });

function merged(steps = 9) {
  const told: string[] = [];
  const events = new MergedEvents(steps, (event) =>
    told.push('step' in event ? `${event.type} ${event.step}` : event.type),
  );
  return { events, told };
}

test('what one runner does is told once, though the others come upon it as cached, before or after', () => {
  const { events, told } = merged();
  events.add('1', started('a'));
  events.add('2', cached('a'));
  events.turn();
  events.turn();
  events.turn();
  events.add('1', finished('a'));
  events.add('3', cached('a'));
  events.turn();
  events.close();
  assert.equal(told, ['step-started a', 'step-finished a']);
});

test('what no runner did is told as cached, once all were heard', () => {
  const { events, told } = merged();
  events.add('1', cached('a'));
  events.turn();
  assert.equal(told, []);
  events.add('2', cached('a'));
  events.turn();
  events.turn();
  assert.equal(told, ['step-cached a']);
  events.close();
  assert.equal(told, ['step-cached a']);
});

test('progress is that of the runner which began the step last', () => {
  const { events, told } = merged();
  events.add('1', started('a'));
  events.add('1', progress('a', 1));
  events.add('2', started('a'));
  events.add('1', progress('a', 2));
  events.add('2', progress('a', 1));
  events.add('2', finished('a'));
  events.add('1', finished('a'));
  events.add('1', progress('a', 3));
  assert.equal(told, ['step-started a', 'step-progress a', 'step-started a', 'step-progress a', 'step-finished a']);
});

test('a step that one runner left out and another did was done', () => {
  const { events, told } = merged();
  events.add('1', skipped('a'));
  events.add('1', skipped('b'));
  events.add('2', started('a'));
  events.add('2', finished('a'));
  events.turn();
  events.turn();
  events.close();
  assert.equal(told, ['step-started a', 'step-finished a', 'step-skipped b']);
});

test('the plan is told again only when it has grown, warnings once, and ends of runners never', () => {
  const { events, told } = merged(2);
  const plan = (steps: number): RunEvent => ({ type: 'plan-extended', steps, cached: 0, groups: [] });
  const summary: RunEvent = {
    type: 'summary',
    ran: 1,
    cached: 0,
    failed: 0,
    skipped: 0,
    interrupted: false,
    seconds: 1,
  };
  events.add('1', { type: 'run-started', run: 'r', workflow: 'w', time: '', steps: 2, cached: 0, groups: [] });
  events.add('1', plan(3));
  events.add('2', plan(3));
  for (const runner of ['1', '2']) events.add(runner, { type: 'warning', message: 'left out' });
  events.add('1', summary);
  events.close();
  assert.equal(told, ['plan-extended', 'warning']);
});

test.run();
