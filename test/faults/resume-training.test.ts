import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../src/run/events.js';
import { longTraining } from '../long-training.js';
import { type Ended, Sandbox } from '../sandbox.js';

const kills = 20;
const steps = 60;

const text = longTraining('resume', steps);

const test = suite<{ sandbox: Sandbox }>('training that is killed');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('resume.yaml', text);
});
test.after.each(({ sandbox }) => sandbox.remove());

async function exported(sandbox: Sandbox, to: string): Promise<Buffer> {
  const { status, stderr } = await sandbox.runflow(['export', 'resume.yaml', 'trained', '--to', to]);
  assert.is(status, 0, stderr);
  return readFile(sandbox.path(to, 'model.safetensors'));
}

/** The last optimizer step that the run has told of; 0 when there is none. */
function trainedSteps({ events }: Ended): number {
  return Math.max(0, ...events.map((event) => (isTraining(event) ? event.done : 0)));
}

function isTraining(event: RunEvent): event is Extract<RunEvent, { type: 'step-progress' }> {
  return event.type === 'step-progress' && event.step === 'train[trained]';
}

/** The step behind which the run went on; 0 when it began from nothing. */
function resumedBehind({ events }: Ended): number {
  const line = events.find((event) => event.type === 'step-log' && event.line.startsWith('going on from the state'));
  return Number(/behind step (\d+) of 60/.exec(line?.type === 'step-log' ? line.line : '')?.[1] ?? 0);
}

test(`killed ${kills} times amid training, every resumed run ends in the bytes of an unbroken one`, async ({
  sandbox,
}) => {
  const unbroken = await exported(sandbox, 'unbroken');
  let killed = 0;
  for (let attempt = 0; killed < kills; attempt++) {
    assert.ok(attempt < kills, `only ${killed} runs could be killed amid training`);
    const box = sandbox.withStore(sandbox.path(`store-${attempt}`));
    let last = 0;
    // By progress, not by the clock: however slow the machine, every kill meets training that has gone further.
    while (killed < kills && last < steps - 24) {
      const target = last + 1 + Math.floor(10 * Math.random());
      const { child, ended, event } = box.start(['run', 'resume.yaml', '--json']);
      await event((told) => isTraining(told) && told.done >= target);
      child.kill('SIGKILL');
      const broken = await ended;
      // It came to its end before the signal came: nothing was broken off.
      if (broken.status === 0) break;
      assert.is(broken.status, null, broken.stdout + broken.stderr);
      const resumed = resumedBehind(broken);
      assert.ok(resumed >= last - 1, `training was told to be at step ${last}, and went on behind step ${resumed}`);
      last = trainedSteps(broken);
      killed++;
    }
    const whole = await box.run(['resume.yaml']);
    assert.ok(resumedBehind(whole) >= last - 1, `the state behind step ${last - 1} was lost`);
    assert.ok((await exported(box, `whole-${attempt}`)).equals(unbroken), `other bytes after ${killed} kills`);
  }
});

test.run();
