/**
 * Counts what sharing a store costs: 64 runners go through the same 10,000 steps, with the real scheduler, locks and
 * records, on one disk: node dist/test/bench/lock-traffic.js [RUNNERS] [STEPS] [SECONDS OF A STEP]. All runners are in
 * this process, each as a host of its own; a step waits for its seconds and stores one small object. Calls are those that
 * may ask a file server; steps do not depend on each other, so every runner meets the locks of all others.
 *
 * 64 runners, 10,000 steps of 1 s, on two busy cores: 194 s (at best 156 s: a runner waited 16 times for another), 27.5 calls for the lock of a
 * step, 5.9 calls a step and runner, for each reads the records of all steps. At 1 ms a call that is 59 s of a runner's time over the
 * whole run, however long the steps take.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../../src/formats/digest.js';
import { resolve } from '../../src/plan/resolve.js';
import { EventBus } from '../../src/run/events.js';
import { Scheduler } from '../../src/run/schedule/scheduler.js';
import { stepStore } from '../../src/run/schedule/step-store.js';
import { type Disk, realDisk } from '../../src/store/disk.js';
import { thisProcess } from '../../src/store/process-identity.js';
import { Store } from '../../src/store/store.js';
import { MemoryStore, make, situationOf } from '../unit/plan/memory-store.js';

const [runners, steps, seconds] = [process.argv[2] ?? 64, process.argv[3] ?? 10_000, process.argv[4] ?? 1].map(
  Number,
) as [number, number, number];

/** Questions to a server of calls that are more than one: look up, open, read or write, close. */
const questions: Readonly<Record<string, number>> = {
  readFileSync: 3,
  writeFile: 3,
  appendFileSync: 1,
  rm: 2,
  closeSync: 1,
};
const calls = new Map<string, number>();

function count(name: string, isMissing = false): void {
  calls.set(name, (calls.get(name) ?? 0) + (isMissing ? 1 : (questions[name] ?? 1)));
}

/** A disk whose calls are counted; what is asked of a missing file is one question. */
function counted<T extends object>(target: T): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property);
      const name = String(property);
      if (name === 'promises') return counted(value as object);
      if (typeof value !== 'function' || name === 'fd') return value;
      return (...rest: unknown[]) => {
        try {
          const result: unknown = value.apply(object, rest);
          count(name);
          return name === 'open' && result instanceof Promise
            ? result.then((handle: FileHandle) => counted(handle))
            : result;
        } catch (error) {
          count(name, true);
          throw error;
        }
      };
    },
  });
}

const total = () => [...calls.values()].reduce((sum, number) => sum + number, 0);
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'runflow-locks-'));
const path = join(folder, 'store');
const plan = Array.from({ length: steps }, (_, index) => make(`s${index}`, ['source'], { index }));
const outcomes = resolve(plan, situationOf(new MemoryStore()));
let executed = 0;
let waited = 0;
let cached = 0;

async function runner(number: number): Promise<void> {
  const identity = { ...thisProcess(), host: `host-${number}` };
  const store = Store.open(path, { disk: counted(realDisk) as Disk, identity, hostName: `host-${number}` });
  const run = await store.runs.begin({ name: 'bench', file: 'bench.yaml' });
  const situation = situationOf(new MemoryStore(), { lookUp: (key) => store.lookUp(key) });
  const events = new EventBus();
  events.subscribe(({ type }) => {
    if (type === 'step-waiting') waited += 1;
    if (type === 'step-cached') cached += 1;
  });
  const execute = async ({ step }: { readonly step: string }) => {
    executed += 1;
    await sleep(seconds * 1000 * (0.5 + Math.random()));
    return { out: await store.objects.put(`output of ${step}`) };
  };
  await new Scheduler({
    steps: plan,
    outcomes: new Map(outcomes),
    situation,
    store: stepStore(store, run),
    executor: { slots: 1, execute, kill: () => {}, close: async () => {} },
    events,
    reported: new Set(),
    expectedOf: () => ({ least: 0 }),
    reasonOf: () => '',
    workflow: 'bench',
    versions: {},
    keepGoing: false,
    retries: 0,
    redacted: (text) => text,
    signal: new AbortController().signal,
    team: {
      takes: () => true,
      leaves: () => false,
      othersTake: () => false,
      lost: async () => 1,
      refresh: async () => {},
      failureOf: () => undefined,
      failed: async () => {},
      drain: new AbortController().signal,
      idleMilliseconds: 600_000,
    },
  }).run();
  await run.finish('done');
}

/** What a runner that is alone spends on the lock of a step: taken, checked before the record, given back. */
async function alone() {
  const store = Store.open(join(folder, 'alone'), { disk: counted(realDisk) as Disk });
  const run = await store.runs.begin({ name: 'bench', file: 'bench.yaml' });
  const ofRun = stepStore(store, run);
  const keys = Array.from({ length: 1000 }, (_, index) => digestOf(`key ${index}`));
  const before = total();
  const begun = performance.now();
  for (const key of keys) {
    const lock = await ofRun.tryLock(key);
    await lock?.isOurs();
    await lock?.release();
  }
  const milliseconds = (performance.now() - begun) / keys.length;
  return { calls: (total() - before) / keys.length, milliseconds };
}

try {
  const lock = await alone();
  calls.clear();
  const begun = performance.now();
  await Promise.all(Array.from({ length: runners }, (_, number) => runner(number)));
  const took = (performance.now() - begun) / 1000;
  const all = total();
  console.log(
    `${runners} runners, ${steps} steps of ${seconds} s: ${took.toFixed(0)} s, at best ${((steps * seconds) / runners).toFixed(0)} s`,
  );
  console.log(`${executed} steps executed, ${cached} taken from others, ${waited} waits told`);
  console.log(`the lock of a step: ${lock.calls.toFixed(1)} calls, ${lock.milliseconds.toFixed(2)} ms on this disk`);
  console.log(
    `${all} calls, ${(all / steps).toFixed(0)} a step, ${(all / steps / runners).toFixed(1)} a step and runner`,
  );
  const each = [...calls].sort((a, b) => b[1] - a[1]).slice(0, 8);
  console.log(each.map(([name, number]) => `${name} ${(number / steps).toFixed(1)}`).join(', '), 'a step');
  const perRunner = (all / runners) * 1e-3;
  console.log(
    `on NFS at 1 ms a call: ${perRunner.toFixed(0)} s a runner, ${((100 * perRunner) / took).toFixed(0)} % of its time; ${(all / took).toFixed(0)} calls a second for the server`,
  );
  if (executed !== steps) throw new Error(`${executed} executions of ${steps} steps`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
