import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExpectedTotal } from '../../src/run/expected-seconds.js';
import { type Ended, Sandbox, type Started } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

const test = suite<{ sandbox: Sandbox }>('what follows a run');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('small.yaml', smallWorkflow);
});
test.after.each(({ sandbox }) => sandbox.remove());

/** A program of the name that the script makes, with a line a call in calls.txt. */
async function program(sandbox: Sandbox, name: string, script: string): Promise<string> {
  await mkdir(sandbox.path('bin'), { recursive: true });
  const file = sandbox.path('bin', name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

const read = (sandbox: Sandbox, name: string) => readFile(sandbox.path(name), 'utf8');

test('a program of the user gets the summary, and its failure is told and changes nothing', async ({ sandbox }) => {
  const file = await program(sandbox, 'tell', 'printf "<%s>" "$@" > argv.txt; cat > message.json');
  const argument = '$(touch pwned); "x"';
  const done = await sandbox.runflow(['run', 'small.yaml', '--notify', JSON.stringify([file, argument])]);
  assert.is(done.status, 0, done.stderr);
  assert.is(await read(sandbox, 'argv.txt'), `<${argument}>`);
  const { workflow, exitCode, problem, summary } = JSON.parse(await read(sandbox, 'message.json'));
  assert.equal([workflow, exitCode, problem, summary.type, summary.failed], ['small', 0, null, 'summary', 0]);
  assert.match(summary.report, /report\.html$/);

  const failing = await program(sandbox, 'fail', 'echo no network >&2; exit 7');
  const told = await sandbox.runflow(['run', 'small.yaml'], { RUNFLOW_NOTIFY: failing });
  assert.is(told.status, 0);
  assert.match(told.stderr, /^warning: the notification failed: .*fail: exit code 7: no network\n$/);
  const missing = await sandbox.runflow(['run', 'small.yaml', '--notify', './not there']);
  assert.is(missing.status, 0);
  const said = 'there is no such program. Give its path, or a JSON array of its path and arguments';
  assert.is(missing.stderr, `warning: the notification failed: ./not there: ${said}\n`);
  await sandbox.write('plain', 'x');
  const plain = await sandbox.runflow(['run', 'small.yaml', '--notify', './plain']);
  const refused = 'it is not executable. Make it so with chmod +x';
  assert.is(plain.stderr, `warning: the notification failed: ./plain: ${refused}\n`);
});

test('a run that fails is notified of with its exit code, a workflow that is invalid is no run', async ({
  sandbox,
}) => {
  const file = await program(sandbox, 'tell', 'cat > message.json');
  await sandbox.write(
    'lost.yaml',
    smallWorkflow.replace('{ perturb: base, seed: 2, norm: 0.05, decay: 0.7 }', '{ path: gone }'),
  );
  const lost = await sandbox.runflow(['run', 'lost.yaml', '--notify', file]);
  assert.is(lost.status, 2);
  const { exitCode, problem, summary } = JSON.parse(await read(sandbox, 'message.json'));
  assert.equal([exitCode, summary], [2, null]);
  assert.match(problem, /gone/);
  await rm(sandbox.path('message.json'));
  await sandbox.write('wrong.yaml', 'runflow: 2\n');
  assert.is((await sandbox.runflow(['run', 'wrong.yaml', '--notify', file])).status, 2);
  await read(sandbox, 'message.json').then(assert.unreachable, () => undefined);
});

test('a later run knows from the first how long its steps may take', async ({ sandbox }) => {
  const groupsOf = async (...args: string[]) => {
    const { status, stdout, stderr } = await sandbox.runflow(['run', 'small.yaml', '--json', ...args]);
    assert.is(status, 0, stderr);
    const started = stdout.split('\n').find((line) => line.includes('"run-started"'))!;
    return (JSON.parse(started) as { groups: { expected: ExpectedTotal }[] }).groups.map(({ expected }) => expected);
  };
  const sum = (totals: ExpectedTotal[], of: keyof ExpectedTotal) => totals.reduce((all, total) => all + total[of], 0);
  const first = await groupsOf();
  assert.ok(sum(first, 'steps') > 0);
  assert.is(sum(first, 'unknown'), sum(first, 'steps'));
  assert.equal([sum(first, 'least'), sum(first, 'most')], [0, 0]);
  const again = await groupsOf('--force');
  assert.is(sum(again, 'steps'), sum(first, 'steps'));
  assert.is(sum(again, 'unknown'), 0);
  assert.ok(sum(again, 'least') > 0 && sum(again, 'most') > sum(again, 'least'), JSON.stringify(again));
});

test('what cannot be a program is refused before anything runs', async ({ sandbox }) => {
  for (const given of ['["a", 1]', '[]', '[" "]', '[a]']) {
    const { status, stdout, stderr } = await sandbox.runflow(['run', 'small.yaml', '--notify', given]);
    assert.equal([status, stdout], [2, '']);
    assert.match(stderr, /--notify is no JSON array of texts/);
  }
  const { stderr } = await sandbox.runflow(['run', 'small.yaml'], { RUNFLOW_NOTIFY: '[1]' });
  assert.match(stderr, /RUNFLOW_NOTIFY is no JSON array/);
});

test('--open hands the report to the opener of the system, and says where it is when it cannot', async ({
  sandbox,
}) => {
  if (process.platform !== 'linux') return;
  await program(sandbox, 'xdg-open', 'printf "<%s>" "$@" > opened.txt; exit $STATUS');
  const path = { PATH: `${sandbox.path('bin')}:${process.env.PATH}`, DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' };
  const blind = await sandbox.runflow(['run', 'small.yaml', '--open'], path);
  assert.is(blind.status, 0);
  assert.match(blind.stderr, /^warning: cannot open the report: there is no display\. It is \/.*report\.html\n$/);
  const opened = await sandbox.runflow(['run', 'small.yaml', '--open'], { ...path, DISPLAY: ':7', STATUS: '0' });
  assert.equal([opened.status, opened.stderr], [0, '']);
  assert.match(await read(sandbox, 'opened.txt'), /^<\/.*\/results\/small\/report\.html>$/);
  const failed = await sandbox.runflow(['run', 'small.yaml', '--open'], { ...path, DISPLAY: ':7', STATUS: '3' });
  assert.is(failed.status, 0);
  assert.match(failed.stderr, /cannot open the report: .*xdg-open.*It is \//);
});

/** Waits until the command has said something that often. */
async function said(started: Started, stream: 'stdout' | 'stderr', pattern: RegExp, times: number): Promise<void> {
  let text = '';
  started.child[stream].on('data', (part: string) => (text += part));
  let ended: Ended | undefined;
  void started.ended.then((end) => (ended = end));
  while ((text.match(pattern) ?? []).length < times) {
    if (ended !== undefined) throw new Error(`ended before: ${ended.stdout}${ended.stderr}`);
    await pause(50);
  }
}

test('--watch runs again after a change, outlives an invalid file, and Ctrl-C ends it with 130', async ({
  sandbox,
}) => {
  await sandbox.write('small.yaml', `${smallWorkflow}datasets: { d: { path: rows.csv } }\n`);
  const watching = sandbox.start(['run', 'small.yaml', '--watch', '--json']);
  const waits = /watching \d+ files? for changes/g;
  const next = () => said(watching, 'stderr', waits, 1);
  await next();
  let waiting = next();
  await sandbox.write('small.yaml', smallWorkflow.replace('fractions: [0.1, 0.5]', 'fractions: [0.1'));
  await waiting;
  waiting = next();
  await sandbox.write(
    'small.yaml',
    `${smallWorkflow.replace('[0.1, 0.5]', '[0.1, 0.7]')}datasets: { d: { path: rows.csv } }\n`,
  );
  await waiting;
  waiting = next();
  await sandbox.write('rows.csv', 'a\n1\n');
  await waiting;
  watching.child.kill('SIGINT');
  const { status, stderr, events } = await watching.ended;
  assert.is(status, 130);
  assert.match(stderr, /small\.yaml:\d+:\d+: error:/);
  assert.match(stderr, /small\.yaml changed\n[\s\S]*rows\.csv changed\n/);
  const summaries = events.flatMap((event) => (event.type === 'summary' ? [event] : []));
  assert.is(summaries.length, 3, 'the invalid file starts no run');
  assert.ok(summaries[1]!.ran > 0 && summaries[1]!.cached > summaries[1]!.ran);
  assert.is(summaries[2]!.ran, 0);
});

test('--watch ends at once where the command line is at fault, which no change of a file mends', async ({
  sandbox,
}) => {
  await sandbox.write('small.yaml', smallWorkflow);
  const cases: readonly (readonly [argv: readonly string[], said: RegExp])[] = [
    [['nosuch.yaml'], /cannot read nosuch\.yaml: no such file/],
    [['small.yaml', '--set', 'params.nope=1'], /there is no params\.nope to set/],
    [['small.yaml', '--profile', 'nope'], /there is no profile "nope"/],
    [['small.yaml', '--matrix', 'nope=1'], /there is no nope to set/],
    [['small.yaml', 'nosuch'], /target nosuch names no step of this workflow/],
    [['small.yaml', '--force=nosuch'], /--force=nosuch names no step of this workflow/],
    [['small.yaml', '--tag', 'no such'], /no such/],
    [['small.yaml', '--dry-run'], /--watch and --dry-run do not go together/],
  ];
  for (const [argv, said] of cases) {
    const { status, stderr } = await sandbox.runflow(['run', ...argv, '--watch']);
    assert.is(status, 2, stderr);
    assert.match(stderr, said);
    assert.not.match(stderr, /watching \d+ file/);
  }
});

test.run();
