import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

const test = suite<{ sandbox: Sandbox; other: Sandbox; remote: string }>('a remote store in a folder');
test.before(async (context) => {
  context.sandbox = await Sandbox.make();
  context.other = context.sandbox.withStore(context.sandbox.path('other-store'));
  context.remote = context.sandbox.path('remote');
  await context.sandbox.write('small.yaml', smallWorkflow);
});
test.after(({ sandbox }) => sandbox.remove());

/** Result files that are the same whenever they are made; the page and the timeline tell of their run. */
function results(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.csv'));
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

test('a run without the remote store that it was told goes on alone, with one warning; a pull ends with exit code 3', async ({
  sandbox,
  remote,
}) => {
  const pulled = await sandbox.runflow(['cache', 'pull', '--remote', remote]);
  assertOneScreen(pulled, 3);
  assert.match(pulled.stderr, /there is no remote store at /);
  const ran = await sandbox.run(['small.yaml', '--remote', remote, '--out', 'first']);
  assert.ok(summaryOf(ran).ran > 5);
  const warnings = ran.events.filter((event) => event.type === 'warning' && event.message.includes('remote store'));
  assert.is(warnings.length, 1);
});

test('runners of a queue take nothing from a remote store, which is said before anything is submitted', async ({
  sandbox,
  remote,
}) => {
  const refused = await sandbox.runflow(['run', 'small.yaml', '--executor', 'slurm', '--remote', remote]);
  assertOneScreen(refused, 2);
  assert.match(refused.stderr, /runners of a queue take nothing from a remote store/);
});

test('another run takes what was pushed: no step runs, the tables are equal', async ({ sandbox, other, remote }) => {
  const pushed = await sandbox.runflow(['cache', 'push', 'small.yaml', '--remote', remote]);
  assert.is(pushed.status, 0, pushed.stderr);
  assert.match(pushed.stdout, /steps sent to .*remote/);

  const plan = await other.runflow(['plan', 'small.yaml', '--all', '--remote', remote]);
  assert.match(plan.stdout, /0 to run/);
  assert.match(plan.stdout, /cached {2}\S+ \(remote\)/);

  const ran = await other.run(['small.yaml', '--out', 'second'], { RUNFLOW_REMOTE: remote });
  assert.is(summaryOf(ran).ran, 0, ran.stdout);
  const tables = results(sandbox.path('first'));
  assert.ok(tables.size > 2);
  assert.equal(results(sandbox.path('second')), tables);
});

test('what is pulled makes the remote store superfluous', async ({ sandbox, remote }) => {
  const third = sandbox.withStore(sandbox.path('third-store'));
  const pulled = await third.runflow(['cache', 'pull', 'small.yaml', '--remote', remote, '--json']);
  assert.is(pulled.status, 0, pulled.stderr);
  assert.ok(JSON.parse(pulled.stdout).steps > 5);
  rmSync(remote, { recursive: true });
  const plan = await third.runflow(['plan', 'small.yaml']);
  assert.match(plan.stdout, /0 to run/);
  assert.is((await third.runflow(['cache', 'verify'])).status, 0);
});

test.run();
