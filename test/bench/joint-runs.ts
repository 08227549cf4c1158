/**
 * What several runners make of one run, as processes of this machine: node dist/test/bench/joint-runs.js [WORKFLOW]
 *
 * 1. WORKFLOW (workflows/exp1.yaml) alone and by 1, 2 and 4 runners, each in a cold store: seconds, the share of the runners'
 *    time in which no step of theirs was at work, whether each step was done once, and whether all tables have the same bytes.
 * 2. A small workflow by 8 runners in one cold store, ten times.
 *
 * Fails when bytes differ or a step was done twice.
 *
 * exp1 (684 steps) on two cores with a software device and other work beside: alone 97 s; 1 runner 106 s, 2 runners 68 s, 4 runners
 * 81 s; they wait 7, 17 and 31 % of their time. 8 runners of the small workflow (85 steps): 9 to 15 s, they wait 30 to 35 %.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventBus } from '../../src/run/events.js';
import { EventLogReader, type LoggedEvent } from '../../src/run/joint/event-log.js';
import { eventsFile, JointRun, placeNames } from '../../src/run/joint/joint-run.js';
import { runJointly } from '../../src/run/joint/run-jointly.js';
import { usualTiming } from '../../src/run/joint/timing.js';
import { runWorkflow } from '../../src/run/run.js';
import { RunTimes } from '../../src/run/run-times.js';
import { Store } from '../../src/store/store.js';
import { loadStudy } from '../../src/workflow/load.js';
import { ProcessQueue } from '../process-queue.js';
import { smallWorkflow } from '../small-workflow.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const workflow = process.argv[2] ?? join(root, 'workflows/exp1.yaml');
const folder = mkdtempSync(join(tmpdir(), 'runflow-joint-runs-'));
const timing = { ...usualTiming, pollSeconds: 1, tickSeconds: 0.2 };

async function studyOf(file: string) {
  const loaded = await loadStudy(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.value;
}

/** Runs alone. @returns seconds */
async function alone(file: string, name: string): Promise<number> {
  const started = performance.now();
  const store = Store.open(join(folder, `${name}-store`));
  const exitCode = await runWorkflow({
    study: await studyOf(file),
    store,
    events: new EventBus(),
    out: join(folder, name),
  });
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}`);
  const seconds = (performance.now() - started) / 1000;
  rmSync(store.path, { recursive: true });
  return seconds;
}

/** Runs by several runners, and compares with the results of the run alone. */
async function jointly(file: string, name: string, jobs: number, expected: string): Promise<string> {
  const queue = new ProcessQueue(process.env);
  const events = new EventBus();
  const problems: string[] = [];
  events.subscribe((event) => {
    if (event.type === 'warning' || event.type === 'step-failed') problems.push(event.message);
  });
  const store = Store.open(join(folder, `${name}-store`));
  const started = performance.now();
  try {
    const options = { study: await studyOf(file), store, events, out: join(folder, name), load: {}, timing };
    const exitCode = await runJointly({ ...options, queue, queueName: 'processes', jobs });
    if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}: ${problems.join('; ')}`);
  } finally {
    await queue.end();
  }
  const seconds = (performance.now() - started) / 1000;
  const logs = runnerLogs(store);
  const done = logs.flatMap((log) => log.flatMap(({ event }) => (event.type === 'step-finished' ? [event.step] : [])));
  const twice = done.filter((step, index) => done.indexOf(step) !== index);
  if (twice.length > 0) throw new Error(`${name}: done twice: ${twice.join(', ')}`);
  const files = compare(join(folder, expected), join(folder, name));
  const total = logs.reduce((sum, log) => sum + (log.at(-1)!.at - log[0]!.at) / 1000, 0);
  const busy = logs.reduce((sum, log) => sum + busySeconds(log), 0);
  rmSync(store.path, { recursive: true });
  const waits = `runners wait ${(100 * (1 - busy / total)).toFixed(0)} % of their ${total.toFixed(1)} s`;
  return `${seconds.toFixed(1)} s, ${done.length} steps, each once, ${waits}, ${files} tables as of the run alone`;
}

/** What each runner of the store's only joint run said. */
function runnerLogs(store: Store): readonly (readonly LoggedEvent[])[] {
  const [record] = store.runs.list();
  const joint = new JointRun(store, record!.id);
  return joint
    .places()
    .map((place) => [...new EventLogReader(joint.folder, [...placeNames(place), eventsFile]).read()])
    .filter((log) => log.length > 0);
}

/** Seconds in which a runner had at least one step at work. */
function busySeconds(log: readonly LoggedEvent[]): number {
  const bus = new EventBus();
  let now = 0;
  const times = new RunTimes(bus, () => now);
  for (const { at, event } of log) {
    now = at / 1000;
    bus.publish(event);
  }
  let busy = 0;
  let until = 0;
  for (const { start, end } of times.list()) {
    busy += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return busy;
}

/** @returns how many tables two results folders have; throws where one differs */
function compare(expected: string, found: string): number {
  const tables = (path: string) => readdirSync(path).filter((file) => file.endsWith('.csv'));
  const names = tables(expected);
  if (names.length === 0 || names.join() !== tables(found).join()) throw new Error(`${found} has other tables`);
  const other = names.filter((name) => !readFileSync(join(expected, name)).equals(readFileSync(join(found, name))));
  if (other.length > 0) throw new Error(`${found}: other bytes: ${other.join(', ')}`);
  return names.length;
}

try {
  console.log(`alone: ${(await alone(workflow, 'alone')).toFixed(1)} s`);
  for (const jobs of [1, 2, 4]) console.log(`${jobs} runners: ${await jointly(workflow, `by-${jobs}`, jobs, 'alone')}`);
  const small = join(folder, 'small.yaml');
  writeFileSync(small, smallWorkflow);
  await alone(small, 'small');
  for (let time = 1; time <= 10; time++) {
    console.log(`8 runners, ${time}: ${await jointly(small, `small-${time}`, 8, 'small')}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
