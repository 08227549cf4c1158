import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GroupTotal, RunEvent } from '../../../../src/run/events.js';
import { plainRenderer } from '../../../../src/run/render/plain.js';
import { jsonRenderer, selectRenderer } from '../../../../src/run/render/select.js';
import { terminalRenderer } from '../../../../src/run/render/terminal.js';
import { clock, duration, printable, type Style, styleFor } from '../../../../src/run/render/text.js';

/** Keeps what is written, and looks like a terminal to those who ask. */
class Screen extends Writable {
  text = '';
  isTTY: boolean;
  columns = 100;
  rows = 40;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}

const uncoloured: Style = styleFor({ write: () => true }, {});
const key = `sha256:${'0'.repeat(64)}` as const;

function started(groups: readonly (Omit<GroupTotal, 'cached'> & { cached?: number })[]): RunEvent {
  const totals = groups.map((group) => ({ cached: 0, ...group }));
  const sum = (of: 'steps' | 'cached') => totals.reduce((total, group) => total + group[of], 0);
  return {
    type: 'run-started',
    run: 'r1',
    workflow: 'exp3',
    time: '2026-01-01T00:00:00Z',
    steps: sum('steps'),
    cached: sum('cached'),
    groups: totals,
  };
}
const begin = (group: string, step: string, cost?: number): RunEvent => ({
  type: 'step-started',
  step,
  kind: step.replace(/\[.*/s, ''),
  group,
  attempt: 1,
  reason: 'new',
  ...(cost === undefined ? {} : { cost }),
});
const finish = (group: string, step: string, seconds: number): RunEvent => ({
  type: 'step-finished',
  step,
  group,
  key,
  seconds,
  bytes: 1,
});
const summary = (of: Partial<Extract<RunEvent, { type: 'summary' }>> = {}): RunEvent => ({
  type: 'summary',
  ran: 0,
  cached: 0,
  failed: 0,
  skipped: 0,
  interrupted: false,
  seconds: 0.25,
  results: 'results/exp3',
  ...of,
});

/** Plays events to the plain renderer; a number advances the clock by as many seconds. */
async function transcript(...script: readonly (RunEvent | number)[]): Promise<string[]> {
  const screen = new Screen(false);
  let now = 100;
  const renderer = plainRenderer(screen, { clock: () => now });
  for (const item of script) {
    if (typeof item === 'number') now += item;
    else renderer.handle(item);
  }
  await renderer.close();
  return screen.text.trimEnd().split('\n');
}

const svd = 'SVD of alignment';

test('a plain log tells when a group begins, now and then how far it is, when it is done, and what came of the run', async () => {
  const steps = Array.from({ length: 12 }, (_, index) => [
    begin(svd, `svd[${index}]`),
    4,
    finish(svd, `svd[${index}]`, 4),
  ]);
  const lines = await transcript(
    started([
      { group: svd, steps: 13, cached: 1 },
      { group: 'Tables', steps: 1 },
    ]),
    { type: 'step-cached', step: 'svd[12]', group: svd, key },
    { type: 'device', adapter: 'SwiftShader', deviceClass: 'vulkan/google/swiftshader', software: true },
    ...steps.flat(),
    begin('Tables', 'energy-table'),
    0.3,
    finish('Tables', 'energy-table', 0.3),
    { type: 'result', file: 'results/exp3/energy.csv', changed: true },
    { type: 'result', file: 'overlap.csv', changed: false },
    summary({ ran: 13, cached: 1, seconds: 48.3, report: 'results/exp3/report.html' }),
  );
  assert.equal(lines, [
    'exp3: 14 steps, 1 cached, 13 to run',
    '   0:00  device: SwiftShader (software)',
    '   0:04  SVD of alignment 2/13 (1 cached)',
    '   0:16  SVD of alignment 5/13 (1 cached), 13 s to 1:20 left',
    '   0:28  SVD of alignment 8/13 (1 cached), 8.9 s to 45 s left',
    '   0:40  SVD of alignment 11/13 (1 cached), 3.8 s to 17 s left',
    '   0:48  SVD of alignment 13/13 (1 cached), took 48 s',
    '   0:48  Tables 1/1, took 0.3 s',
    'done in 48 s: 13 ran, 1 cached',
    '  results: results/exp3 (new: energy.csv)',
    '  report:  results/exp3/report.html',
  ]);
});

test('new files of the cells of a matrix are told by their number', async () => {
  const names = ['energy.csv', 'cells/a/energy.csv', 'cells/a/figures/x.svg', 'cells/b/energy.csv', 'tables/x.tex'];
  const results = names.map((name): RunEvent => ({ type: 'result', file: `results/exp3/${name}`, changed: true }));
  const lines = await transcript(started([{ group: svd, steps: 1 }]), ...results, summary({ ran: 1 }));
  assert.is(lines.at(-1), '  results: results/exp3 (new: energy.csv, cells/ (3 files of 2 cells), tables/x.tex)');
});

test('a group that is done within a second gets one line, and steps that say nothing still show that they run', async () => {
  const lines = await transcript(
    started([{ group: svd, steps: 1 }]),
    begin(svd, 'svd[a]'),
    0.5,
    finish(svd, 'svd[a]', 0.5),
  );
  assert.equal(lines.slice(1), ['   0:00  SVD of alignment 1/1, took 0.5 s']);
  const screen = new Screen(false);
  let now = 0;
  const renderer = plainRenderer(screen, { clock: () => now });
  renderer.handle(started([{ group: svd, steps: 1 }]));
  renderer.handle(begin(svd, 'svd[a]'));
  now = 61;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await renderer.close();
  assert.match(screen.text, '   1:01  SVD of alignment 0/1\n');
});

test('a run with nothing to do says so in two lines', async () => {
  assert.equal(
    await transcript(
      started([{ group: svd, steps: 2, cached: 2 }]),
      { type: 'step-cached', step: 'svd[0]', group: svd, key },
      { type: 'step-cached', step: 'svd[1]', group: svd, key },
      summary({ cached: 2 }),
    ),
    ['exp3: 2 steps, 2 cached, 0 to run', 'done in 0.3 s: 0 ran, 2 cached', '  results: results/exp3 (unchanged)'],
  );
});

test('a failure is shown when it happens, with what, where and what to do; what it keeps from running is told once', async () => {
  const skip = (step: string): RunEvent => ({ type: 'step-skipped', step, group: 'Energy', because: 'svd[a] failed' });
  const lines = await transcript(
    started([
      { group: svd, steps: 2 },
      { group: 'Energy', steps: 2 },
    ]),
    begin(svd, 'svd[a]'),
    {
      type: 'step-failed',
      step: 'svd[a]',
      group: svd,
      message: 'tensor a of base has 3 values that are not finite\nfirst at [0, 7]',
      hint: 'Use another checkpoint.',
      origin: 'updates.alignment',
    },
    skip('energy[a]'),
    skip('energy[b]'),
    begin(svd, 'svd[b]'),
    1,
    finish(svd, 'svd[b]', 1),
    summary({ ran: 1, failed: 1, skipped: 2, seconds: 1 }),
  );
  assert.equal(lines, [
    'exp3: 4 steps, 0 cached, 4 to run',
    'failed svd[a] (updates.alignment)',
    '  tensor a of base has 3 values that are not finite',
    '  first at [0, 7]',
    '  hint: Use another checkpoint.',
    '   0:00  not run energy[a] and what follows: svd[a] failed',
    '   0:01  SVD of alignment 2/2 (1 failed), took 1.0 s',
    'failed in 1.0 s: 1 ran, 0 cached, 1 failed, 2 not run because of that',
    '  results: results/exp3 (unchanged)',
  ]);
});

test('a run without a results folder, such as that of an export, names none', async () => {
  const { results: _, ...exported } = summary({ failed: 1 }) as Extract<RunEvent, { type: 'summary' }>;
  const lines = await transcript(started([{ group: svd, steps: 1 }]), exported);
  assert.equal(lines.slice(1), ['failed in 0.3 s: 0 ran, 0 cached, 1 failed']);
});

test('an interrupted run says that finished steps are kept', async () => {
  const lines = await transcript(started([{ group: svd, steps: 2 }]), summary({ ran: 1, interrupted: true }));
  assert.equal(lines.slice(1), [
    'interrupted in 0.3 s: 1 ran, 0 cached',
    '  finished steps are kept: the same command continues from here',
    '  results: results/exp3 (unchanged)',
  ]);
});

test('who waits for another run says for whom, since when that one is silent, and when its step is taken over', async () => {
  const wait = (more: object): RunEvent => ({ type: 'step-waiting', step: 'svd[a]', group: svd, process: 71, host: null, ...more }); // biome-ignore format: one line
  const silentSince = new Date(2026, 0, 1, 9, 1, 31).toISOString();
  const silent = { host: 'node-7', silentSeconds: 40, silentSince, takenOverInSeconds: 80 };
  const lines = await transcript(started([{ group: svd, steps: 2 }]), wait({}), 40, wait(silent));
  assert.equal(lines.slice(1), [
    '   0:00  svd[a] waits for process 71 of this machine, which works on it',
    '   0:40  svd[a] waits for process 71 of another machine (node-7), silent for 40 s (since 09:01:31), taken over in 1:20 unless it speaks',
  ]);
  const row = await transcript(started([{ group: svd, steps: 2 }]), wait(silent), begin(svd, 'svd[b]'), 2, { type: 'step-progress', step: 'svd[b]', group: svd, done: 0, total: 0 }); // biome-ignore format: one line
  assert.match(
    row.at(-1)!,
    /^ {3}0:02 {2}SVD of alignment 0\/2; waits for process 71 of another machine \(node-7\), silent for 40 s/,
  );
  const stopped = await transcript(started([{ group: svd, steps: 2 }]), wait({ silentSeconds: 3600, silentSince }));
  assert.match(stopped.at(-1)!, /process 71 of this machine, silent for 1:00:00 \(since 09:01:31\): it lives, but/);
});

test('who waits for another run says which, and since when that one works on the step', async () => {
  const since = new Date(2026, 0, 1, 9, 2, 11).toISOString();
  const lines = await transcript(started([{ group: svd, steps: 2 }]), {
    type: 'step-waiting',
    step: 'svd[a]',
    group: svd,
    process: 71,
    host: null,
    run: '20260101-3fa9c1',
    workflow: 'exp3',
    since,
  });
  const who = 'run 20260101-3fa9c1 of exp3 (process 71 of this machine)';
  assert.is(lines.at(-1), `   0:00  svd[a] waits for ${who}, which works on it since 09:02:11`);
});

test('what is fetched is told in bytes that people read, and how long the rest may take by earlier runs', async () => {
  const group = 'Model base';
  const [step, most] = ['fetch[base]', 90];
  const lines = await transcript(
    started([{ group, steps: 2, expected: { steps: 2, least: 20, most: 200, unknown: 0 } }]),
    { ...begin(group, step), expected: { least: 10, most } } as RunEvent,
    2.5,
    { type: 'step-progress', step, group, done: 2 ** 30, total: 3 * 2 ** 30, unit: 'bytes', note: 'fetching org/base' },
  );
  assert.is(lines.at(-1), '   0:02  Model base 0/2, 13 s to 1:59 left; 1 GiB of 3 GiB, fetching org/base');
});

test('a step that waits for its kernels says so until they are there', async () => {
  const [group, step] = ['Training', 'train[m]'];
  const compiling = (kernels: number): RunEvent => ({ type: 'step-compiling', step, group, kernels });
  const lines = await transcript(started([{ group, steps: 1 }]), begin(group, step), 3, compiling(12), 11, compiling(1), 11, compiling(0)); // biome-ignore format: a script
  assert.equal(lines.slice(1), [
    '   0:03  Training 0/1; compiling 12 kernels',
    '   0:14  Training 0/1; compiling 1 kernel',
    '   0:25  Training 0/1',
  ]);
});

test('of steps that wait for one run, one after the other, a line now and then is told', async () => {
  const wait = (step: string, process = 71): RunEvent => ({
    type: 'step-waiting',
    step,
    group: svd,
    process,
    host: null,
  });
  const steps = Array.from({ length: 30 }, (_, index) => wait(`svd[${index}]`));
  const lines = await transcript(
    started([{ group: svd, steps: 40 }]),
    ...steps,
    wait('svd[x]', 72),
    11,
    wait('svd[y]'),
  );
  assert.equal(lines.slice(1), [
    '   0:00  svd[0] waits for process 71 of this machine, which works on it',
    '   0:00  svd[x] waits for process 72 of this machine, which works on it',
    '   0:11  svd[y] waits for process 71 of this machine, which works on it',
  ]);
});

test('a long step tells how far it is inside', async () => {
  const lines = await transcript(
    started([{ group: 'Training', steps: 1 }]),
    begin('Training', 'finetune[useful]'),
    30,
    {
      type: 'step-progress',
      step: 'finetune[useful]',
      group: 'Training',
      done: 100,
      total: 400,
      unit: 'steps',
      note: 'loss 1.23',
    },
  );
  assert.is(lines.at(-1), '   0:30  Training 0/1, 53 s to 2:33 left; 100/400 steps, loss 1.23');
});

test('time left follows the cost of steps where the planner gives it, and what ran side by side', async () => {
  const group = { group: svd, steps: 4, cost: 100 };
  const lines = await transcript(
    started([group]),
    begin(svd, 'a', 10),
    begin(svd, 'b', 10),
    12,
    finish(svd, 'a', 12),
    begin(svd, 'c', 40),
  );
  // 10 of 100 units took 12 s: b is due, and 80 units are left: 96 s of work, two at a time.
  assert.is(lines.at(-1), '   0:12  SVD of alignment 1/4, 14 s to 2:48 left');
  const more = await transcript(started([group]), begin(svd, 'a', 10), begin(svd, 'b', 10), 12, finish(svd, 'a', 12), finish(svd, 'b', 12), begin(svd, 'c', 40), begin(svd, 'd', 40), 10, { type: 'step-progress', step: 'c', group: svd, done: 0, total: 0 }); // biome-ignore format: a script
  assert.is(more.at(-1), '   0:22  SVD of alignment 2/4, 13 s to 1:51 left');
});

test('a plan that grows is told with its new totals', async () => {
  const lines = await transcript(
    started([{ group: 'Fetch', steps: 1 }]),
    begin('Fetch', 'fetch[base]'),
    2,
    finish('Fetch', 'fetch[base]', 2),
    {
      type: 'plan-extended',
      steps: 30,
      cached: 4,
      groups: [
        { group: 'Fetch', steps: 1, cached: 0 },
        { group: svd, steps: 29, cached: 4 },
      ],
    },
  );
  assert.is(lines.at(-1), '   0:02  plan extended: 30 steps, 4 cached, 26 to run');
});

test('--json writes every event as one line, as it is', async () => {
  const screen = new Screen(false);
  const renderer = jsonRenderer(screen);
  const events = [
    started([{ group: svd, steps: 1 }]),
    begin(svd, 'svd[\n\u001b[31m]'),
    finish(svd, 'svd[a]', 1 / 3),
    summary({ ran: 1 }),
  ];
  for (const event of events) renderer.handle(event);
  await renderer.close();
  const lines = screen.text.trimEnd().split('\n');
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    events,
  );
  assert.is(JSON.parse(lines.at(-1)!).type, 'summary');
});

test('reading a large checkpoint before the run is told now and then, and a store that was tidied too', async () => {
  const hashing = (done: number): RunEvent => ({ type: 'hashing', model: 'base', done, total: 3 * 2 ** 30 });
  const lines = await transcript(
    hashing(2 ** 20),
    1,
    hashing(2 ** 29),
    10,
    hashing(2 ** 31),
    started([]),
    { type: 'collected', bytes: 2 ** 30, steps: 12 },
    summary(),
  );
  assert.equal(lines.slice(0, -2), [
    'reading checkpoint base: 1 MiB of 3 GiB',
    'reading checkpoint base: 2 GiB of 3 GiB',
    'exp3: 0 steps, 0 cached, 0 to run',
    'the store was over its limit: 1 GiB of 12 older steps removed',
  ]);
});

test('control and direction characters in names are shown, not obeyed', async () => {
  const [, line] = await transcript(
    started([{ group: 'x', steps: 1 }]),
    begin('a\u001b[2Jb\u202ec\nd', 's'),
    0.2,
    finish('a\u001b[2Jb\u202ec\nd', 's', 0.2),
  );
  assert.is(line, '   0:00  a\\u001b[2Jb\\u202ec · d 1/0, took 0.2 s');
  assert.is(printable('tab\tand\nline'), 'tab and\nline');
});

test('colours are for terminals that want them', () => {
  const coloured = (isTTY: boolean, environment: NodeJS.ProcessEnv) =>
    styleFor({ write: () => true, isTTY }, environment).bad('x') !== 'x';
  assert.is(coloured(true, {}), true);
  assert.is(coloured(true, { NO_COLOR: '1' }), false);
  assert.is(coloured(true, { NO_COLOR: '' }), true);
  assert.is(coloured(true, { TERM: 'dumb' }), false);
  assert.is(coloured(false, {}), false);
});

test('durations read well at every size', () => {
  assert.equal([0, 0.04, 9.94, 9.96, 59.4, 59.6, 3599, 3600, 7384].map(duration), [
    '0.0 s',
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1:00',
    '59:59',
    '1:00:00',
    '2:03:04',
  ]);
  assert.equal([0, 61, 3661].map(clock), ['0:00', '1:01', '1:01:01']);
});

/** What a terminal shows in the end: without colours, and without lines that were erased. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const plainText = (text: string) => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');

async function onTerminal(events: readonly (RunEvent | 'wait')[]): Promise<string> {
  const screen = new Screen(true);
  const renderer = terminalRenderer(screen.stream, { style: uncoloured });
  for (const event of events) {
    if (event === 'wait') await new Promise((resolve) => setTimeout(resolve, 400));
    else renderer.handle(event);
  }
  await renderer.close();
  return plainText(screen.text);
}

test('on a terminal rows are live, and what stays is a line a group, the failures in full and the summary', async () => {
  const text = await onTerminal([
    started([
      { group: svd, steps: 2 },
      { group: 'Energy', steps: 1 },
      { group: 'Cached', steps: 0 },
    ]),
    begin(svd, 'svd[a]'),
    'wait',
    finish(svd, 'svd[a]', 0.4),
    begin(svd, 'svd[b]'),
    { type: 'step-failed', step: 'svd[b]', group: svd, message: 'the device was lost', hint: 'Run again.' },
    'wait',
    { type: 'step-skipped', step: 'energy[b]', group: 'Energy', because: 'svd[b] failed' },
    summary({ ran: 1, failed: 1, skipped: 1, seconds: 0.9 }),
  ]);
  assert.match(text, /All steps 0\/3, 0:00 so far/);
  assert.match(text, /SVD of alignment 2\/2 \(1 failed\)/);
  const end = text
    .slice(text.lastIndexOf('✖ SVD'))
    .replace(/took \d\.\d s/, 'took T')
    .trimEnd()
    .split('\n');
  assert.equal(end, [
    '✖ SVD of alignment 2/2 (1 failed), took T',
    '– Energy 1/1 (1 not run)',
    'failed svd[b]',
    '  the device was lost',
    '  hint: Run again.',
    'failed in 0.9 s: 1 ran, 0 cached, 1 failed, 1 not run because of that',
    '  results: results/exp3 (unchanged)',
  ]);
});

test('a run that ends before its rows are drawn ends all the same', async () => {
  const text = await onTerminal([
    started([{ group: svd, steps: 1 }]),
    begin(svd, 's'),
    finish(svd, 's', 0.01),
    summary({ ran: 1 }),
  ]);
  assert.match(text, /✔ SVD of alignment 1\/1, took 0\.0 s\ndone in 0\.3 s: 1 ran, 0 cached\n/);
});

test('a plan that grows while rows are shown gets rows for what is new', async () => {
  const text = await onTerminal([
    started([{ group: 'Fetch', steps: 1 }]),
    begin('Fetch', 'fetch[base]'),
    'wait',
    finish('Fetch', 'fetch[base]', 0.4),
    { type: 'plan-extended', steps: 3, cached: 0, groups: [{ group: 'Fetch', steps: 1, cached: 0 }, { group: svd, steps: 2, cached: 0 }] }, // biome-ignore format: an event
    begin(svd, 'a'),
    'wait',
    finish(svd, 'a', 0.4),
    begin(svd, 'b'),
    finish(svd, 'b', 0.1),
    summary({ ran: 3 }),
  ]);
  assert.match(text, /❯ SVD of alignment 0\/2/);
  assert.match(text, /✔ Fetch 1\/1, took 0\.\d s\n✔ SVD of alignment 2\/2/);
});

test('hundreds of groups share a screen: at most twenty rows', async () => {
  const groups = Array.from({ length: 300 }, (_, index) => ({ group: `Group ${index}`, steps: 2 }));
  const text = await onTerminal([started(groups), begin('Group 0', 'a'), 'wait']);
  const frames = text.split('❯ Group 0 0/2').slice(1);
  assert.ok(frames.length > 1);
  for (const frame of frames) {
    assert.ok(frame.includes('283 more kinds of steps 0/566\n'));
    assert.ok(frame.slice(0, frame.indexOf('All steps')).split('\n').length <= 19);
  }
});

test('a run with nothing to do draws no rows on a terminal either', async () => {
  const text = await onTerminal([started([{ group: svd, steps: 2, cached: 2 }]), summary({ cached: 2 })]);
  assert.is(
    text,
    'exp3: 2 steps, 2 cached, 0 to run\ndone in 0.3 s: 0 ran, 2 cached\n  results: results/exp3 (unchanged)\n',
  );
});

test('on a terminal, reading checkpoints takes one line, gone when the run starts', async () => {
  const screen = new Screen(true);
  const renderer = terminalRenderer(screen.stream, { style: uncoloured });
  for (const done of [1, 2]) renderer.handle({ type: 'hashing', model: 'base', done, total: 3 });
  renderer.handle(started([]));
  await renderer.close();
  const wipe = '\r\u001b[K';
  assert.is(
    screen.text,
    `${wipe}reading checkpoint base: 1 B of 3 B${wipe}reading checkpoint base: 2 B of 3 B${wipe}exp3: 0 steps, 0 cached, 0 to run\n`,
  );
});

test('what is written to decides the renderer', async () => {
  const first = async (isTTY: boolean, json: boolean, environment: NodeJS.ProcessEnv, columns = 100) => {
    const screen = new Screen(isTTY);
    screen.columns = columns;
    const renderer = await selectRenderer(screen.stream, { json, environment });
    renderer.handle(started([]));
    renderer.handle({ type: 'device', adapter: 'A', deviceClass: 'a', software: false });
    await renderer.close();
    return screen.text;
  };
  assert.match(await first(true, true, {}), /^\{"type":"run-started"/);
  assert.match(await first(false, false, {}), ' 0:00  device: A');
  assert.match(await first(true, false, { TERM: 'dumb' }), ' 0:00  device: A');
  assert.match(await first(true, false, { TERM: 'xterm', NO_COLOR: '1' }, 0), ' 0:00  device: A');
  assert.not.match(await first(true, false, { TERM: 'xterm', NO_COLOR: '1' }), '0:00');
});

test.run();
