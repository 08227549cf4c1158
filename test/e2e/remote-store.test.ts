import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { energy } from '../../src/steps/energy.js';
import { unseal } from '../../src/store/sealed.js';
import { assertOneScreen, ranSteps, Sandbox, summaryOf } from '../sandbox.js';
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

test('several runners do only what the remote store lacks: the rest is taken before they begin', async ({
  sandbox,
}) => {
  // A model of 4.3 MiB, which does not come with its record.
  await sandbox.write('large.yaml', smallWorkflow.replace('vocabulary: 20', 'vocabulary: 70000'));
  await sandbox.run(['large.yaml', '--out', 'large']);
  const remote = sandbox.path('large-remote');
  assert.is((await sandbox.runflow(['cache', 'push', 'large.yaml', '--remote', remote])).status, 0);
  for (const name of readdirSync(join(remote, 'actions'), { recursive: true, encoding: 'utf8' })) {
    const file = join(remote, 'actions', name);
    if (statSync(file).isFile() && unseal(readFileSync(file, 'utf8'))?.kind === energy.kind) rmSync(file);
  }
  const selector = process.env.RUNFLOW_ADAPTER ?? 'auto';
  const devices = ['--devices', `${selector},${selector}`, '--timing', '{"tickSeconds":0.1,"pollSeconds":0.2}'];
  const joint = sandbox.withStore(sandbox.path('joint-store'));
  const ran = await joint.run(['large.yaml', '--out', 'joint', '--remote', remote, ...devices]);
  const steps = ranSteps(ran);
  assert.ok(steps.some((step) => step.startsWith('energy[')));
  assert.not.ok(
    steps.some((step) => /^(init|perturb|svd|random-basis)\[/.test(step)),
    steps.join(),
  );
  assert.ok(ran.events.some((event) => event.type === 'notice' && /taken from the remote store/.test(event.message)));
  assert.equal(results(sandbox.path('joint')), results(sandbox.path('large')));
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
