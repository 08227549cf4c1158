import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EventBus, type RunEvent } from '../../src/run/events.js';
import { type JointRunOptions, runJointly } from '../../src/run/joint/run-jointly.js';
import { shownRunners } from '../../src/run/joint/shown-runners.js';
import { usualTiming } from '../../src/run/joint/timing.js';
import { knownPrograms } from '../../src/run/programs/trust.js';
import { runWorkflow } from '../../src/run/run.js';
import { Store } from '../../src/store/store.js';
import { loadStudy } from '../../src/workflow/load.js';
import { ProcessQueue } from '../process-queue.js';
import { Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';
import { HubServer } from '../unit/data/hub-server.js';

const timing = { ...usualTiming, tickSeconds: 0.1, pollSeconds: 0.2, lostSeconds: 3, idleSeconds: 20, graceSeconds: 5 };

const test = suite('joint runs');
let folder: string;
const queues: ProcessQueue[] = [];
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'runflow-joint-'));
  writeFileSync(join(folder, 'small.yaml'), smallWorkflow);
  writeFileSync(join(folder, 'programs.yaml'), programs());
  writeFileSync(join(folder, 'step.cjs'), program);
});
test.after.each(async () => {
  for (const queue of queues.splice(0)) await queue.end();
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({ ...process.env, HF_HUB_OFFLINE: '1', NO_COLOR: '1' });

async function study(file = 'small.yaml') {
  const loaded = await loadStudy(join(folder, file));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.value;
}

/** Runs a workflow of the folder by runners that are processes of this machine. */
async function joint(name: string, { file = 'small.yaml', onEvent = () => undefined, ...changed }: Changed = {}) {
  const queue = new ProcessQueue(environment());
  queues.push(queue);
  const events = new EventBus();
  const told: RunEvent[] = [];
  events.subscribe((event) => {
    told.push(event);
    onEvent(event, changed.queue instanceof ProcessQueue ? changed.queue : queue);
  });
  const store = Store.open(join(folder, `${name}-store`));
  const options = { study: await study(file), store, events, out: join(folder, name), environment: environment() };
  const allowed = file === 'small.yaml' ? undefined : await allowedIn(file);
  const asked = { load: {}, ...(allowed && { allowed }), queue, queueName: 'processes', jobs: 2, timing };
  const exitCode = await runJointly({ ...options, ...asked, ...changed });
  return { exitCode, told, store, queue };
}

interface Changed extends Partial<JointRunOptions> {
  readonly file?: string;
  readonly onEvent?: (event: RunEvent, queue: ProcessQueue) => void;
}

/** Steps of programs, which take no device and no time: four that do not need each other. */
const programs = (mark = 'a') => `runflow: 1
name: programs
datasets:
  asked: { synthetic: problems, rows: 3 }
steps:
  one: { command: { run: [node, step.cjs, ${mark}] }, tables: [one.csv], inputs: { asked: { dataset: asked } } }
  two: { command: { run: [node, step.cjs, ${mark}] }, tables: [two.csv] }
  three: { command: { run: [node, step.cjs, ${mark}] }, tables: [three.csv] }
  beside: { command: { run: [node, step.cjs, ${mark}] }, tables: [beside.csv] }
`;

/** Writes every table that a step could be asked for; slowly enough to be interrupted. */
const program = `const fs = require('node:fs');
for (const name of ['one', 'two', 'three', 'beside']) fs.writeFileSync('outputs/' + name + '.csv', 'mark\\n' + process.argv[2] + '\\n');
setTimeout(() => process.exit(process.argv[2] === 'bad' ? 1 : 0), 300);
`;

async function allowedIn(file: string) {
  return knownPrograms(
    (await study(file)).cells.map(({ workflow }) => workflow),
    true,
  );
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

test('a runner that is killed is replaced, and what it had in work is done by another', async () => {
  let victim: number | undefined;
  const { exitCode, told, queue } = await joint('killed', {
    file: 'programs.yaml',
    jobs: 1,
    onEvent: (event, { children }) => {
      if (event.type !== 'step-started' || victim !== undefined) return;
      const [child] = [...children.values()].flat();
      victim = child!.pid;
      child!.kill('SIGKILL');
    },
  });
  assert.is(exitCode, 0, JSON.stringify(told.slice(-5)));
  assert.ok(told.some((event) => event.type === 'warning' && /runner 1\.0 on .* is lost/.test(event.message)));
  assert.is(queue.submitted.length, 2);
  const { ran, failed } = summaryOf(told);
  assert.equal({ ran, failed }, { ran: new Set(finished(told)).size, failed: 0 });
  assert.is(readFileSync(join(folder, 'killed/steps/three/three.csv'), 'utf8'), 'mark\na\n');
});

test('a runner that is warned of its time limit leaves, and another goes on', async () => {
  let isWarned = false;
  const { exitCode, told, queue } = await joint('limited', {
    file: 'programs.yaml',
    jobs: 1,
    onEvent: (event, { children }) => {
      if (event.type !== 'step-started' || isWarned) return;
      isWarned = true;
      [...children.values()].flat()[0]!.kill('SIGUSR2');
    },
  });
  assert.is(exitCode, 0, JSON.stringify(told.slice(-5)));
  assert.ok(told.some((event) => event.type === 'warning' && /the time of runner 1\.0/.test(event.message)));
  assert.is(queue.submitted.length, 2);
});

test('the same command attaches to a run that goes on, which edits do not reach', async () => {
  const queue = new ProcessQueue(environment());
  queues.push(queue);
  writeFileSync(join(folder, 'edited.yaml'), programs());
  const first = await joint('edited', { file: 'edited.yaml', queue, detach: true });
  assert.is(first.exitCode, 0);
  assert.not.ok(first.told.some(({ type }) => type === 'summary'));
  writeFileSync(join(folder, 'edited.yaml'), programs('b'));
  const second = await joint('edited', { file: 'edited.yaml', queue });
  assert.is(second.exitCode, 0, JSON.stringify(second.told.slice(-5)));
  assert.ok(second.told.some((event) => event.type === 'notice' && /was edited since/.test(event.message)));
  assert.is(queue.submitted.length, 1);
  assert.is(summaryOf(second.told).ran, finished(second.told).length);
  const runners = shownRunners(second.store, second.store.runs.list()[0]!.id);
  assert.is(runners.length, 2);
  assert.is(
    runners.reduce((sum, { steps }) => sum + steps, 0),
    finished(second.told).length,
  );
  // Whoever did not publish may still be leaving.
  assert.ok(runners.some(({ host, how, job }) => host !== null && how === 'done' && /^processes/.test(job!)));
  assert.is(readFileSync(join(folder, 'edited/steps/three/three.csv'), 'utf8'), 'mark\na\n');
});

test('Ctrl-C ends all runners, and the run is interrupted', async () => {
  const stop = new AbortController();
  const { exitCode, told, store } = await joint('cancelled', {
    file: 'programs.yaml',
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'step-finished') stop.abort();
    },
  });
  assert.is(exitCode, 130);
  assert.ok(summaryOf(told).interrupted);
  assert.is(store.runs.list()[0]!.outcome, 'interrupted');
  const forced = await joint('cancelled', { file: 'programs.yaml', force: ['command-results'] });
  assert.is(forced.exitCode, 0);
  assert.equal(finished(forced.told).length, 4, finished(forced.told).join(' '));
});

test('a step that fails is tried by one runner, and ends the run with its message', async () => {
  writeFileSync(join(folder, 'failing.yaml'), programs('bad'));
  const { exitCode, told, store } = await joint('failing', { file: 'failing.yaml' });
  assert.is(exitCode, 1, JSON.stringify(told.slice(-5)));
  const failures = told.flatMap((event) => (event.type === 'step-failed' ? [event.step] : []));
  assert.is(new Set(failures).size, failures.length);
  assert.is(summaryOf(told).failed, failures.length);
  assert.match(store.runs.list()[0]!.problem!, /one|two|three|beside/);
  const further = await joint('failing', { file: 'failing.yaml', keepGoing: true });
  assert.is(further.exitCode, 1);
  assert.is(summaryOf(further.told).failed, 4);
});

/** A step that kills its worker, as often as `times` says, and one beside it. */
async function killing(name: string, times: number) {
  const tries = join(folder, `${name}.tries`);
  writeFileSync(tries, '');
  writeFileSync(
    join(folder, `${name}.cjs`),
    `const fs = require('node:fs');
fs.appendFileSync(${JSON.stringify(tries)}, '.');
const textOf = (pid, file) => fs.readFileSync('/proc/' + pid + '/' + file, 'utf8');
let worker = process.ppid;
while (!textOf(worker, 'cmdline').includes('worker/main.js')) worker = Number(/PPid:\\s+(\\d+)/.exec(textOf(worker, 'status'))[1]);
if (fs.readFileSync(${JSON.stringify(tries)}, 'utf8').length <= ${times}) process.kill(worker, 'SIGKILL');
fs.writeFileSync('outputs/one.csv', 'mark\\n');
`,
  );
  writeFileSync(
    join(folder, `${name}.yaml`),
    `runflow: 1
name: ${name}
steps:
  one: { command: { run: [node, ${name}.cjs] }, tables: [one.csv] }
  two: { command: { run: [node, step.cjs, a] }, tables: [two.csv] }
`,
  );
  const { exitCode, store, told } = await joint(name, { file: `${name}.yaml`, jobs: 3 });
  return { exitCode, store, told, tries: readFileSync(tries, 'utf8').length };
}

test('a step that no worker survives is tried as often as in a local run, whatever the number of runners', async () => {
  const { exitCode, tries, store } = await killing('fatal', Number.POSITIVE_INFINITY);
  assert.is(exitCode, 1);
  assert.is(tries, 2);
  assert.match(store.runs.list()[0]!.problem!, /one\]: .*the worker process ended unexpectedly \(SIGKILL\)/);
});

test('a step whose worker was killed once is done in the end, and did not fail', async () => {
  const { exitCode, tries, told } = await killing('shaken', 1);
  assert.is(exitCode, 0, JSON.stringify(told.slice(-5)));
  assert.is(tries, 2);
  assert.is(summaryOf(told).failed, 0);
  const warnings = told.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  assert.equal(warnings, ['command-results[one]: the worker process ended unexpectedly (SIGKILL)']);
});

test('what needs the network is done on the submitting side', async () => {
  const server = await HubServer.start();
  try {
    const bytes = Buffer.from('{"prompt":"a","response":"b"}\n');
    server.repositories.set('datasets/lab/rows', {
      revisions: { main: 'd'.repeat(40) },
      files: { 'rows.jsonl': { bytes } },
    });
    writeFileSync(
      join(folder, 'hub.yaml'),
      programs().replace('synthetic: problems, rows: 3', 'hub: lab/rows, files: [rows.jsonl]'),
    );
    const hub = { HF_HOME: join(folder, 'hf'), HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '' };
    const online = { ...environment(), ...hub };
    const { exitCode, told, queue } = await joint('hub', { file: 'hub.yaml', jobs: 1, environment: online });
    assert.is(exitCode, 0, JSON.stringify(told.slice(-5)));
    const { variables } = queue.submitted[0]!;
    assert.equal(
      variables.filter((name) => name.startsWith('HF_')),
      ['HF_ENDPOINT', 'HF_HOME', 'HF_HUB_OFFLINE'],
    );
    assert.ok(finished(told).includes('fetch-dataset[asked]'), finished(told).join(' '));
    assert.is(server.requests.filter((request) => request.includes('resolve')).length, 1);
  } finally {
    await server.stop();
  }
});

/** Whether a process may be given mounts of its own here. */
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

(mayMount ? test : test.skip)(
  'runners that do not reach what was fetched leave with that word, which ends the run when all do',
  async () => {
    const server = await HubServer.start();
    try {
      const bytes = Buffer.from('{"prompt":"a","response":"b"}\n');
      server.repositories.set('datasets/lab/rows', {
        revisions: { main: 'd'.repeat(40) },
        files: { 'rows.jsonl': { bytes } },
      });
      writeFileSync(
        join(folder, 'apart.yaml'),
        `runflow: 1
name: apart
datasets:
  asked: { hub: lab/rows, files: [rows.jsonl] }
steps:
  one: { command: { run: [node, step.cjs, a] }, tables: [one.csv], inputs: { asked: { dataset: asked } } }
`,
      );
      const hub = { HF_HOME: join(folder, 'hf-here'), HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '' };
      const online = { ...environment(), ...hub };
      const queue = new ProcessQueue(online);
      queues.push(queue);
      // As on another host, what is fetched here is not there.
      mkdirSync(hub.HF_HOME);
      const elsewhere = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none "$0" && exec "$@"', hub.HF_HOME];
      const submit = queue.submit.bind(queue);
      queue.submit = (wanted) => submit(Object.assign(wanted, { argv: [...elsewhere, ...wanted.argv] }));
      const hurry = { ...timing, idleSeconds: 1, mostLost: 1 };
      const asked = { file: 'apart.yaml', jobs: 1, environment: online, queue, timing: hurry };
      const { exitCode, told } = await joint('apart', asked);
      assert.is(exitCode, 3, JSON.stringify(told.slice(-5)));
      const word = /fetch-dataset\[asked\]: .* does not reach .*hf-here.*rows\.jsonl: set HF_HOME to a folder/;
      assert.match(`${summaryOf(told).problem}`, word);
      assert.ok(told.some((event) => event.type === 'warning' && /^runner 2\.0 left: /.test(event.message)));
    } finally {
      await server.stop();
    }
  },
);

test('what the submitting side cannot do for others ends the run with that word', async () => {
  const server = await HubServer.start();
  try {
    server.repositories.set('datasets/lab/rows', {
      revisions: { main: 'd'.repeat(40) },
      files: { 'rows.jsonl': { bytes: Buffer.from('{"prompt":"a","response":"b"}\n') } },
    });
    writeFileSync(
      join(folder, 'gated.yaml'),
      programs().replace('synthetic: problems, rows: 3', 'hub: lab/rows, files: [rows.jsonl]'),
    );
    const hub = { HF_HOME: join(folder, 'hf-gated'), HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '' };
    const online = { ...environment(), ...hub };
    const queue = new ProcessQueue(online);
    queues.push(queue);
    const submit = queue.submit.bind(queue);
    queue.submit = (wanted) => {
      server.token = 'another';
      return submit(wanted);
    };
    const { exitCode, told } = await joint('gated', { file: 'gated.yaml', jobs: 1, environment: online, queue });
    assert.is(exitCode, 3, JSON.stringify(told.slice(-5)));
    const word = /^what needs the network cannot be done on this side: .*refuses access \(401\)/;
    assert.match(`${summaryOf(told).problem}`, word);
    assert.is(queue.submitted.length, 1, 'no runner waits for it in vain');
  } finally {
    await server.stop();
  }
});

test('data that changed after the submission is refused by its name', async () => {
  writeFileSync(join(folder, 'rows.jsonl'), '{"prompt":"a","response":"b"}\n');
  writeFileSync(join(folder, 'changed.yaml'), programs().replace('synthetic: problems, rows: 3', 'path: rows.jsonl'));
  const queue = new ProcessQueue(environment());
  queues.push(queue);
  const submit = queue.submit.bind(queue);
  queue.submit = (wanted) => {
    writeFileSync(join(folder, 'rows.jsonl'), '{"prompt":"c","response":"d"}\n');
    return submit(wanted);
  };
  const { exitCode, told, store } = await joint('changed', { file: 'changed.yaml', jobs: 1, queue });
  assert.is(exitCode, 3, JSON.stringify(told.slice(-5)));
  assert.match(`${summaryOf(told).problem}`, /asked is not what was submitted: .*rows\.jsonl/);
  assert.is(store.runs.list()[0]!.outcome, 'failed');
});

test('a host that does not see the store says so', async () => {
  const box = await Sandbox.make();
  try {
    const argv = [
      'runner',
      '--store',
      box.path('elsewhere'),
      '--run',
      'x',
      '--attempt',
      '1',
      '--index',
      '0',
      '--silence',
      '120',
    ];
    const { status, stderr } = await box.runflow(argv);
    assert.is(status, 3);
    assert.match(stderr, /submission\.json is not there, as this host sees it/);
    assert.not.ok(existsSync(box.path('elsewhere')));
  } finally {
    await box.remove();
  }
});

test.run();
