import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BegunRecord, JointRun } from '../../../../src/run/joint/joint-run.js';
import type { JointMonitor } from '../../../../src/run/joint/monitor.js';
import { RunnerTeam } from '../../../../src/run/joint/runner-team.js';
import type { Step } from '../../../../src/steps/step.js';

const step = (kind: string, hints: Step['hints'] = {}): Step => ({
  id: kind,
  kind,
  params: {},
  inputs: {},
  group: 'g',
  hints,
});
const steps = [
  step('train'),
  step('evaluation-table'),
  step('fetch'),
  step('judge', { judge: 'harmfulness', concurrency: 1 }),
  step('judge'),
];

function team(
  role: { device?: boolean; network?: boolean; networkOnly?: boolean },
  others: readonly Partial<BegunRecord>[] = [],
) {
  const whole = { device: false, network: false, networkOnly: false, keepGoing: false, idleSeconds: 1, ...role };
  const monitor = { others } as unknown as JointMonitor;
  return new RunnerTeam({} as JointRun, monitor, whole, new AbortController().signal);
}

const withDevice = { device: { deviceClass: 'c', description: 'C' }, network: false };
const taken = (...given: Parameters<typeof team>) => steps.map((one) => (team(...given).takes(one) ? one.id : '-'));

test('a runner takes what it has a device or a network for, and what needs neither', () => {
  assert.equal(taken({ device: true }), ['train', 'evaluation-table', '-', '-', 'judge']);
  assert.equal(taken({}), ['-', 'evaluation-table', '-', '-', 'judge']);
  assert.equal(taken({ device: true, network: true }), ['train', 'evaluation-table', 'fetch', 'judge', 'judge']);
});

test('on the side that submits, nothing is taken but what needs the network', () => {
  assert.equal(taken({ network: true, networkOnly: true }), ['-', '-', 'fetch', 'judge', '-']);
});

test('what needs neither is left to runners without a device, where there is one', () => {
  const left = (...others: readonly Partial<BegunRecord>[]) =>
    steps.map((one) => (team({ device: true, network: true }, others).leaves(one) ? one.id : '-'));
  assert.equal(left({ device: null }), ['-', 'evaluation-table', '-', '-', 'judge']);
  assert.equal(left(withDevice, { device: null, networkOnly: true }), ['-', '-', '-', '-', '-']);
});

test('others at work take what they have a device or a network for', () => {
  const taken = (...others: readonly Partial<BegunRecord>[]) =>
    steps.map((one) => (team({}, others).othersTake(one) ? one.id : '-'));
  assert.equal(taken(), ['-', '-', '-', '-', '-']);
  assert.equal(taken({ device: null, network: false }), ['-', 'evaluation-table', '-', '-', 'judge']);
  assert.equal(taken(withDevice), ['train', 'evaluation-table', '-', '-', 'judge']);
  assert.equal(taken({ device: null, network: true, networkOnly: true }), ['-', '-', 'fetch', 'judge', '-']);
});

test.run();
