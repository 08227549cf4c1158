import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';

const kills = 20;

/** Some seconds of training in 60 steps, a state behind each. */
const text = `runflow: 1
name: resume
datasets: { lessons: { synthetic: problems, rows: 300, seed: 1 } }
recipes:
  long:
    lr: 3e-3
    steps: 60
    batch: 24
    precision: bf16
    rounding: stochastic
    checkpoint-every: 1
    template: { prompt: "user : {prompt} assistant :", response: " {response}" }
models:
  scratch:
    init: { family: qwen2, hidden: 48, layers: 2, heads: 4, kv-heads: 2, mlp: 96, vocabulary: 112, tied: true }
    tokenizer: { words-of: [lessons] }
  trained: { pretrain: scratch, on: lessons, recipe: long }
`;

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

test(`killed at ${kills} random moments, every resumed run ends in the bytes of an unbroken one`, async ({
  sandbox,
}) => {
  const unbroken = await exported(sandbox, 'unbroken');
  const delays: number[] = [];
  let resumed = 0;
  for (let attempt = 0; delays.length < kills; attempt++) {
    const box = sandbox.withStore(sandbox.path(`store-${attempt}`));
    // No more than training can take: it must also come to an end.
    for (let killed = 0; delays.length < kills && killed < 7; killed++) {
      const delay = Math.round(2500 * Math.random());
      const { child, ended } = box.start(['export', 'resume.yaml', 'trained', '--to', `broken-${attempt}`]);
      // Counted from the line that training begins with.
      child.stdout.on('data', (part: string) => {
        if (part.includes('device memory')) setTimeout(() => child.kill('SIGKILL'), delay);
      });
      const { status } = await ended;
      if (status === 0) break;
      delays.push(delay);
    }
    const finished = await box.runflow(['export', 'resume.yaml', 'trained', '--to', `whole-${attempt}`]);
    assert.is(finished.status, 0, finished.stderr);
    if (/going on from the state behind step \d+ of 60/.test(finished.stdout + finished.stderr)) resumed++;
    const whole = await readFile(sandbox.path(`whole-${attempt}`, 'model.safetensors'));
    assert.ok(whole.equals(unbroken), `other bytes after kills at ${delays.join(', ')} ms`);
  }
  assert.ok(resumed > 0, `killed at ${delays.join(', ')} ms, no run found a state to go on from`);
});

test.run();
