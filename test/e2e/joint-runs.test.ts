import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EventBus, type RunEvent } from '../../src/run/events.js';
import { runJointly } from '../../src/run/joint/run-jointly.js';
import { usualTiming } from '../../src/run/joint/timing.js';
import { runWorkflow } from '../../src/run/run.js';
import { Store } from '../../src/store/store.js';
import { loadStudy } from '../../src/workflow/load.js';
import { ProcessQueue } from '../process-queue.js';
import { smallWorkflow } from '../small-workflow.js';

const timing = { ...usualTiming, tickSeconds: 0.1, pollSeconds: 0.2, lostSeconds: 3, idleSeconds: 20, graceSeconds: 5 };

const test = suite('joint runs');
let folder: string;
const queues: ProcessQueue[] = [];
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'runflow-joint-'));
  writeFileSync(join(folder, 'small.yaml'), smallWorkflow);
});
test.after.each(async () => {
  for (const queue of queues.splice(0)) await queue.end();
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({ ...process.env, HF_HUB_OFFLINE: '1', NO_COLOR: '1' });

async function study() {
  const loaded = await loadStudy(join(folder, 'small.yaml'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.value;
}

async function joint(name: string, changed: Partial<Parameters<typeof runJointly>[0]> = {}) {
  const queue = new ProcessQueue(environment());
  queues.push(queue);
  const events = new EventBus();
  const told: RunEvent[] = [];
  events.subscribe((event) => told.push(event));
  const store = Store.open(join(folder, `${name}-store`));
  const options = { study: await study(), store, events, out: join(folder, name), environment: environment() };
  const asked = { load: {}, queue, queueName: 'processes', jobs: 2, timing };
  const exitCode = await runJointly({ ...options, ...asked, ...changed });
  return { exitCode, told, store, queue };
}

const finished = (told: readonly RunEvent[]) =>
  told.flatMap((event) => (event.type === 'step-finished' ? [event.step] : []));
const summaryOf = (told: readonly RunEvent[]) => told.at(-1) as Extract<RunEvent, { type: 'summary' }>;

test('two runners carry out one run, each step once, to the bytes of a local run', async () => {
  const { exitCode, told, queue } = await joint('together');
  assert.is(exitCode, 0, JSON.stringify(told.slice(-5)));
  const store = Store.open(join(folder, 'alone-store'));
  const alone = await runWorkflow({ study: await study(), store, events: new EventBus(), out: join(folder, 'alone') });
  assert.is(alone, 0);
  for (const file of ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv']) {
    assert.equal(readFileSync(join(folder, 'together', file)), readFileSync(join(folder, 'alone', file)), file);
  }
  const steps = finished(told);
  assert.is(new Set(steps).size, steps.length);
  const { ran, cached, failed } = summaryOf(told);
  assert.equal({ ran, cached, failed }, { ran: steps.length, cached: 0, failed: 0 });
  assert.is(queue.submitted.length, 1);
  const again = await joint('together');
  assert.is(again.exitCode, 0);
  assert.is(again.queue.submitted.length, 0);
  assert.is(summaryOf(again.told).ran, 0);
});

test.run();
