/** Stands in for src/worker/main.ts. The kind of the job it gets says how it behaves. */
import type { Reply, Request } from '../../../../src/worker/protocol.js';

const send = (reply: Reply) => process.send!(reply);
let alive: Reply | undefined = { type: 'alive', deviceBusySeconds: 0, residentBytes: 1, compilingKernels: 2 };
setInterval(() => alive && send(alive), 50).unref();

process.on('message', (request: Request) => {
  if (request.type === 'exit') process.exit(0);
  if (request.type === 'describe-device') {
    const step = '';
    const deviceClass = process.env.FAKE_DEVICE ?? 'vulkan/fake';
    if (deviceClass === 'none') send({ type: 'failed', step, error: { kind: 'environment', message: 'no adapter' } });
    else send({ type: 'adapter', description: 'Fake', deviceClass, software: true });
  }
  if (request.type !== 'execute') return;
  const { step, kind } = request.job;
  switch (kind) {
    case 'answer':
      send({ type: 'progress', step, done: 1, total: 2, unit: 'tensors' });
      send({ type: 'log', step, line: 'half way' });
      send({ type: 'done', step, outputs: { pid: { digest: 'sha256:1', bytes: process.pid } } });
      break;
    case 'bad-data':
    case 'bug': {
      const kindOfError = kind === 'bug' ? 'bug' : 'data';
      send({ type: 'failed', step, error: { kind: kindOfError, message: `this is ${kind}`, stack: 'Error: at x' } });
      break;
    }
    case 'device-lost':
      send({ type: 'failed', step, error: { kind, message: 'The device was lost' } });
      break;
    case 'crash':
      process.stderr.write('driver: assertion failed\n', () => process.kill(process.pid, 'SIGKILL'));
      break;
    case 'silent':
      alive = undefined;
      break;
    case 'endless':
      for (;;);
    case 'busy':
      alive = { type: 'alive', deviceBusySeconds: 100, residentBytes: 1, compilingKernels: 0 };
      break;
    default: // 'deaf': goes on as if nobody had asked it to stop
  }
});

if (process.env.FAKE_START === 'crash') process.exit(7);
send({ type: 'ready' });
