import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, InterruptedError } from '../../../../src/diagnostics/errors.js';
import { digestOf } from '../../../../src/formats/digest.js';
import { EventBus, type RunEvent } from '../../../../src/run/events.js';
import type { Executor, JobObserver } from '../../../../src/run/executors/executor.js';
import { LoggingExecutor } from '../../../../src/run/executors/logging.js';
import { withoutSecrets } from '../../../../src/run/secrets.js';
import { Store } from '../../../../src/store/store.js';
import type { Job } from '../../../../src/worker/protocol.js';
import { temporaryFolder } from '../../store/temporary-store.js';

const store = Store.open(temporaryFolder());
await store.folder.prepare();
const environment = { HF_TOKEN: 'hf_12345678', JUDGE_API_KEY: 'sk-abcdefgh', EMPTY_TOKEN: '', PATH: '/usr/bin:/bin' };
const job: Job = {
  step: 'train[a]',
  kind: 'train',
  key: digestOf('a'),
  lock: 't',
  params: {},
  inputs: {},
  store: '',
  run: 'r1',
};
const silent: JobObserver = { progress() {}, compiling() {}, log() {}, warn() {} };

/** An executor that says what it is told to, and what its listeners heard. */
function logging(execute: (observer: JobObserver) => void) {
  const events = new EventBus();
  const warnings: RunEvent[] = [];
  events.subscribe((event) => warnings.push(event));
  const executor: Executor = {
    slots: 1,
    execute: async (_, observer) => {
      execute(observer);
      return {};
    },
    kill() {},
    close: async () => {},
  };
  const redacted = withoutSecrets(environment);
  return { executor: new LoggingExecutor(executor, { logs: store.logs, events, redacted }), warnings };
}

const run = (key: string, execute: (observer: JobObserver) => void, signal = new AbortController().signal) =>
  logging(execute).executor.execute({ ...job, key: digestOf(key) }, silent, signal);

const said = (key: string) =>
  store.logs
    .of(digestOf(key))
    .map(({ outcome, lines }) => [outcome, ...lines.map(({ level, text, hint }) => [level, text, hint])]);

test('lines, warnings and the end of progress are kept, without secrets', async () => {
  await run('a', (observer) => {
    observer.log('token hf_12345678 of /usr/bin:/bin');
    observer.warn('key sk-abcdefgh', 'not hf_12345678');
    observer.progress({ done: 1, total: 2, note: 'loss 3' });
    observer.progress({ done: 2, total: 2, unit: 'steps', note: 'loss 2' });
  });
  assert.equal(said('a'), [
    [
      'done',
      ['line', 'token [HF_TOKEN] of /usr/bin:/bin', undefined],
      ['warning', 'key [JUDGE_API_KEY]', 'not [HF_TOKEN]'],
      ['line', '2 of 2 steps: loss 2', undefined],
    ],
  ]);
});

test('what was done without a word has no log; what failed has its message and hint', async () => {
  await run('b', () => {});
  assert.equal(said('b'), []);
  const fail = () => {
    throw new DataError('bad hf_12345678', { hint: 'mend it' });
  };
  const error = await run('b', fail).catch((thrown: unknown) => thrown);
  assert.instance(error, DataError);
  assert.equal(said('b'), [['failed', ['error', 'bad [HF_TOKEN]', 'mend it']]]);
});

test('a step that was stopped is interrupted, and no error is made of it', async () => {
  await run('c', (observer) => {
    observer.log('begins');
    throw new InterruptedError('stopped');
  }).catch(() => undefined);
  assert.equal(said('c'), [['interrupted', ['line', 'begins', undefined]]]);
});

test('of many attempts the newest are kept, and of a long log as much as a log may hold', async () => {
  const { executor } = logging((observer) => observer.log('again'));
  for (let attempt = 0; attempt < 8; attempt++) {
    await executor.execute({ ...job, key: digestOf('d') }, silent, new AbortController().signal);
  }
  assert.equal(
    store.logs.of(digestOf('d')).map(({ attempt }) => attempt),
    [4, 5, 6, 7, 8],
  );
  await run('e', (observer) => {
    for (let line = 0; line < 3000; line++) observer.log('x'.repeat(1000));
    throw new DataError('the end');
  }).catch(() => undefined);
  const [log] = store.logs.of(digestOf('e'));
  assert.ok(log!.cut > 1500 && log!.cut + log!.lines.length === 3001, `${log!.cut}`);
  assert.is(log!.lines.at(-1)!.text, 'the end');
});

test('a log that cannot be written is told once, and the step goes on', async () => {
  const { executor, warnings } = logging((observer) => {
    observer.log('one');
    observer.log('two');
  });
  const key = digestOf('f');
  const { disk } = store.folder;
  disk.mkdirSync(store.folder.logs(key).slice(0, -65), { recursive: true });
  disk.writeFileSync(store.folder.logs(key), 'in the way');
  await executor.execute({ ...job, key }, silent, new AbortController().signal);
  assert.is(warnings.length, 1);
  assert.match(JSON.stringify(warnings[0]), /Steps go on without a log/);
});

test.run();
