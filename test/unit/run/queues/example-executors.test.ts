import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CommandQueue } from '../../../../src/run/queues/command.js';
import { readExecutorsFile } from '../../../../src/run/queues/executors-file.js';
import { placeholdersIn } from '../../../../src/run/queues/placeholders.js';
import type { QueueState, RunnersWanted } from '../../../../src/run/queues/queue.js';
import { FakePrograms } from './fake-programs.js';

/** The executors files of examples/executors. */

const examples = fileURLToPath(new URL('../../../../../examples/executors/', import.meta.url));
const names = readdirSync(examples);

const context = { folder: '' };
const test = suite('example executors', context);
test.before.each((of) => {
  of.folder = mkdtempSync(join(tmpdir(), 'runflow-example-queue-'));
});
test.after.each(({ folder }) => {
  rmSync(folder, { recursive: true, force: true });
});

test('every file is read, and the programs that it names by a path are there', async () => {
  const files = names.filter((name) => name.endsWith('.yaml'));
  assert.equal(files, ['bash.yaml', 'htcondor.yaml', 'kubernetes.yaml', 'pbs.yaml', 'slurm.yaml', 'ssh.yaml']);
  for (const name of files) {
    const { command } = await readExecutorsFile(join(examples, name), { HOME: '/home/nobody' });
    for (const [program] of command === undefined ? [] : [command.submit, command.status, command.cancel]) {
      if (String(program).includes('/')) accessSync(String(program), constants.X_OK);
    }
    if (command === undefined) continue;
    const told = new Set([...placeholdersIn(command.submit), ...(command.ignore ?? [])]);
    const resources = ['partition', 'account', 'time', 'gpus', 'cpus', 'memory', 'exclude'];
    assert.equal(
      resources.filter((field) => !told.has(field)),
      [],
      `${name} says of every resource whether it is heard`,
    );
  }
});

test('the scripts beside them can be read by bash', () => {
  const scripts = names.filter((name) => name.endsWith('-queue'));
  assert.ok(scripts.length >= 5);
  for (const name of scripts) {
    const { status, stderr } = spawnSync('bash', ['-n', join(examples, name)], { encoding: 'utf8' });
    assert.is(status, 0, `${name}: ${stderr}`);
  }
});

/** A runner that writes its index, and then waits for a file before it ends. */
function wantedIn(folder: string, jobName: string): RunnersWanted {
  const runs = join(folder, 'runs');
  mkdirSync(runs, { recursive: true });
  const text = `const { writeFileSync, renameSync, existsSync } = require('node:fs');
const index = process.argv.at(-1);
writeFileSync(${JSON.stringify(folder)} + '/part-' + index, String(process.env.QUEUE_TEST_KEY));
renameSync(${JSON.stringify(folder)} + '/part-' + index, ${JSON.stringify(folder)} + '/began-' + index);
setInterval(() => { if (existsSync(${JSON.stringify(folder)} + '/end')) process.exit(0); }, 20);`;
  const argv = [process.execPath, '-e', text, '--'];
  return {
    jobName,
    count: 2,
    argv,
    variables: ['QUEUE_TEST_KEY'],
    resources: { time: 60 },
    folder: runs,
    leadSeconds: 1,
  };
}

async function queueOf(name: string, environment: NodeJS.ProcessEnv): Promise<CommandQueue> {
  const { command } = await readExecutorsFile(join(examples, name), environment);
  return new CommandQueue(command!, environment);
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(20);
}

const told = (states: ReadonlyMap<string, ReadonlyMap<number, QueueState>> | undefined, job: string) =>
  Object.fromEntries(states?.get(job) ?? []);

test('bash: runners outlive the command, are found by name, end by themselves, and can be cancelled', async ({
  folder,
}) => {
  const environment = { PATH: process.env.PATH, HOME: folder, QUEUE_TEST_KEY: 'a key' };
  const queue = await queueOf('bash.yaml', environment);
  const job = 'runflow-bash-1';
  const other = 'runflow-bash-11';
  try {
    await queue.submit(wantedIn(folder, job));
    await until(() => existsSync(join(folder, 'began-0')) && existsSync(join(folder, 'began-1')));
    assert.is(readFileSync(join(folder, 'began-0'), 'utf8'), 'a key');
    assert.equal(told(await queue.poll([job, other]), job), { 0: 'running', 1: 'running' });
    await queue.submit({ ...wantedIn(folder, other), count: 1 });
    await queue.cancel([job]);
    const states = await queue.poll([job, other]);
    assert.equal(told(states, job), { 0: 'ended', 1: 'ended' });
    assert.equal(told(states, other), { 0: 'running' });
    // The other one ends by itself.
    spawnSync('touch', [join(folder, 'end')]);
    await until(async () => told(await queue.poll([other]), other)[0] === 'ended');
  } finally {
    await queue.cancel([job, other]);
  }
});

test('ssh: hosts take turns, values of variables travel through the connection, and a host out of reach is not known', async ({
  folder,
}) => {
  const programs = new FakePrograms();
  // The last word is what a shell of that host reads.
  programs.add(
    'ssh',
    `const words = call.argv;
const host = words[words.indexOf('--') + 1];
if (host === 'node2' && process.env.NODE2_IS_DOWN) process.exit(255);
const { spawnSync } = require('node:child_process');
const end = spawnSync('sh', ['-c', words.at(-1)], { input: call.stdin, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_STATE_HOME: process.env.HOME + '/' + host } });
process.stdout.write(end.stdout);
process.stderr.write(end.stderr);
process.exit(end.status);`,
  );
  const value = `it's "$HOME" \`id\` \\`;
  const environment = { PATH: `${programs.environment.PATH}:${process.env.PATH}`, HOME: folder, QUEUE_TEST_KEY: value };
  const queue = await queueOf('ssh.yaml', environment);
  const job = 'runflow-ssh-1';
  try {
    assert.match(await queue.submit(wantedIn(folder, job)), /^node1:\d+, node2:\d+$/);
    await until(() => existsSync(join(folder, 'began-0')) && existsSync(join(folder, 'began-1')));
    assert.is(readFileSync(join(folder, 'began-1'), 'utf8'), value);
    assert.not.match(JSON.stringify(programs.calls.map(({ argv }) => argv)), '$HOME');
    assert.equal(told(await queue.poll([job]), job), { 0: 'running', 1: 'running' });
    const apart = await queueOf('ssh.yaml', { ...environment, NODE2_IS_DOWN: '1' });
    assert.equal(told(await apart.poll([job]), job), { 0: 'running' });
    await queue.cancel([job]);
    assert.equal(told(await queue.poll([job]), job), { 0: 'ended', 1: 'ended' });
  } finally {
    await queue.cancel([job]);
    programs.remove();
  }
});

test('pbs: names of jobs carry the index, and states are told in three words', async ({ folder }) => {
  const programs = new FakePrograms();
  const jobs = ['R', 'Q', 'F'].map(
    (state, index) => `Job Id: ${index}.here|Job_Name=runflow-p-1.${index}|job_state=${state}|x=y`,
  );
  programs.add('qsub', "console.log('7.here')");
  programs.add('qselect', "console.log('0.here\\n1.here\\n2.here\\n3.here')");
  const more = ['Job Id: 3.here|Job_Name=runflow-p-11.0|job_state=R', 'Job Id: 4.here|Job_Name=STDIN|job_state=R'];
  programs.add('qstat', `console.log(${JSON.stringify([...jobs, ...more].join('\n'))})`);
  programs.add('qdel', '');
  const environment = { PATH: `${programs.environment.PATH}:${process.env.PATH}`, HOME: folder };
  try {
    const queue = await queueOf('pbs.yaml', environment);
    const wanted = wantedIn(folder, 'runflow-p-1');
    await queue.submit({ ...wanted, count: 1, resources: { time: 60, memory: 2 ** 30, partition: 'gpu' } });
    const script = join(wanted.folder, 'runner.sh');
    const output = join(wanted.folder, 'runner-0.out');
    assert.equal(programs.calls[0]!.argv, [
      ...[
        '-N',
        'runflow-p-1.0',
        '-j',
        'oe',
        '-o',
        output,
        '-r',
        'n',
        '-v',
        'HOME,PATH',
        '-q',
        'gpu',
        '-l',
        'walltime=60',
      ],
      ...['-l', 'mem=1024mb', '--', '/bin/bash', script, '0'],
    ]);
    assert.equal(told(await queue.poll(['runflow-p-1']), 'runflow-p-1'), { 0: 'running', 1: 'pending', 2: 'ended' });
    await queue.cancel(['runflow-p-1']);
    assert.equal(programs.calls.at(-1)!.argv, ['0.here', '1.here', '2.here']);
  } finally {
    programs.remove();
  }
});

test('htcondor: all runners are one cluster of jobs with a name', async ({ folder }) => {
  const programs = new FakePrograms();
  programs.add('condor_submit', "console.log('7.0 - 7.1')");
  programs.add('condor_q', "console.log('runflow-c-1 0 2\\nrunflow-c-1 1 1\\nrunflow-c-1 2 4')");
  programs.add('condor_rm', '');
  const environment = {
    PATH: `${programs.environment.PATH}:${process.env.PATH}`,
    HOME: folder,
    QUEUE_TEST_KEY: 'a key',
  };
  try {
    const queue = await queueOf('htcondor.yaml', environment);
    assert.is(await queue.submit(wantedIn(folder, 'runflow-c-1')), '7.0 - 7.1');
    const { argv } = programs.calls[0]!;
    assert.equal(argv.slice(0, 3), ['-terse', 'runflow_name=runflow-c-1', 'runflow_count=2']);
    assert.equal(argv.slice(5, 7), ['getenv=HOME,PATH,QUEUE_TEST_KEY', 'allowed_job_duration=60']);
    assert.match(argv.at(-1)!, /htcondor\.sub$/);
    const states = await queue.poll(['runflow-c-1']);
    assert.equal(told(states, 'runflow-c-1'), { 0: 'running', 1: 'pending', 2: 'ended' });
    await queue.cancel(['runflow-c-1', 'runflow-c-2']);
    const constraint = 'false || RunflowName == "runflow-c-1" || RunflowName == "runflow-c-2"';
    assert.equal(programs.calls.at(-1)!.argv, ['-constraint', constraint]);
  } finally {
    programs.remove();
  }
});

test('kubernetes: each runner is a Job that is found by its labels', async ({ folder }) => {
  const programs = new FakePrograms();
  const lines = ['runflow-k-1|0|1||', 'runflow-k-1|1|0||', 'runflow-k-1|2|||1', 'runflow-k-1|3|0|1|'];
  programs.add(
    'kubectl',
    `console.log(call.argv[0] === 'get' ? ${JSON.stringify(lines.join('\n'))} : 'job.batch/runflow-x')`,
  );
  const environment = { PATH: `${programs.environment.PATH}:${process.env.PATH}`, HOME: folder };
  try {
    const queue = await queueOf('kubernetes.yaml', environment);
    const wanted = { ...wantedIn(folder, 'runflow-k-1'), count: 1, resources: { time: 60, gpus: 1, memory: 2 ** 30 } };
    assert.is(await queue.submit(wanted), 'job.batch/runflow-x');
    const { parse } = await import('yaml');
    const job = parse(programs.calls[0]!.stdin);
    assert.equal(job.metadata.labels, { 'runflow-name': 'runflow-k-1', 'runflow-index': '0' });
    assert.is(job.spec.activeDeadlineSeconds, 60);
    const [container] = job.spec.template.spec.containers;
    assert.equal(container.command, ['/bin/bash', join(wanted.folder, 'runner.sh'), '0']);
    assert.equal(container.resources.limits, { 'nvidia.com/gpu': 1, memory: '1024Mi' });
    const states = await queue.poll(['runflow-k-1', 'runflow-k-2']);
    assert.equal(told(states, 'runflow-k-1'), { 0: 'running', 1: 'pending', 2: 'ended', 3: 'ended' });
    assert.equal(programs.calls[1]!.argv.slice(0, 4), [
      'get',
      'jobs',
      '-l',
      'runflow-name in (runflow-k-1,runflow-k-2)',
    ]);
  } finally {
    programs.remove();
  }
});

test.run();
