import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { QueueFinding } from '../../src/run/probe/queue-finding.js';
import { assertOneScreen, Sandbox } from '../sandbox.js';
import { slurmSuite } from '../slurm/suite.js';
import { smallWorkflow } from '../small-workflow.js';

const sandbox = await Sandbox.make();
// The second node sees an empty folder where the store lies on the others.
const test = slurmSuite('runflow doctor --executor slurm', {
  nodes: 2,
  setup: { 1: `mount -t tmpfs none ${sandbox.folder}` },
});

interface Report {
  readonly findings: readonly QueueFinding[];
  readonly hosts: readonly { readonly host: string; readonly findings: readonly QueueFinding[] }[];
}

test('it says of each host what runners have there, and which does not see the store', async ({ lab }) => {
  const argv = ['doctor', '--executor', 'slurm', '--hosts', '2', '--json'];
  const json = await sandbox.runflow(argv, lab.environment);
  assert.is(json.status, 3, json.stdout + json.stderr);
  const { findings, hosts } = JSON.parse(json.stdout) as Report;
  assert.equal(
    findings.map(({ what, ok }) => [what, ok]),
    ['executors', 'sbatch', 'squeue', 'scancel', 'controller', 'partition'].map((what) => [what, true]),
  );
  const [first, second] = hosts;
  assert.is(first!.host, lab.nodes[0]!.name);
  const told = Object.fromEntries(first!.findings.map(({ what, ok, detail }) => [what, `${ok} ${detail}`]));
  assert.match(told.store!, /^true seen and written, \d.* free$/);
  assert.match(told.runflow!, /^true runflow .*, Node /);
  assert.is(told.clock, 'true as here');
  assert.match(told.device!, /^true vulkan\//);
  assert.is(told['hub cache'], 'true nothing is fetched here yet');
  assert.is(told.sbatch, 'true jobs can be handed in from there');
  assert.is(second!.host, lab.nodes[1]!.name);
  assert.is(second!.findings.length, 1);
  assert.match(second!.findings[0]!.detail, /the job ended without an answer .*does not see .*store/);
  assert.match(second!.findings[0]!.advice!, /file system that all hosts share/);
});

test('one host that lacks nothing is exit code 0, and leaves nothing in the queue or the store', async ({ lab }) => {
  const { status, stdout, stderr } = await sandbox.runflow(['doctor', '--executor', 'slurm'], lab.environment);
  assert.is(status, 0, stdout + stderr);
  assert.match(stdout, /^ {2}sbatch +ok: slurm/m);
  assert.match(stdout, /^lab-node1:\n {2}store +ok: seen and written/m);
  assert.is(lab.slurm('squeue', ['--noheader']), '');
  assert.equal(readdirSync(sandbox.path('store', 'tmp')), []);
});

test('a workflow says which partition is asked; one that is not there fails with what there is', async ({ lab }) => {
  await sandbox.write('other.yaml', `${smallWorkflow}cluster: { partition: fast }\n`);
  const ended = await sandbox.runflow(['doctor', 'other.yaml', '--executor', 'slurm'], lab.environment);
  assertOneScreen(ended, 3);
  assert.match(ended.stdout, /partition +FAILED: there is no fast: lab \(default\) 2 of 2 nodes idle/);
});

test('where there is no Slurm, every command of it is named, and where to go', async () => {
  const none = await sandbox.runflow(['doctor', '--executor', 'slurm'], { PATH: sandbox.folder });
  assertOneScreen(none, 3);
  assert.match(none.stdout, /sbatch +FAILED: sbatch: there is no such program/);
  assert.match(none.stdout, /login node/);
});

test.after(() => sandbox.remove());
test.run();
