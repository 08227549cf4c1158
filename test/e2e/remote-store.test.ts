import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

async function withRemote(use: (one: Sandbox, other: Sandbox, remote: string) => Promise<void>): Promise<void> {
  const one = await Sandbox.make();
  try {
    await one.write('small.yaml', smallWorkflow);
    await use(one, one.withStore(one.path('other-store')), one.path('remote'));
  } finally {
    await one.remove();
  }
}

/** Result files that are the same whenever they are made; the page and the timeline tell of their run. */
function results(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.csv'));
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

test('a run takes from the remote store what another has pushed: no step runs, the tables are equal', () =>
  withRemote(async (one, other, remote) => {
    await one.run(['small.yaml', '--out', 'first']);
    const pushed = await one.runflow(['cache', 'push', 'small.yaml', '--remote', 'remote']);
    assert.is(pushed.status, 0, pushed.stderr);
    assert.match(pushed.stdout, /steps sent to .*remote/);

    const plan = await other.runflow(['plan', 'small.yaml', '--all', '--remote', remote]);
    assert.match(plan.stdout, /0 to run/);
    assert.match(plan.stdout, /cached {2}\S+ \(remote\)/);

    const ran = await other.run(['small.yaml', '--out', 'second'], { RUNFLOW_REMOTE: remote });
    assert.is(summaryOf(ran).ran, 0, ran.stdout);
    const tables = results(one.path('first'));
    assert.ok(tables.size > 2);
    assert.equal(results(one.path('second')), tables);

    const again = await other.run(['small.yaml', '--out', 'second']);
    assert.is(summaryOf(again).failed, 0);
  }));

test('what is pulled makes the remote store superfluous', () =>
  withRemote(async (one, other, remote) => {
    await one.run(['small.yaml']);
    assert.is((await one.runflow(['cache', 'push', '--remote', remote])).status, 0);
    const pulled = await other.runflow(['cache', 'pull', 'small.yaml', '--remote', remote, '--json']);
    assert.is(pulled.status, 0, pulled.stderr);
    rmSync(remote, { recursive: true });
    assert.is(summaryOf(await other.run(['small.yaml'])).ran, 0);
    assert.is((await other.runflow(['cache', 'verify'])).status, 0);
    assert.ok((JSON.parse(pulled.stdout) as { steps: number }).steps > 5);
  }));

test('a run without the remote store that it was told goes on alone, with one warning; push and pull end with exit code 3', () =>
  withRemote(async (one, _, remote) => {
    const pulled = await one.runflow(['cache', 'pull', 'small.yaml', '--remote', remote]);
    assert.is(pulled.status, 3, pulled.stderr);
    assert.match(pulled.stderr, /there is no remote store at /);
    const ran = await one.run(['small.yaml', '--remote', remote]);
    assert.ok(summaryOf(ran).ran > 5);
    const warnings = ran.events.filter((event) => event.type === 'warning' && event.message.includes('remote store'));
    assert.is(warnings.length, 1);
  }));

test.run();
