/**
 * Time and steps of a study, of the same command again, and of the study with one axis value changed:
 * node dist/test/bench/study.js
 *
 * The study is study.yaml: experiment 3 of two toy models, at two learning rates of fine-tuning and three seeds, in a store of
 * its own. Beside it stands what twelve runs of their own would be: the steps of each cell's plan, all made anew.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlanDescription } from '../../src/run/plan.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'runflow-bench-'));
const workflow = join(folder, 'study.yaml');

async function runflow(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'bin/runflow.js'), ...args, '--json'], {
    env: { ...process.env, RUNFLOW_STORE: join(folder, 'store') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`exit code ${status}\n${stdout.slice(-2000)}`);
  return stdout;
}

const planned = async (...args: readonly string[]) =>
  (JSON.parse(await runflow('plan', workflow, ...args)) as PlanDescription).steps;

async function run(what: string, ...args: readonly string[]): Promise<void> {
  const started = performance.now();
  const lines = (await runflow('run', workflow, '--out', join(folder, 'out'), ...args)).trimEnd().split('\n');
  const seconds = (performance.now() - started) / 1000;
  const events = lines.map((line) => JSON.parse(line));
  const ran = events.filter(({ type }) => type === 'step-finished').map(({ step }) => String(step));
  const { ran: count, cached, failed } = events.at(-1);
  const trained = ran.filter((id) => /(^|\/)train\[/.test(id)).length;
  const twice = ran.length - new Set(ran).size;
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${count} steps ran (${trained} trained a model, ${twice} ran twice), ${cached} cached, ${failed} failed`,
  );
}

try {
  cpSync(join(root, 'workflows'), folder, { recursive: true });
  cpSync(join(root, 'test/bench/study.yaml'), workflow);
  const whole = (await planned()).length;
  let apart = 0;
  for (const profile of ['toy', 'toy-qwen2']) {
    for (const rate of ['1.0e-3', '2.0e-3']) {
      for (const seed of ['1', '2', '3']) {
        const choice = ['--matrix', `profile=${profile}`, '--matrix', `params.lr=${rate}`, '--matrix', `seed=${seed}`];
        apart += (await planned(...choice)).length;
      }
    }
  }
  console.log(`plan: ${whole} steps; as twelve runs of their own ${apart}`);
  await run('first run');
  await run('same command again');
  await run('one learning rate changed', '--matrix', 'params.lr=1.0e-3,4.0e-3');
} finally {
  rmSync(folder, { recursive: true });
}
