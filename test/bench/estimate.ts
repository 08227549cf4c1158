/**
 * Estimates against real runs, on the device of RUNFLOW_ADAPTER: the toy world's experiments and three synthetic sizes.
 *
 *   node dist/test/bench/estimate.js [exp1 exp2 exp3 exp4 128 256 512]
 *
 * Each is estimated in a fresh store, run, and told group by group: seconds estimated and taken, and by what factor the real ones
 * lie outside of the range (1: inside). All seconds are of processor time, of every thread, for the rates and for the runs: other
 * work on the machine stretches wall time, and not both alike.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import {
  deviceRatesOf,
  hostRatesOf,
  type MeasuredDevice,
  type MeasuredHost,
  traitsOf,
} from '../../src/cli/machine-speed.js';
import type { Range } from '../../src/cost/totals.js';
import { estimateWorkflow } from '../../src/estimate/estimate.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import { measureSpeed } from '../../src/linalg/device/speed.js';
import { measureHost } from '../../src/linalg/host/speed.js';
import type { RunEvent } from '../../src/run/events.js';
import { measureDisk } from '../../src/store/speed.js';
import { Store } from '../../src/store/store.js';
import { loadStudy } from '../../src/workflow/load.js';

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));
const workflows = fileURLToPath(new URL('../../../workflows/', import.meta.url));
const template = '{ prompt: "user : {prompt} assistant :", response: " {response}" }';
/** Ticks a second of /proc/PID/stat. */
const ticks = 100;

/** Every costly kind of step, on models of one width. */
const synthetic = (hidden: number) => `runflow: 1
name: size-${hidden}
datasets:
  lessons: { synthetic: problems, rows: 240, seed: 1 }
  questions: { synthetic: problems, rows: 64, split: test, seed: 3 }
recipes:
  short: { lr: 1.0e-4, epochs: 1, batch: 16, precision: f32, max-length: 64, template: ${template} }
models:
  base:
    init: { family: llama, hidden: ${hidden}, layers: 2, heads: 4, mlp: ${(hidden * 5) / 2}, vocabulary: 512, tied: true }
    seed: 1
    tokenizer: { words-of: [lessons], template: ${template} }
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  tuned: { finetune: aligned, on: lessons, recipe: short }
updates:
  alignment: { from: base, to: aligned }
  tuning: { from: aligned, to: tuned }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random: { kind: random, like: alignment, seeds: [1] }
sweeps:
  parallel: { project: tuning, onto: [top-k, random], mode: parallel, fractions: [0.25, 0.5, 0.75], measure: [energy, surprise] }
metrics:
  overlap: { kind: mso, pairs: [[tuning, alignment]], energies: [0.1, 0.5, 0.9] }
  surprise: { kind: loss, on: questions, template: ${template} }
  utility: { kind: exact-match, on: questions, question: prompt, models: [tuned], template: ${template}, max-tokens: 12 }
  activations: { kind: activation-mso, models: [tuned], prompts: [questions, lessons], template: ${template}, layers: [0.5, 1], max-tokens: 4, energies: [0.5] }
`;

/** Seconds of a process and its threads. */
function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds of another process and those that it has started. */
function secondsOfTree(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // User and system, of the process and of children that have ended.
    const own = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]) / ticks, 0);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.reduce((sum, child) => sum + secondsOfTree(child), own);
  } catch {
    return 0;
  }
}

type MachineSpeed = MeasuredDevice & MeasuredHost & { readonly deviceClass: string };

async function measured(): Promise<MachineSpeed> {
  const gpu = await openGpu();
  const startSeconds = ownSeconds();
  const { plot } = await import('../../src/report/figures/plot.js');
  const { draw, Plot } = await plot();
  draw({ width: 300, height: 200, marks: [Plot.lineY([1, 2, 3])] });
  const librarySeconds = ownSeconds() - startSeconds;
  const speed = {
    device: await measureSpeed(gpu, ownSeconds),
    host: await measureHost(ownSeconds),
    disk: await measureDisk(tmpdir(), ownSeconds),
    startSeconds,
    librarySeconds,
    software: gpu.adapter.software,
    memoryBudget: Number.isFinite(gpu.memoryBudget) ? gpu.memoryBudget : null,
    largestBinding: gpu.limits.maxStorageBufferBindingSize,
    measured: '',
    deviceClass: gpu.adapter.deviceClass,
  };
  await gpu.close();
  return speed;
}

/** Factor by which a time lies outside of a range; 1 inside. */
function factor({ least, most }: Range, seconds: number): number {
  if (most !== null && seconds > most) return seconds / most;
  return seconds < least ? seconds / least : 1;
}

async function compare(name: string, speed: MachineSpeed): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-estimate-'));
  try {
    const file = name.startsWith('exp') ? join(workflows, `${name}.yaml`) : join(folder, 'size.yaml');
    if (!name.startsWith('exp')) writeFileSync(file, synthetic(Number(name)));
    const rates = deviceRatesOf(speed);
    const loaded = await loadStudy(file);
    if (!loaded.ok) throw new Error(`${file} is invalid`);
    const { totals } = await estimateWorkflow({
      study: loaded.value,
      store: Store.open(join(folder, 'store')),
      assumed: new Map(),
      machine: {
        traits: traitsOf(speed),
        device: { least: rates, most: rates },
        host: hostRatesOf(speed),
        deviceClass: speed.deviceClass,
      },
    });
    const { taken, all } = await run(folder, file);
    console.log(`\n${name}`);
    for (const [group, { seconds }] of totals.groups) tell(group, seconds, taken.get(group) ?? 0);
    tell('in all', totals.all.seconds, all);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a workflow. @returns seconds of each group, and of everything */
async function run(folder: string, file: string): Promise<{ taken: Map<string, number>; all: number }> {
  const taken = new Map<string, number>();
  const child = execa(process.execPath, [binary, 'run', file, '--json', '--out', 'results'], {
    cwd: folder,
    env: { RUNFLOW_STORE: join(folder, 'store') },
    stderr: 'inherit',
    reject: false,
    buffer: false,
  });
  let before = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type === 'step-failed') console.log(`  ${event.step} failed: ${event.message}`);
    if (event.type !== 'step-finished') continue;
    const now = secondsOfTree(child.pid!);
    taken.set(event.group, (taken.get(event.group) ?? 0) + now - before);
    before = now;
  }
  await child;
  return { taken, all: before };
}

function tell(group: string, range: Range, seconds: number): void {
  const { least, most } = range;
  const estimated = `${least.toFixed(2)} to ${most === null ? 'any' : most.toFixed(2)} s`;
  console.log(
    `  ${group.padEnd(38)} ${estimated.padEnd(20)} took ${seconds.toFixed(2)} s, factor ${factor(range, seconds).toFixed(2)}`,
  );
}

const speed = await measured();
console.log(JSON.stringify(speed));
const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : ['exp1', 'exp2', 'exp3', 'exp4', '128', '256', '512']) {
  await compare(name, speed);
}
