/**
 * The drill with Slurm that takes more than a minute: node dist/test/bench/slurm-drills.js, as root
 *
 * A real time limit of a minute is reached in training. Slurm looks at time limits twice a minute, so the warning comes up to
 * half a minute early. The runner saves its state and leaves, a successor goes on, and the model has the bytes of a run alone.
 */
import * as assert from 'uvu/assert';
import { longTraining } from '../long-training.js';
import { Sandbox } from '../sandbox.js';
import { Drill, resumptions } from '../slurm/drill.js';
import { SlurmLab, slurmMissing } from '../slurm/lab.js';

const missing = slurmMissing();
if (missing !== undefined) throw new Error(missing);
const steps = Number(process.argv[2] ?? 600);
const sandbox = await Sandbox.make();
const lab = await SlurmLab.start({ nodes: 2, cpus: 1 });
try {
  await sandbox.write('drill.yaml', `${longTraining('drill', steps)}cluster: { time: 1, jobs: 1 }\n`);
  await sandbox.run(['drill.yaml', '--out', 'alone']);
  const alone = new Drill(lab, sandbox, 'alone', sandbox.store);
  const drill = new Drill(lab, sandbox, 'limit');
  const started = performance.now();
  const ended = await drill.start({ jobs: 1 }).ended;
  assert.is(ended.status, 0, ended.stdout.slice(-4000) + ended.stderr);
  const joint = drill.joint();
  const exits = joint.places().map((place) => joint.exit(place)?.how);
  assert.is(exits[0], 'time', exits.join());
  assert.ok((await drill.trained()).equals(await alone.trained()), 'another model');
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${seconds} s, runners left by ${exits.join(', ')}; training went on behind ${resumptions(ended).join(', ')}`,
  );
} finally {
  await lab.stop();
  await sandbox.remove();
}
