import type { ClusterResources } from '../../workflow/cluster.js';
import { runQueueProgram } from '../queues/queue-program.js';
import type { QueueFinding } from './queue-finding.js';

/** A controller that is down lets its commands wait for minutes. */
const answerSeconds = 15;

/** Whether Slurm's commands are here, whether its controller answers, and what partitions there are. */
export async function slurmFindings(
  { partition }: ClusterResources,
  environment: NodeJS.ProcessEnv,
): Promise<readonly QueueFinding[]> {
  const findings: QueueFinding[] = [];
  for (const program of ['sbatch', 'squeue', 'scancel']) {
    const { output, problem } = await answer(program, ['--version'], environment);
    findings.push({
      what: program,
      ok: problem === undefined,
      detail: problem ?? output,
      ...(problem !== undefined && { advice: 'Run this on a login node of the cluster, or load its module first.' }),
    });
  }
  if (findings.some(({ ok }) => !ok)) return findings;
  const format = ['--noheader', '--format=%P|%a|%D|%F'];
  const { output, problem } = await answer('sinfo', format, environment);
  if (problem !== undefined) {
    const advice =
      'Ask squeue by hand. If it does not answer either, the controller is down: tell whoever runs the cluster.';
    return [...findings, { what: 'controller', ok: false, detail: problem, advice }];
  }
  return [...findings, { what: 'controller', ok: true, detail: 'answers' }, partitionFinding(output, partition)];
}

/**
 * Whether jobs can be handed in from here, on a node of the cluster: the controller is asked without handing one in.
 * @param resources those of a runner
 */
export async function submitsFromHere(
  { partition, account }: ClusterResources,
  environment: NodeJS.ProcessEnv,
): Promise<QueueFinding> {
  const asked = [
    '--test-only',
    '--wrap=exit',
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
  ];
  const { problem } = await answer('sbatch', asked, environment);
  if (problem === undefined) return { what: 'sbatch', ok: true, detail: 'jobs can be handed in from there' };
  const advice =
    'Runners whose time is up are then followed by others only while runflow run follows on the submitting side.';
  return { what: 'sbatch', ok: true, detail: `not from there: ${problem}`, advice };
}

/** Host of a job that has ended, and why it failed, as far as Slurm still knows. */
export async function slurmWhereabouts(
  jobName: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly host?: string; readonly reason?: string }> {
  const asked = ['--noheader', '--states=all', `--name=${jobName}`, '--format=%N|%r'];
  const { output } = await answer('squeue', asked, environment);
  const [host, reason] = output.split('\n').at(-1)!.split('|');
  return { ...(host && { host }), ...(reason && reason !== 'None' && { reason }) };
}

/** @param rows of sinfo: name, whether it is up, nodes, and nodes in work/idle/other/all; a partition may have several rows */
function partitionFinding(rows: string, wanted: string | undefined): QueueFinding {
  const partitions = rows
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [name = '', state = '', , counts = ''] = row.split('|');
      const [, idle = '0', , all = '0'] = counts.split('/');
      return { name: name.replace(/\*$/, ''), isDefault: name.endsWith('*'), state, idle, all };
    });
  const listed = partitions
    .map(({ name, isDefault, state, idle, all }) => {
      const trouble = state === 'up' ? '' : `, ${state}`;
      return `${name}${isDefault ? ' (default)' : ''} ${idle} of ${all} nodes idle${trouble}`;
    })
    .join('; ');
  const used = partitions.find(({ name, isDefault }) => (wanted === undefined ? isDefault : name === wanted));
  if (used === undefined) {
    const detail = wanted === undefined ? 'none is the default' : `there is no ${wanted}`;
    const advice = 'Name one in cluster: { partition: … } of the workflow or of a profile.';
    return { what: 'partition', ok: false, detail: `${detail}: ${listed || 'there are none'}`, advice };
  }
  const ok = used.state === 'up' && used.all !== '0';
  return { what: 'partition', ok, detail: listed, ...(!ok && { advice: `${used.name} takes no jobs: name another.` }) };
}

async function answer(
  program: string,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly output: string; readonly problem?: string }> {
  const { stdout, failure } = await runQueueProgram([program, ...argv], { environment, timeoutSeconds: answerSeconds });
  return failure === undefined ? { output: stdout } : { output: '', problem: failure.split('\n').at(-1)! };
}
