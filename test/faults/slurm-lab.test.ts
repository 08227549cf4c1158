import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import * as assert from 'uvu/assert';
import { slurmSuite } from '../slurm/suite.js';

const identity = fileURLToPath(new URL('../../src/store/process-identity.js', import.meta.url));
const printsHost = `const { thisProcess } = await import('${identity}'); console.log(thisProcess().host)`;

const test = slurmSuite('a Slurm of two nodes on this machine', { nodes: 2 });

test('its nodes are two hosts for the locks of a store, and neither is this machine', async ({ lab }) => {
  const host = [process.execPath, '--input-type=module', '--eval', printsHost];
  const { stdout: here } = await execa(host[0]!, host.slice(1));
  const there = lab.nodes.map(({ name }) => lab.slurm('srun', [`--nodelist=${name}`, ...host]));
  assert.match(here, /^[0-9a-f]{12}$/);
  assert.is(new Set([here, ...there]).size, 3, [here, ...there].join(' '));
});

test('a job sees the processes of its node alone, and a controller that was killed takes jobs again', async ({
  lab,
}) => {
  const [first, second] = lab.nodes;
  lab.slurm('sbatch', ['--job-name=long', `--nodelist=${first!.name}`, '--output=/dev/null', '--wrap=sleep 600']);
  await lab.until('the job sleeps', () => first!.has('sleep 600'));
  assert.not(await second!.has('sleep 600'));
  // What it was told in its last seconds it forgets, and it may give the same ids out again.
  await lab.killController();
  await lab.startController();
  lab.slurm('scancel', ['--user=root']);
  await lab.nodesIdle();
  assert.is(lab.slurm('srun', [`--nodelist=${second!.name}`, 'hostname']), second!.name);
});

test('nothing of a lab outlives the process that started it, though that is killed', async () => {
  const script = fileURLToPath(new URL('../slurm/start-and-wait.js', import.meta.url));
  const child = execa(process.execPath, [script], { reject: false, stdin: 'ignore' });
  const folder = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => resolve(text.trim()));
    void child.then(({ stderr }) => reject(new Error(stderr)));
  });
  assert.ok(processesOf(folder).length >= 2, 'the daemons name their folder');
  child.kill('SIGKILL');
  await child;
  const deadline = performance.now() + 20_000;
  while (processesOf(folder).length > 0) {
    assert.ok(performance.now() < deadline, processesOf(folder).join('\n'));
    await new Promise((resume) => setTimeout(resume, 50));
  }
  await execa('rm', ['-rf', folder]);
});

/** Command lines of all processes of this machine that name a folder. */
function processesOf(folder: string): string[] {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
  return lines.filter((line) => line.includes(folder));
}

test.run();
