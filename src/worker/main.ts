import { DataError, EnvironmentError, InterruptedError, RunflowError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import type { DawnGpu } from '../gpu/dawn-gpu.js';
import { stepContracts } from '../steps/contracts.js';
import { portProblem } from '../steps/ports.js';
import { Store } from '../store/store.js';
import { implementationOf } from './implementations.js';
import type { Job, Reply, Request } from './protocol.js';
import { ResidentSlot } from './resident-slot.js';
import { WorkerContext } from './worker-context.js';

/**
 * The process that owns the GPU device. It works on one job at a time, answers over the IPC channel, and ends when told
 * to or when its parent is gone.
 */
const heartbeatMilliseconds = 1000;

let device: Promise<DawnGpu> | undefined;
let store: Store | undefined;
let current: { readonly step: string; readonly stop: AbortController } | undefined;
let openDevice: DawnGpu | undefined;
const slot = new ResidentSlot();

/** Imported on first use: a worker for steps without arithmetic on the device never loads Dawn. */
function gpu(): Promise<DawnGpu> {
  device ??= import('../gpu/open-gpu.js')
    .then(async ({ openGpu }) => {
      openDevice = await openGpu();
      return openDevice;
    })
    .catch((error: unknown) => {
      device = undefined;
      throw error;
    });
  return device;
}

/** Resolves once the reply is handed to the operating system: the process may end then. */
function send(reply: Reply): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(reply, () => resolve());
    else resolve();
  });
}

async function execute(job: Job): Promise<void> {
  const stop = new AbortController();
  current = { step: job.step, stop };
  const allocations = openDevice?.allocations ?? 0;
  try {
    if (store?.path !== job.store) store = Store.open(job.store);
    const run = await implementationOf(job.kind);
    const context = new WorkerContext(job, store, gpu, slot, stop.signal, (reply) => void send(reply));
    try {
      await run(context);
      // What is still queued must not fail under the next step's name.
      await openDevice?.settled();
      stop.signal.throwIfAborted();
    } finally {
      await context.close();
    }
    const problem = portProblem(stepContracts[job.kind]!.outputs, Object.keys(context.outputs));
    if (problem !== undefined)
      throw new TypeError(`a ${job.kind} step does not give what its contract says: output ${problem}`);
    await send({ type: 'done', step: job.step, outputs: context.outputs });
  } catch (error) {
    // What was half done with it cannot be told from what it should be.
    slot.release();
    const isDeviceLost = (await openDevice?.recover(allocations)) === false;
    if (isDeviceLost) openDevice = device = undefined;
    const failure = describeFailure(error, stop.signal.aborted);
    const isOfDevice = isDeviceLost && failure.kind === 'step';
    await send({
      type: 'failed',
      step: job.step,
      error: isOfDevice ? Object.assign(failure, { kind: 'device-lost' }) : failure,
    });
  } finally {
    current = undefined;
  }
}

async function describeDevice(): Promise<void> {
  try {
    const { description, deviceClass, software } = (await gpu()).adapter;
    await send({ type: 'adapter', description, deviceClass, software });
  } catch (error) {
    await send({ type: 'failed', step: '', error: describeFailure(error, false) });
  }
}

type Failure = Extract<Reply, { type: 'failed' }>['error'];

/** An error as it crosses the process border. What is not one of runflow's own is a bug, and says so with its stack. */
function describeFailure(error: unknown, stopped: boolean): Failure {
  if (stopped || error instanceof InterruptedError) return { kind: 'interrupted', message: 'stopped' };
  if (error instanceof RunflowError) {
    const kind = error instanceof DataError ? 'data' : error instanceof EnvironmentError ? 'environment' : 'step';
    return { kind, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', message, ...(stack === undefined ? {} : { stack }) };
}

function receive(request: Request): void {
  switch (request.type) {
    case 'execute':
      void execute(request.job);
      break;
    case 'cancel':
      if (current?.step === request.step) current.stop.abort();
      break;
    case 'describe-device':
      void describeDevice();
      break;
    case 'exit':
      // Replies were awaited by whoever asks this, and objects are whole or invisible: nothing is left to save.
      process.exit(exitCodes.done);
  }
}

process.on('message', (request) => receive(request as Request));
process.on('disconnect', () => process.exit(exitCodes.interrupted));
// What the terminal sends (Ctrl-C, Ctrl-\, that it is gone) reaches the whole process group: the parent decides and tells
// by `cancel`, or ends.
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => undefined);
setInterval(() => {
  const deviceBusySeconds = openDevice?.busySeconds() ?? 0;
  const compilingKernels = openDevice?.compilingKernels ?? 0;
  void send({ type: 'alive', deviceBusySeconds, residentBytes: process.memoryUsage.rss(), compilingKernels });
}, heartbeatMilliseconds).unref();
void send({ type: 'ready' });
