import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';
import { Drill, doneSteps, drillWorkflow } from '../slurm/drill.js';
import { slurmSuite } from '../slurm/suite.js';

const sandbox = await Sandbox.make();
const test = slurmSuite('joint runs on Slurm', { nodes: 2, cpus: 1, settings: ['SlurmdTimeout=10'] });

test('two nodes', async ({ lab }) => {
  await sandbox.write('drill.yaml', drillWorkflow(60));
  const drill = new Drill(lab, sandbox, 'plain');
  const ended = await drill.start().ended;
  console.log(
    ended.stdout
      .split('\n')
      .map((l) => l.slice(0, 200))
      .join('\n'),
    ended.stderr,
    ended.status,
  );
  console.log(doneSteps(ended));
  assert.is(ended.status, 0);
});

test.after(() => sandbox.remove());
test.run();
