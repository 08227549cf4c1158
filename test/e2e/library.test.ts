import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describePlan, EventBus, exitCodes, loadStudy, openStore, planWorkflow, runWorkflow } from '../../src/index.js';
import { Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

const test = suite<{ sandbox: Sandbox }>('library');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

test('a program plans and runs a workflow, hears what happens, and finds nothing left to do', async ({ sandbox }) => {
  await sandbox.write('small.yaml', smallWorkflow);
  const loaded = await loadStudy(sandbox.path('small.yaml'));
  assert.ok(loaded.ok);
  if (!loaded.ok) return;
  const study = loaded.value;
  const store = openStore(sandbox.store);
  const before = describePlan(await planWorkflow({ study, store }));
  assert.is(before.counts.cached, 0);

  const events = new EventBus();
  const ran: string[] = [];
  const unsubscribe = events.subscribe((event) => {
    if (event.type === 'step-finished') ran.push(event.step);
  });
  const exitCode = await runWorkflow({ study, store, events, out: sandbox.path('out') });
  assert.is(exitCode, exitCodes.done);
  assert.is(ran.length, before.counts.run);

  const after = describePlan(await planWorkflow({ study, store, targets: ['report'] }));
  assert.equal(after.counts, { cached: ran.length, run: 0 });
  unsubscribe();
  await runWorkflow({ study, store, events, out: sandbox.path('out'), force: ['report'] });
  assert.is(ran.length, before.counts.run);
});

test.run();
