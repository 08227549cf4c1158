/**
 * Time of `runflow plan --json` and `runflow run` when everything is cached: node dist/test/bench/plan-cached.js [TENSORS]
 *
 * Makes a workflow of about 25 steps a tensor and a store in which every step is recorded (with empty outputs: planning
 * reads none), then starts the commands as a user does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidWorkflowError } from '../../src/diagnostics/errors.js';
import { writeCheckpoint } from '../../src/formats/checkpoint-writer.js';
import { findDevice } from '../../src/run/device.js';
import { prepare } from '../../src/run/prepare.js';
import { StudyCatalog } from '../../src/run/study-catalog.js';
import { Store } from '../../src/store/store.js';
import { loadStudy } from '../../src/workflow/load.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tensors = Number(process.argv[2] ?? 400);
/** Makes Node print its CPU seconds at the end. */
const hook = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('cpu ' + (user + system) / 1e6);
});`;
const reportCpu = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
const folder = mkdtempSync(join(tmpdir(), 'runflow-bench-'));

const outputNames: Readonly<Record<string, readonly string[]>> = {
  svd: ['u', 's', 'v'],
  'random-basis': ['q'],
  'energy-table': ['energy.csv', 'energy-by-tensor.csv'],
  'overlap-table': ['overlap.csv'],
  figures: ['figures/energy.svg'],
  tables: ['tables/energy.tex'],
  report: ['report.html'],
};

const workflowText = `runflow: 1
name: many
models: { base: { path: base }, aligned: { path: aligned }, useful: { path: useful } }
updates: { alignment: { from: base, to: aligned }, useful: { from: aligned, to: useful } }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment, seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
  random: { kind: random, like: alignment, seeds: [1, 2, 3, 4, 5] }
sweeps:
  parallel: { project: useful, onto: [top-k, random-k, random], mode: parallel, fractions: [0.1, 0.5], measure: [energy] }
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.1, 0.5, 0.9] }
`;

try {
  for (const name of ['base', 'aligned', 'useful']) await writeModel(name);
  const file = join(folder, 'many.yaml');
  writeFileSync(file, workflowText);
  const storePath = join(folder, 'store');
  const steps = await fillStore(file, storePath);
  console.log(`${steps} steps, all cached`);
  const environment = { ...process.env, RUNFLOW_STORE: storePath };
  for (const argv of [
    ['plan', file, '--json'],
    ['run', file, '--out', join(folder, 'out')],
  ]) {
    const rounds = Array.from({ length: 5 }, () => {
      const started = performance.now();
      const { status, stderr } = spawnSync(process.execPath, [...reportCpu, join(root, 'bin/runflow.js'), ...argv], {
        env: environment,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
      return { wall: (performance.now() - started) / 1000, cpu: Number(stderr.match(/cpu ([\d.]+)$/)?.[1]) };
    });
    const least = (what: 'wall' | 'cpu') => Math.min(...rounds.map((round) => round[what])).toFixed(2);
    console.log(`runflow ${argv[0]}: ${least('wall')} s wall, ${least('cpu')} s CPU (least of ${rounds.length})`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function writeModel(name: string): Promise<void> {
  const infos = Array.from({ length: tensors }, (_, index) => ({
    name: `model.layers.${index}.weight`,
    dtype: 'F32' as const,
    shape: [4, 4],
  }));
  await writeCheckpoint(join(folder, name), {
    tensors: infos,
    source: (tensor) => [
      new Uint8Array(new Float32Array(16).map((_, i) => i + tensor.name.length + name.length).buffer),
    ],
    files: new Map(),
  });
}

async function fillStore(file: string, path: string): Promise<number> {
  const store = Store.open(path);
  const object = await store.objects.put('{}');
  const loaded = await loadStudy(file);
  if (!loaded.ok) throw new InvalidWorkflowError(loaded.diagnostics);
  const device = await findDevice(process.env);
  if (device instanceof Error) throw device;
  for (;;) {
    const prepared = await prepare({
      study: loaded.value,
      store,
      catalog: new StudyCatalog(loaded.value, store),
      commits: new Map([['', new Map()]]),
      deviceClass: device.deviceClass,
      targets: [],
      force: [],
      lookUp: (key) => store.lookUp(key),
    });
    const open = [...prepared.outcomes].filter(([, outcome]) => outcome.status === 'run');
    if (open.length === 0) return prepared.steps.length;
    for (const [step, { key, fingerprint }] of open) {
      if (key === undefined || fingerprint === undefined) continue;
      const names = outputNames[fingerprint.kind] ?? [fingerprint.kind];
      const outputs = Object.fromEntries(names.map((name) => [name, object]));
      const provenance = {
        workflow: loaded.value.name,
        step,
        started: new Date().toISOString(),
        seconds: 0,
        versions: {},
      };
      await store.actions.record({ key, ...fingerprint, outputs, ...provenance });
    }
  }
}
