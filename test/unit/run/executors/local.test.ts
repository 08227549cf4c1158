import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, EnvironmentError } from '../../../../src/diagnostics/errors.js';
import { EventBus, type RunEvent } from '../../../../src/run/events.js';
import {
  DeviceLostError,
  OtherDeviceError,
  type WorkerLimits,
  WorkerLostError,
} from '../../../../src/run/executors/executor.js';
import { LocalExecutor } from '../../../../src/run/executors/local.js';
import { WorkerProcess } from '../../../../src/run/executors/worker-process.js';
import type { Job } from '../../../../src/worker/protocol.js';
import { declaration } from '../../plan/memory-store.js';

const script = fileURLToPath(new URL('./fake-worker.js', import.meta.url));
const limits: WorkerLimits = { silenceSeconds: 60, deviceBusySeconds: 50, graceSeconds: 0.3 };
const never = new AbortController().signal;
const silent = { progress: () => undefined, compiling: () => undefined, log: () => undefined, warn: () => undefined };
const kinds = ['answer', 'bad-data', 'bug', 'crash', 'silent', 'endless', 'busy', 'deaf'];

interface Context {
  events: RunEvent[];
  open: (options?: { limits?: Partial<WorkerLimits>; environment?: Record<string, string> }) => LocalExecutor;
  opened: LocalExecutor[];
}
const test = suite<Context>('local executor');
test.before.each((context) => {
  context.events = [];
  context.opened = [];
  context.open = (options = {}) => {
    const events = new EventBus();
    events.subscribe((event) => context.events.push(event));
    const executor = new LocalExecutor({
      declarations: {
        ...Object.fromEntries(kinds.map((kind) => [kind, declaration(kind)])),
        device: declaration('device', 1, true),
      },
      events,
      deviceClass: 'vulkan/fake',
      environment: options.environment ?? {},
      limits: { ...limits, ...options.limits },
      startWorker: (environment, given) => new WorkerProcess(environment, given, script),
    });
    context.opened.push(executor);
    return executor;
  };
});
test.after.each(async ({ opened }) => {
  for (const executor of opened) await executor.close();
});

function job(kind: string): Job {
  return { step: `${kind}[x]`, kind, key: 'sha256:0', lock: 't', params: {}, inputs: {}, store: '/store', run: 'run' };
}
async function failure(promise: Promise<unknown>): Promise<Error & { hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}

test('a job is answered, and what it says on the way is passed on', async ({ open }) => {
  const heard: unknown[] = [];
  const observer = {
    progress: (update: unknown) => heard.push(update),
    compiling: () => undefined,
    log: (line: string) => heard.push(line),
    warn: (message: string) => heard.push(message),
  };
  const outputs = await open().execute(job('answer'), observer, never);
  assert.ok(outputs.pid!.bytes > 0);
  assert.equal(heard, [{ done: 1, total: 2, unit: 'tensors' }, 'half way']);
});

test('kernels that a worker compiles are told when their number changes', async ({ open }) => {
  const heard: number[] = [];
  const stop = new AbortController();
  const observer = {
    ...silent,
    compiling: (kernels: number) => {
      heard.push(kernels);
      setTimeout(() => stop.abort(), 200);
    },
  };
  await failure(open({ limits: { graceSeconds: 0.1 } }).execute(job('deaf'), observer, stop.signal));
  assert.equal(heard, [2]);
});

test('one worker serves job after job, and still does after bad data', async ({ open }) => {
  const executor = open();
  const first = await executor.execute(job('answer'), silent, never);
  assert.instance(await failure(executor.execute(job('bad-data'), silent, never)), DataError);
  const second = await executor.execute(job('answer'), silent, never);
  assert.is(second.pid!.bytes, first.pid!.bytes);
});

test('after a crash or a bug the next job gets a fresh worker', async ({ open }) => {
  const executor = open();
  const first = await executor.execute(job('answer'), silent, never);
  const crash = await failure(executor.execute(job('crash'), silent, never));
  assert.instance(crash, WorkerLostError);
  assert.is(crash.message, 'the worker process ended unexpectedly (SIGKILL)');
  assert.match(crash.hint!, 'driver: assertion failed');
  const second = await executor.execute(job('answer'), silent, never);
  assert.is.not(second.pid!.bytes, first.pid!.bytes);
  const bug = await failure(executor.execute(job('bug'), silent, never));
  assert.is(bug.constructor, Error);
  const third = await executor.execute(job('answer'), silent, never);
  assert.is.not(third.pid!.bytes, second.pid!.bytes);
});

test('a device that was lost is told apart from a failure of the step, and a fresh worker goes on', async ({
  open,
}) => {
  const executor = open();
  const first = await executor.execute(job('answer'), silent, never);
  const lost = await failure(executor.execute(job('device-lost'), silent, never));
  assert.instance(lost, DeviceLostError);
  assert.is(lost.message, 'The device was lost');
  const second = await executor.execute(job('answer'), silent, never);
  assert.is.not(second.pid!.bytes, first.pid!.bytes);
});

test('a worker that computes without end and gives no sign of life is killed', async ({ open }) => {
  const lost = await failure(open({ limits: { silenceSeconds: 1 } }).execute(job('endless'), silent, never));
  assert.instance(lost, WorkerLostError);
  assert.match(lost.message, /no sign of life for \d+ s/);
});

test('a worker that is silent because it gets no processor is given longer, and not for ever', async ({ open }) => {
  const started = performance.now();
  const lost = await failure(open({ limits: { silenceSeconds: 1 } }).execute(job('silent'), silent, never));
  assert.match(lost.message, /no sign of life for \d+ s/);
  assert.ok(performance.now() - started > 5000);
});

test('a worker whose device never ends one submission is killed', async ({ open }) => {
  const lost = await failure(open().execute(job('busy'), silent, never));
  assert.instance(lost, WorkerLostError);
  assert.match(lost.message, 'busy with one submission for 100 s');
});

test('a worker that does not stop when asked is killed after a while, and at once when told', async ({ open }) => {
  const stop = new AbortController();
  const stopped = failure(open().execute(job('deaf'), silent, stop.signal));
  stop.abort();
  assert.match((await stopped).message, 'did not stop within 0.3 s');

  const executor = open({ limits: { graceSeconds: 60 } });
  const killed = failure(executor.execute(job('deaf'), silent, never));
  executor.kill();
  assert.match((await killed).message, 'the run was stopped');
});

test('a worker that dies before it is ready fails the job', async ({ open }) => {
  const executor = open({ environment: { FAKE_START: 'crash' } });
  assert.match((await failure(executor.execute(job('answer'), silent, never))).message, 'exit code 7');
});

test('the device is asked for before the first step that needs it, once a worker', async ({ open, events }) => {
  const executor = open({ limits: { graceSeconds: 0.1 } });
  await executor.execute(job('answer'), silent, never);
  assert.equal(events, []);
  const stop = new AbortController();
  const running = failure(executor.execute({ ...job('device'), kind: 'device' }, silent, stop.signal));
  while (events.length === 0) await new Promise((resume) => setTimeout(resume, 5));
  assert.equal(events, [{ type: 'device', adapter: 'Fake', deviceClass: 'vulkan/fake', software: true }]);
  stop.abort();
  await running;
});

test('a device of another class, or none, is an error that says so', async ({ open }) => {
  const other = open({ environment: { FAKE_DEVICE: 'vulkan/other' } });
  const error = await failure(other.execute({ ...job('device'), kind: 'device' }, silent, never));
  assert.instance(error, OtherDeviceError);
  assert.is((error as OtherDeviceError).deviceClass, 'vulkan/other');
  const none = open({ environment: { FAKE_DEVICE: 'none' } });
  assert.instance(await failure(none.execute({ ...job('device'), kind: 'device' }, silent, never)), EnvironmentError);
});

test.run();
