import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { QueueState, RunnersWanted } from '../../src/run/queues/queue.js';
import { SlurmQueue } from '../../src/run/queues/slurm.js';
import { slurmSuite } from '../slurm/suite.js';

/** What the queue asks of Slurm, asked of a real one. */

const folder = mkdtempSync(join(tmpdir(), 'runflow-slurm-queue-'));
const second = join(folder, 'second');
mkdirSync(second);
const test = slurmSuite('runners in a real Slurm', { nodes: 2, cpus: 2, settings: ['MinJobAge=300'] });
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** A runner that writes what it was given, and ends by its warning, or when its file is there. */
const runner = `const fs = require('node:fs');
const [folder, , index] = process.argv.slice(-3);
process.on('SIGUSR2', () => { fs.writeFileSync(folder + '/warned-' + index, ''); process.exit(0); });
const given = { names: Object.keys(process.env), key: process.env.QUEUE_TEST_KEY, argv: process.argv.slice(1), pid: process.pid, cwd: process.cwd() };
console.log('a line of ' + index);
fs.writeFileSync(folder + '/part-' + index, JSON.stringify(given));
fs.renameSync(folder + '/part-' + index, folder + '/began-' + index);
setInterval(() => {}, 1000);`;

const wanted: RunnersWanted = {
  jobName: 'runflow-lab-1',
  count: 2,
  argv: [process.execPath, '-e', runner, '--', "it's $HOME", folder],
  variables: ['QUEUE_TEST_KEY'],
  resources: { partition: 'lab', cpus: 1, time: 3600 },
  folder,
  leadSeconds: 1,
};

const told = (states: ReadonlyMap<string, ReadonlyMap<number, QueueState>> | undefined, job: string) =>
  states && Object.fromEntries(states.get(job) ?? []);

test('runners get their index, the variables that they need and no others, and are found and cancelled by name', async ({
  lab,
}) => {
  const environment = { ...process.env, ...lab.environment, QUEUE_TEST_KEY: 'a,key=1', NOT_NEEDED: 'x' };
  const queue = new SlurmQueue({ setup: 'export SET_UP=1', options: ['--comment=a b'] }, environment);
  assert.match(await queue.submit(wanted), /^\d+$/);
  await lab.until('both began', () => existsSync(join(folder, 'began-0')) && existsSync(join(folder, 'began-1')));
  const given = JSON.parse(readFileSync(join(folder, 'began-1'), 'utf8'));
  assert.is(given.key, 'a,key=1');
  assert.equal(given.argv.slice(-4), ["it's $HOME", folder, '--index', '1']);
  assert.is(given.cwd, folder);
  const own = given.names.filter((name: string) => !/^(SLURM|SLURMD|SBATCH)_/.test(name));
  for (const name of ['HOME', 'PATH', 'SET_UP']) assert.ok(own.includes(name), `${name} of ${own}`);
  assert.not(own.includes('NOT_NEEDED'));
  assert.match(readFileSync(join(folder, 'runner-1.out'), 'utf8'), 'a line of 1');
  assert.equal(told(await queue.poll(['runflow-lab-1', 'runflow-lab-11']), 'runflow-lab-1'), {
    0: 'running',
    1: 'running',
  });
  // What does not fit waits, and Slurm says why.
  await queue.submit({ ...wanted, jobName: 'runflow-lab-11', count: 3, resources: { cpus: 2 } });
  await lab.until('some wait with a reason', async () => {
    const states = told(await queue.poll(['runflow-lab-11']), 'runflow-lab-11');
    return (
      Object.values(states ?? {}).includes('pending') && /^reasons?: .*(Resources|Priority)/.test(queue.note ?? '')
    );
  });
  await queue.cancel(['runflow-lab-11']);
  await lab.until('the second job has ended', async () => {
    const states = await queue.poll(['runflow-lab-1', 'runflow-lab-11']);
    assert.equal(told(states, 'runflow-lab-1'), { 0: 'running', 1: 'running' });
    return Object.values(told(states, 'runflow-lab-11')!).every((state) => state === 'ended');
  });
  await queue.cancel(['runflow-lab-1']);
  await lab.nodesIdle();
  assert.equal(told(await queue.poll(['runflow-lab-1']), 'runflow-lab-1'), { 0: 'ended', 1: 'ended' });
});

test('a signal to the shell of the job reaches the runner itself, as the warning before the time limit does', async ({
  lab,
}) => {
  const queue = new SlurmQueue({}, { ...process.env, ...lab.environment });
  await queue.submit({ ...wanted, jobName: 'runflow-lab-2', count: 1, argv: [...wanted.argv.slice(0, -1), second] });
  await lab.until('the runner began', () => existsSync(join(second, 'began-0')));
  assert.match(lab.slurm('scontrol', ['show', 'job']), /TimeLimit=01:00:00/);
  // The warning itself takes Slurm half a minute, for it looks at limits as seldom.
  lab.slurm('scancel', ['--signal=USR2', '--batch', '--name=runflow-lab-2']);
  await lab.until('the runner is warned', () => existsSync(join(second, 'warned-0')));
  await lab.nodesIdle();
});

test('Slurm says what it does not take, and a controller that is gone gives no answer', async ({ lab }) => {
  const patience = { submitSeconds: 2, pollSeconds: 2, cancelSeconds: 2 };
  const queue = new SlurmQueue({}, { ...process.env, ...lab.environment }, patience);
  const refusal = async (resources: RunnersWanted['resources']) => {
    try {
      await queue.submit({ ...wanted, jobName: 'runflow-lab-3', resources });
    } catch (error) {
      const { message, hint } = error as Error & { hint?: string };
      return `${message} ${hint}`;
    }
    throw new Error('it was taken');
  };
  assert.match(await refusal({ partition: 'none' }), /invalid partition.*cluster\.partition/i);
  assert.match(await refusal({ memory: 2 ** 44 }), /ask for less/);
  assert.match(await refusal({ exclude: ['nowhere'] }), /cluster\.exclude/);
  assert.equal(told(await queue.poll(['runflow-lab-3']), 'runflow-lab-3'), {});
  await lab.killController();
  assert.is(await queue.poll(['runflow-lab-3']), undefined);
  assert.match(queue.note ?? '', /^squeue: /);
  assert.match(await refusal({}), /scontrol ping/);
  await lab.startController();
});

test.run();
