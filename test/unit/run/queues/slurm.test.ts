import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, UsageError } from '../../../../src/diagnostics/errors.js';
import type { RunnersWanted } from '../../../../src/run/queues/queue.js';
import { SlurmQueue } from '../../../../src/run/queues/slurm.js';
import { FakePrograms } from './fake-programs.js';

/** How Slurm is spoken to. */

const context = { programs: undefined as unknown as FakePrograms };
const test = suite('slurm', context);
test.before.each((of) => {
  of.programs = new FakePrograms();
});
test.after.each((of) => {
  of.programs.remove();
});

const wanted: RunnersWanted = {
  jobName: 'runflow-20260101-7',
  count: 4,
  argv: ['/opt/node', '/lab/it is/runner.js', '--store', "/lab/o'store; rm -rf $HOME"],
  variables: ['HF_TOKEN', 'NOT_SET'],
  resources: {},
  folder: '/lab/runs/50%/attempts/7',
  leadSeconds: 120,
};
const user = `--user=${process.getuid!()}`;

test('runners are one array under the name of their job, with no word of a workflow in shell text', async ({
  programs,
}) => {
  programs.add('sbatch', "console.log('a word of the site'); console.log('4711;here')");
  const settings = { modules: ['nodejs/22', 'cuda'], setup: 'export A=1\n', options: ['--qos=high'] };
  const environment = {
    ...programs.environment,
    HF_TOKEN: 'hf_secret',
    OTHER: 'x',
    SLURM_JOB_ID: '3',
    SBATCH_WAIT: '1',
  };
  const id = await new SlurmQueue(settings, environment).submit({
    ...wanted,
    resources: {
      partition: 'gpu',
      account: 'lab',
      time: 129_605,
      gpus: 2,
      cpus: 8,
      memory: 64 * 1024 ** 3,
      exclude: ['node07', 'node[01-04]'],
    },
  });
  assert.is(id, '4711');
  const [call] = programs.calls;
  assert.equal(call!.argv, [
    '--qos=high',
    '--parsable',
    '--job-name=runflow-20260101-7',
    '--array=0-3',
    '--nodes=1',
    '--ntasks=1',
    '--no-requeue',
    '--kill-on-invalid-dep=yes',
    '--signal=B:USR2@120',
    '--export=HOME,PATH,HF_TOKEN',
    '--chdir=/lab/runs/50%/attempts/7',
    '--output=/lab/runs/50%%/attempts/7/runner-%a.out',
    '--open-mode=append',
    '--partition=gpu',
    '--account=lab',
    '--time=1-12:00:05',
    '--gres=gpu:2',
    '--cpus-per-task=8',
    '--mem=65536M',
    '--exclude=node07,node[01-04]',
  ]);
  assert.is(
    call!.stdin,
    `#!/bin/bash
type module >/dev/null 2>&1 || . /etc/profile
module load nodejs/22 || exit 1
module load cuda || exit 1
export A=1
[ $? -eq 0 ] || exit 1
exec /opt/node '/lab/it is/runner.js' --store '/lab/o'\\''store; rm -rf $HOME' --index "$SLURM_ARRAY_TASK_ID"
`,
  );
  // The value of a secret stands nowhere but in the environment of sbatch.
  assert.not.match(JSON.stringify([call!.argv, call!.stdin]), 'hf_secret');
  assert.equal(
    ['HF_TOKEN', 'SLURM_JOB_ID', 'SBATCH_WAIT'].filter((name) => call!.variables.includes(name)),
    ['HF_TOKEN'],
  );
});

test('without a word of resources or settings nothing is asked for', async ({ programs }) => {
  programs.add('sbatch', "console.log('1')");
  await new SlurmQueue({}, programs.environment).submit({ ...wanted, count: 1, resources: { gpus: 0 } });
  const [call] = programs.calls;
  assert.ok(call!.argv.includes('--array=0-0'));
  assert.equal(
    call!.argv.filter((word) => /partition|account|time|gres|cpus|mem|exclude/.test(word)),
    [],
  );
  assert.match(call!.stdin, /^#!\/bin\/bash\nexec /);
});

test('a refusal says what sbatch said, and what to do', async ({ programs }) => {
  const cases: readonly [string, RegExp][] = [
    ['Batch job submission failed: Invalid partition name specified', /cluster\.partition/],
    ['Batch job submission failed: Invalid account or account/partition combination specified', /cluster\.account/],
    ['Batch job submission failed: Unable to contact slurm controller (connect failure)', /scontrol ping/],
    ['Batch job submission failed: Requested node configuration is not available', /ask for less/],
    ['Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)', /cluster\.time/],
  ];
  for (const [said, hint] of cases) {
    programs.add('sbatch', `console.error(${JSON.stringify(`sbatch: error: ${said}`)}); process.exit(1)`);
    const error = await refusal(new SlurmQueue({}, programs.environment).submit(wanted));
    assert.instance(error, EnvironmentError);
    assert.match(error.message, said);
    assert.match(error.hint ?? '', hint, said);
  }
  programs.add('sbatch', "console.log('submitted')");
  assert.match(
    (await refusal(new SlurmQueue({}, programs.environment).submit(wanted))).message,
    'no job id: "submitted"',
  );
});

test('a machine without Slurm, and a controller that does not answer, are told apart', async ({ programs }) => {
  const missing = await refusal(new SlurmQueue({}, programs.environment).submit(wanted));
  assert.match(missing.message, 'sbatch: there is no such program');
  assert.match(missing.hint ?? '', 'login node');
  for (const program of ['sbatch', 'squeue', 'scancel']) programs.add(program, 'setInterval(() => {}, 1000)');
  const patience = { submitSeconds: 0.5, pollSeconds: 0.5, cancelSeconds: 0.5 };
  const queue = new SlurmQueue({}, programs.environment, patience);
  const late = await refusal(queue.submit(wanted));
  assert.match(late.message, 'sbatch: no answer in 0.5 s');
  assert.match(late.hint ?? '', 'attach');
  assert.is(await queue.poll(['a-1']), undefined);
  assert.is(queue.note, 'squeue: no answer in 0.5 s');
  assert.match((await refusal(queue.cancel(['a-1']))).message, 'scancel: no answer');
});

test('one call asks for all jobs, and what squeue does not name is unknown', async ({ programs }) => {
  const lines = [
    'CLUSTER: here',
    '0|RUNNING|a-1|None',
    '1|PENDING|a-1|Priority',
    '2|PENDING|a-1|Resources',
    '3|COMPLETING|a-1|None',
    '4|OUT_OF_MEMORY|a-1|OutOfMemory',
    '5|A_NEW_STATE|a-1|None',
    '6|FAILED|a-1|BadConstraints',
    '0|CANCELLED|b-2|None',
    '0|RUNNING|b-2|None',
    '0|COMPLETED|b-2|None',
    '1|PENDING|b-2|Priority',
    'N/A|RUNNING|b-2|None',
    '0|RUNNING|c-3|None',
    '1|PENDING|__proto__|None',
  ];
  programs.add('squeue', `console.log(${JSON.stringify(lines.join('\n'))})`);
  const queue = new SlurmQueue(
    {},
    { ...programs.environment, SQUEUE_STATES: 'FAILED', SQUEUE_PARTITION: 'x', SLURM_CONF: 'c' },
  );
  const states = await queue.poll(['a-1', 'b-2', 'd-4']);
  assert.equal(
    [...states!].map(([name, of]) => [name, ...of]),
    [
      ['a-1', [0, 'running'], [1, 'pending'], [2, 'pending'], [3, 'running'], [4, 'ended'], [5, 'running']],
      ['b-2', [0, 'running'], [1, 'pending']],
      ['d-4'],
    ],
  );
  assert.is(queue.note, 'reasons: 2 Priority, 1 Resources');
  const [call] = programs.calls;
  assert.equal(call!.argv, [
    '--noheader',
    '--array',
    '--states=all',
    '--format=%K|%T|%j|%r',
    user,
    '--name=a-1,b-2,d-4',
  ]);
  assert.equal(
    call!.variables.filter((name) => /^S(QUEUE|LURM)/.test(name)),
    ['SLURM_CONF'],
  );
});

test('a queue that refuses to answer says nothing of the runners', async ({ programs }) => {
  programs.add('squeue', "console.log('0|FAILED|a-1|None'); console.error('slurm_load_jobs error'); process.exit(1)");
  const queue = new SlurmQueue({}, programs.environment);
  assert.is(await queue.poll(['a-1']), undefined);
  assert.is(queue.note, 'squeue: slurm_load_jobs error');
  assert.equal(await queue.poll([]), new Map());
});

test('jobs are cancelled by name, all of them, also when one cannot be', async ({ programs }) => {
  programs.add(
    'scancel',
    "if (process.argv.includes('--name=a-1')) { console.error('scancel: error'); process.exit(1); }",
  );
  const error = await refusal(new SlurmQueue({}, programs.environment).cancel(['a-1', 'b-2']));
  assert.match(error.message, 'runners were not cancelled: scancel: scancel: error');
  assert.match(error.hint ?? '', `scancel ${user} --name=a-1`);
  assert.equal(
    programs.calls.map(({ argv }) => argv),
    ['a-1', 'b-2'].map((name) => ['--quiet', user, `--name=${name}`]),
  );
});

test('what could be more than a name or a folder goes to no program', async ({ programs }) => {
  for (const program of ['sbatch', 'squeue', 'scancel']) programs.add(program, "console.log('1')");
  const queue = new SlurmQueue({}, programs.environment);
  for (const name of ['', '-x', 'a,b', 'a b', 'a\n', 'a|b', '$(id)']) {
    await refusal(queue.submit({ ...wanted, jobName: name }));
    await refusal(queue.poll([name]));
    await refusal(queue.cancel([name]));
  }
  for (const folder of ['relative', '/a\nb', '/a\\b']) await refusal(queue.submit({ ...wanted, folder }));
  const odd = new SlurmQueue({}, { ...programs.environment, 'A,ALL': 'x' });
  await refusal(odd.submit({ ...wanted, variables: ['A,ALL'] }));
  assert.equal(programs.calls, []);
});

test('GPUs are asked for once', async ({ programs }) => {
  programs.add('sbatch', "console.log('1')");
  const queue = new SlurmQueue({ options: ['--gres=gpu:a100:1'] }, programs.environment);
  assert.instance(await refusal(queue.submit({ ...wanted, resources: { gpus: 1 } })), UsageError);
  assert.is(await queue.submit(wanted), '1');
});

async function refusal(promise: Promise<unknown>): Promise<Error & { readonly hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}

test.run();
