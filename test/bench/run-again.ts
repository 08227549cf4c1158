/**
 * Time of a workflow's first run, and of the same command again: node dist/test/bench/run-again.js [WORKFLOW]
 *
 * In a store of its own. Wall and CPU time are of the whole command, as a user starts it; of the second run the median
 * of five.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const workflow = process.argv[2] ?? join(root, 'workflows/exp3.yaml');
/** Makes the command print its CPU seconds at the end. */
const hook = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('cpu ' + (user + system) / 1e6);
});`;
const folder = mkdtempSync(join(tmpdir(), 'runflow-bench-'));

interface Timed {
  readonly wall: number;
  readonly cpu: number;
  readonly ran: number;
  readonly cached: number;
}

async function run(): Promise<Timed> {
  const started = performance.now();
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, join(root, 'bin/runflow.js')];
  const child = spawn(process.execPath, [...argv, 'run', workflow, '--json', '--out', join(folder, 'out')], {
    env: { ...process.env, RUNFLOW_STORE: join(folder, 'store') },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  const wall = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`exit code ${status}\n${stdout.slice(-2000)}${stderr}`);
  const { ran, cached } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  return { wall, cpu: Number(/cpu ([\d.]+)/.exec(stderr)![1]), ran, cached };
}

const report = (what: string, { wall, cpu, ran, cached }: Timed) =>
  console.log(
    `${what}: ${wall.toFixed(2)} s wall, ${cpu.toFixed(2)} s CPU of the runner, ${ran} ran, ${cached} cached`,
  );
try {
  report('first run', await run());
  const again: Timed[] = [];
  for (let i = 0; i < 5; i++) again.push(await run());
  report('same command again', again.sort((a, b) => a.wall - b.wall)[2]!);
} finally {
  rmSync(folder, { recursive: true });
}
