import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ranSteps, Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

const test = suite('runflow run --devices');
const sandbox = await Sandbox.make();
await sandbox.write('small.yaml', smallWorkflow);
test.after(() => sandbox.remove());

/** The device of the tests, which is software: it may serve several runners. */
const selector = process.env.RUNFLOW_ADAPTER ?? 'auto';
/** Seconds by which runners go; what is usual would let a test wait. */
const hurry = JSON.stringify({ tickSeconds: 0.1, pollSeconds: 0.2 });

function tablesOf(folder: string): Map<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

test('two runners on one software device do each step once, and give what one worker gives', async () => {
  const alone = await sandbox.run(['small.yaml', '--out', 'alone']);
  const both = ['small.yaml', '--out', 'both', '--store', 'both-store', '--devices', `${selector},${selector}`];
  const ended = await sandbox.run([...both, '--timing', hurry]);
  assert.equal([...ranSteps(ended)].sort(), [...ranSteps(alone)].sort());
  assert.is(summaryOf(ended).ran, summaryOf(alone).ran);
  assert.equal(tablesOf(sandbox.path('both')), tablesOf(sandbox.path('alone')));
  assert.ok(tablesOf(sandbox.path('both')).size > 1);
  const [run] = readdirSync(sandbox.path('both-store', 'runs'));
  const attempt = readdirSync(sandbox.path('both-store', 'runs', run!, 'attempts', '1'));
  assert.equal(attempt.filter((name) => /^\d+$/.test(name)).sort(), ['0', '1']);
  assert.is(summaryOf(await sandbox.run(both)).ran, 0);
});

test('what is no device, what is elsewhere and what goes on by itself is refused before anything is begun', async () => {
  for (const [argv, message] of [
    [['--devices', 'no such card'], /there is no device no such card\n {2}Devices here: 0 \(/],
    [['--devices', 'all', '--executor', 'slurm'], /--devices does not go with --executor slurm/],
    [['--devices', 'all', '--watch'], /--watch does not go with --devices/],
    [['--devices', 'all', '--jobs', '2'], /--jobs means nothing with --executor local/],
  ] as const) {
    const ended = await sandbox.runflow(['run', 'small.yaml', '--store', 'refused-store', ...argv]);
    assert.is(ended.status, 2, ended.stderr);
    assert.match(ended.stderr, message);
  }
  assert.match((await sandbox.runflow(['runs', '--store', 'refused-store'])).stdout, /no runs/);
});

test.run();
