import { EnvironmentError, UsageError } from '../../diagnostics/errors.js';
import type { ClusterResources } from '../../workflow/cluster.js';
import type { SlurmSettings } from './executors-file.js';
import type { Queue, QueueState, RunnersWanted } from './queue.js';
import { type QueuePatience, type QueueProgramEnd, runQueueProgram } from './queue-program.js';
import { runnerScript } from './runner-script.js';
import { livelier, reasonsText } from './runner-states.js';
import { runnerVariables } from './runner-variables.js';
import { asksForGpus } from './slurm-options.js';

/** Largest lead that sbatch takes for a signal. */
const longestLead = 65_535;

/** Seconds each program of Slurm may take: with the controller down they block. */
const defaultPatience: QueuePatience = { submitSeconds: 60, pollSeconds: 20, cancelSeconds: 60 };

/** Slurm: a job array of runners, by sbatch, squeue and scancel. */
export class SlurmQueue implements Queue {
  readonly #settings: SlurmSettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #patience: QueuePatience;
  #note: string | undefined;

  constructor(settings: SlurmSettings, environment: NodeJS.ProcessEnv = process.env, patience = defaultPatience) {
    this.#settings = settings;
    this.#environment = environment;
    this.#patience = patience;
  }

  get note(): string | undefined {
    return this.#note;
  }

  /** @throws UsageError when GPUs are asked for twice */
  async submit(wanted: RunnersWanted): Promise<string> {
    const argv = ['sbatch', ...this.#options(wanted)];
    const script = runnerScript(this.#settings, wanted.argv, '$SLURM_ARRAY_TASK_ID');
    const end = await this.#run(argv, this.#patience.submitSeconds, script);
    if (end.failure !== undefined) throw submitError(end);
    // Slurm's site plugins may print lines of their own before it.
    const id = /^(\d+)(?:;[\w.-]+)?$/.exec(end.stdout.trim().split('\n').at(-1)!)?.[1];
    if (id !== undefined) return id;
    throw new EnvironmentError(`sbatch printed no job id: ${JSON.stringify(end.stdout.slice(0, 200))}`);
  }

  async poll(jobNames: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, QueueState>> | undefined> {
    this.#note = undefined;
    if (jobNames.length === 0) return new Map();
    for (const name of jobNames) checkName(name);
    const options = ['--noheader', '--array', '--states=all', '--format=%K|%T|%j|%r'];
    const argv = ['squeue', ...options, `--user=${userId()}`, `--name=${jobNames.join(',')}`];
    const end = await this.#run(argv, this.#patience.pollSeconds);
    if (end.failure !== undefined) {
      this.#note = end.failure;
      return undefined;
    }
    const { states, reasons } = statesIn(end.stdout, jobNames);
    this.#note = reasonsText(reasons);
    return states;
  }

  async cancel(jobNames: readonly string[]): Promise<void> {
    const failures: string[] = [];
    for (const name of jobNames) {
      checkName(name);
      // scancel takes one name.
      const argv = ['scancel', '--quiet', `--user=${userId()}`, `--name=${name}`];
      const { failure } = await this.#run(argv, this.#patience.cancelSeconds);
      if (failure !== undefined) failures.push(failure);
    }
    if (failures.length === 0) return;
    const hint = `Runners may still run. End them with: scancel --user=${userId()} --name=${jobNames[0]}`;
    throw new EnvironmentError(`runners were not cancelled: ${failures[0]}`, { hint });
  }

  #run(argv: readonly string[], timeoutSeconds: number, input?: string): Promise<QueueProgramEnd> {
    const environment = withoutJobVariables(this.#environment);
    return runQueueProgram(argv, { environment, timeoutSeconds, ...(input !== undefined && { input }) });
  }

  #options({ jobName, count, variables, resources, folder, leadSeconds }: RunnersWanted): string[] {
    checkName(jobName);
    checkFolder(folder);
    const { options = [] } = this.#settings;
    if (resources.gpus && options.some(asksForGpus)) {
      const hint = 'Keep one of them.';
      throw new UsageError('cluster.gpus and the options of the executors file both ask for GPUs', { hint });
    }
    const names = runnerVariables(variables, this.#environment);
    return [
      ...options,
      '--parsable',
      `--job-name=${jobName}`,
      `--array=0-${count - 1}`,
      '--nodes=1',
      '--ntasks=1',
      '--no-requeue',
      '--kill-on-invalid-dep=yes',
      // USR1 opens the inspector of Node. The shell has become the runner, which B: signals alone.
      `--signal=B:USR2@${Math.min(longestLead, Math.max(0, Math.round(leadSeconds)))}`,
      // Of a list of names a job has these and no others.
      `--export=${names.length === 0 ? 'NONE' : names.join(',')}`,
      `--chdir=${folder}`,
      `--output=${folder.replaceAll('%', '%%')}/runner-%a.out`,
      '--open-mode=append',
      ...resourceOptions(resources),
    ];
  }
}

function resourceOptions({ partition, account, time, gpus, cpus, memory, exclude }: ClusterResources): string[] {
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ['partition', partition],
    ['account', account],
    ['time', time === undefined ? undefined : timeText(time)],
    // With the older select plugins --gpus-per-node is an error, and --gres is not.
    ['gres', gpus ? `gpu:${gpus}` : undefined],
    ['cpus-per-task', cpus],
    ['mem', memory === undefined ? undefined : `${Math.ceil(memory / 1024 ** 2)}M`],
    ['exclude', exclude?.join(',')],
  ];
  return given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

/** Seconds as `days-hours:minutes:seconds`. */
function timeText(seconds: number): string {
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days}-${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}

/** States of Slurm in which a job waits. */
const waits = new Set([
  'PENDING',
  'CONFIGURING',
  'REQUEUED',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'RESV_DEL_HOLD',
  'SPECIAL_EXIT',
]);
/** States of Slurm in which nothing of a job runs any more. */
const ended = new Set(
  [
    ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'PREEMPTED', 'BOOT_FAIL', 'DEADLINE'],
    ['OUT_OF_MEMORY', 'REVOKED', 'LAUNCH_FAILED', 'RECONFIG_FAIL'],
  ].flat(),
);

function statesIn(printed: string, jobNames: readonly string[]) {
  const states = new Map(jobNames.map((name) => [name, new Map<number, QueueState>()]));
  const reasons: string[] = [];
  for (const line of printed.split('\n')) {
    const [index = '', state = '', name = '', reason = ''] = line.trim().split('|');
    const ofJob = states.get(name);
    if (ofJob === undefined || !/^\d+$/.test(index)) continue; // the heading of a cluster, or a job that is no array
    // What sbatch refused was never a runner, though Slurm keeps a record of it.
    if (state === 'FAILED' && reason === 'BadConstraints') continue;
    // A state that this runflow does not know is none in which a runner is given up.
    const told = waits.has(state) ? 'pending' : ended.has(state) ? 'ended' : 'running';
    ofJob.set(Number(index), livelier(ofJob.get(Number(index)), told));
    if (told === 'pending') reasons.push(reason);
  }
  return { states, reasons };
}

function submitError(end: QueueProgramEnd): EnvironmentError {
  const failure = end.failure!;
  const hint = end.isMissing
    ? 'Run this on a machine that submits jobs to Slurm, such as the login node of the cluster.'
    : end.isLate
      ? "Slurm's controller may be down: ask with `scontrol ping`. Run the same command again to attach."
      : hints.find(([pattern]) => pattern.test(failure))?.[1];
  return new EnvironmentError(`Slurm did not take the runners: ${failure}`, { ...(hint && { hint }) });
}

/** What to do about what sbatch says. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /invalid partition|partition .*(down|inactive|not available)/i,
    'Look with `sinfo -s`, and write another cluster.partition.',
  ],
  [
    /invalid account|account\/partition|invalid qos/i,
    'Look with `sacctmgr show assoc user=$USER`, and write another cluster.account.',
  ],
  [
    /unable to contact|connection refused|socket timed out|communication/i,
    "Slurm's controller does not answer: ask with `scontrol ping`.",
  ],
  [/time limit/i, 'Look with `sinfo -s`, and write a shorter cluster.time.'],
  [
    /node configuration|gres|memory specification|more processors|cpu count/i,
    'No node has as much: look with `sinfo -o "%n %c %m %G"`, and ask for less under cluster.',
  ],
  [/invalid node name|node_name|node list/i, 'Look with `sinfo -N`, and correct cluster.exclude.'],
  [/array/i, 'The cluster takes fewer runners at a time: give a smaller --jobs.'],
];

/** Variables by which Slurm tells a job of itself would be read as options; those of squeue and scancel would hide runners. */
function withoutJobVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = new Set(['SLURM_CONF', 'SLURM_CONF_SERVER', 'SLURM_CLUSTERS', 'SLURM_JWT']);
  const isLeftOut = (name: string) =>
    (name.startsWith('SLURM_') && !kept.has(name)) || /^(SQUEUE_|SCANCEL_|SBATCH_WAIT)/.test(name);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isLeftOut(name)));
}

function userId(): number {
  return process.getuid!();
}

function checkName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a job`);
}

function checkFolder(folder: string): void {
  // A backslash would make Slurm read the pattern of the file's name otherwise.
  if (/^\/[^\\\p{Cc}]*$/u.test(folder)) return;
  const hint = 'Keep the store in a folder whose path is plain: --store DIR.';
  throw new EnvironmentError(`Slurm cannot write to ${JSON.stringify(folder)}`, { hint });
}
