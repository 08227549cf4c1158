/** Options of sbatch that runflow gives itself, and what says the same to runflow. */
const ownOptions: Readonly<Record<string, string>> = {
  account: 'Write cluster.account.',
  array: 'Write cluster.jobs, or give --jobs.',
  chdir: 'Runners work in the folder of their run.',
  clusters: 'Set SLURM_CLUSTERS, which squeue and scancel read too.',
  'cpus-per-task': 'Write cluster.cpus.',
  error: 'Output goes to the folder of the run.',
  exclude: 'Write cluster.exclude.',
  export: 'Runners get the variables that they need.',
  'export-file': 'Runners get the variables that they need.',
  gid: 'Runners belong to whoever submits them.',
  input: 'Runners read nothing from their input.',
  'job-name': 'Runners are found again by the name of their job.',
  'kill-on-invalid-dep': 'runflow sets it.',
  mem: 'Write cluster.memory.',
  'no-requeue': 'runflow sets it.',
  nodes: 'A runner has one node.',
  ntasks: 'A runner is one task.',
  output: 'Output goes to the folder of the run.',
  parsable: 'runflow sets it.',
  partition: 'Write cluster.partition.',
  requeue: 'runflow submits a lost runner again itself.',
  signal: 'Runners are warned before their time is over.',
  'test-only': 'Nothing would be submitted.',
  time: 'Write cluster.time.',
  uid: 'Runners belong to whoever submits them.',
  wait: 'runflow follows its runners itself.',
  wrap: 'runflow writes the script.',
};

/** Why an option of the user's is not given to sbatch; undefined when it is. sbatch takes the beginning of a name too. */
export function slurmOptionProblem(option: string): { readonly what: string; readonly hint: string } | undefined {
  const name = /^--([a-z0-9-]+)/.exec(option)?.[1] ?? '';
  const own = Object.keys(ownOptions).find((known) => known === name) ?? abbreviated(name);
  if (own === undefined) return undefined;
  return { what: `runflow gives sbatch --${own} itself`, hint: ownOptions[own]! };
}

function abbreviated(name: string): string | undefined {
  return Object.keys(ownOptions).find((known) => known.startsWith(name));
}

/** Whether an option asks for GPUs, as `cluster.gpus` does. */
export function asksForGpus(option: string): boolean {
  return /^--(gpus|gres|gpus-per-node|gpus-per-task|gpus-per-socket)(=|$)/.test(option);
}
