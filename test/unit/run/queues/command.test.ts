import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../../src/diagnostics/errors.js';
import { CommandQueue } from '../../../../src/run/queues/command.js';
import type { CommandSettings } from '../../../../src/run/queues/executors-file.js';
import { fill } from '../../../../src/run/queues/placeholders.js';
import type { RunnersWanted } from '../../../../src/run/queues/queue.js';
import { FakePrograms } from './fake-programs.js';

/** A queue that three commands of the user's speak to. */

const context = { programs: undefined as unknown as FakePrograms };
const test = suite('command', context);
test.before.each((of) => {
  of.programs = new FakePrograms();
});
test.after.each((of) => {
  of.programs.remove();
});

const settings: CommandSettings = {
  submit: [
    'hand-in',
    '{name}.{index}',
    ['-q', '{partition}'],
    ['-l', 'mem={memory}mb,time={time}'],
    '{script}',
    '{index}',
  ],
  status: ['look', '{names}'],
  cancel: ['end', '--now', '{names}'],
};

function wantedIn(folder: string): RunnersWanted {
  mkdirSync(folder, { recursive: true });
  return {
    jobName: 'runflow-r-1',
    count: 2,
    argv: ['/opt/node', 'run it'],
    variables: ['KEY', 'NOT_SET'],
    resources: {},
    folder,
    leadSeconds: 60,
  };
}

test('placeholders are replaced, lists of names become arguments, and brackets without a value are left out', () => {
  const template = ['a', '{names}', 'x{name}{name}', ['-q', '{queue}'], ['-t', '{time}s'], '{not a name}', '$&'];
  const values = { names: ['b', '{name}'], name: "'$&'", queue: undefined, time: 0 };
  assert.equal(fill(template, values), {
    argv: ['a', 'b', '{name}', "x'$&''$&'", '-t', '0s', '{not a name}', '$&'],
  });
  assert.equal(fill(['a', '{queue}'], values), { missing: ['queue'] });
});

test('with an index each runner is handed in by itself, with a script that takes it', async ({ programs }) => {
  programs.add('hand-in', "console.log('hello'); console.log('id' + process.argv.at(-1))");
  const folder = join(programs.folder, 'it is');
  const queue = new CommandQueue({ ...settings, setup: 'export A=1' }, programs.environment);
  const wanted = { ...wantedIn(folder), resources: { partition: 'long', gpus: 0 } };
  assert.is(await queue.submit(wanted), 'id0, id1');
  const script = join(folder, 'runner.sh');
  assert.equal(
    programs.calls.map(({ argv }) => argv),
    ['0', '1'].map((index) => [`runflow-r-1.${index}`, '-q', 'long', script, index]),
  );
  assert.is(
    readFileSync(script, 'utf8'),
    `#!/bin/bash\nexport A=1\n[ $? -eq 0 ] || exit 1\nexec /opt/node 'run it' --index "$1"\n`,
  );
});

test('with a count all runners are handed in at once', async ({ programs }) => {
  programs.add('hand-in', '');
  const once = { ...settings, submit: ['hand-in', '{name}', '{count}', '{variables}', '{folder}', '{script}'] };
  const queue = new CommandQueue(once, { ...programs.environment, KEY: 'secret-value' });
  assert.is(await queue.submit(wantedIn(programs.folder)), 'runflow-r-1');
  const [call, ...others] = programs.calls;
  assert.equal(call!.argv.slice(0, 4), ['runflow-r-1', '2', 'HOME,PATH,KEY', programs.folder]);
  assert.equal(others, []);
  assert.not.match(JSON.stringify(call!.argv), 'secret-value');
});

test('what the workflow asks for and no command hears of is refused before anything is handed in', async ({
  programs,
}) => {
  programs.add('hand-in', '');
  const wanted = wantedIn(programs.folder);
  const refused = async (of: CommandSettings, resources: RunnersWanted['resources'], message: string) => {
    const error = await refusal(new CommandQueue(of, programs.environment).submit({ ...wanted, resources }));
    assert.instance(error, UsageError);
    assert.match(error.message, message);
  };
  await refused(
    settings,
    { account: 'lab' },
    'the workflow gives cluster.account, and submit of the executors file has no {account}',
  );
  await refused(settings, { exclude: ['a'] }, 'cluster.exclude');
  await refused({ ...settings, submit: ['hand-in', '{name}', '{script}', '{count}', '{cpus}'] }, {}, 'needs {cpus}');
  assert.equal(programs.calls, []);
  assert.not(existsSync(join(programs.folder, 'runner.sh')));
  const ignoring = new CommandQueue({ ...settings, ignore: ['account', 'gpus'] }, programs.environment);
  await ignoring.submit({ ...wanted, count: 1, resources: { account: 'lab', gpus: 1 } });
  assert.is(programs.calls.length, 1);
});

test('a command that fails says why', async ({ programs }) => {
  for (const program of ['hand-in', 'look', 'end'])
    programs.add(program, "console.error('no such queue'); process.exit(3)");
  const queue = new CommandQueue(settings, programs.environment);
  const wanted = wantedIn(programs.folder);
  assert.match(
    (await refusal(queue.submit(wanted))).message,
    'the queue did not take the runners: hand-in: no such queue',
  );
  assert.is(await queue.poll(['runflow-r-1']), undefined);
  assert.is(queue.note, 'look: no such queue');
  assert.match(
    (await refusal(queue.cancel(['runflow-r-1']))).message,
    'runners were not cancelled: end: no such queue',
  );
});

test('status tells states by name and index; anything else is no answer, and is shown', async ({ programs }) => {
  const queue = new CommandQueue(settings, programs.environment);
  const answer = async (text: string) => {
    programs.add('look', `console.log(${JSON.stringify(text)})`);
    const states = await queue.poll(['a', 'b']);
    return states && [...states].map(([name, of]) => [name, ...of]);
  };
  assert.equal(await answer('a 0 running\n\n  b 1 pending \nb 0 ended\na 0 ended\nb 2 pending'), [
    ['a', [0, 'running']],
    ['b', [1, 'pending'], [0, 'ended'], [2, 'pending']],
  ]);
  assert.is(queue.note, undefined);
  assert.equal(await answer(''), [['a'], ['b']]);
  assert.is(queue.note, undefined);
  for (const wrong of ['a 0 done', 'c 0 running', 'a x running', 'a 0', 'Warning: slow', 'toString 0 running']) {
    assert.is(await answer(`b 0 running\n${wrong}`), undefined, wrong);
    assert.match(queue.note ?? '', `status printed "${wrong}"`);
  }
  assert.equal(programs.calls[0]!.argv, ['a', 'b']);
});

test('a command whose output stays open is waited for no longer than the time-out', async ({ programs }) => {
  const child =
    "const child = require('node:child_process').spawn('/bin/sleep', ['60'], { detached: true, stdio: 'inherit' });";
  const folder = programs.folder;
  programs.add(
    'end',
    `${child} require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid)); child.unref();`,
  );
  const queue = new CommandQueue(settings, programs.environment, {
    submitSeconds: 1,
    pollSeconds: 1,
    cancelSeconds: 1,
  });
  try {
    assert.match((await refusal(queue.cancel(['a']))).message, 'end: ');
  } finally {
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  }
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
