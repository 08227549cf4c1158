import { UsageError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { runflowVersion } from '../diagnostics/version.js';
import { examineQueue, type QueueReport } from '../run/probe/examine-queue.js';
import type { QueueFinding } from '../run/probe/queue-finding.js';
import { readExecutorsFile } from '../run/queues/executors-file.js';
import { isQueueName, openQueue } from '../run/queues/registry.js';
import { clusterOf } from '../workflow/study-cluster.js';
import { columns } from './columns.js';
import type { Invocation } from './command.js';
import { listenForSignals } from './interruption.js';
import { loadOptions, studyNamed, workflowOptions } from './load-workflow.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { wholeNumber } from './whole-number.js';

/** Options of doctor for a queue. */
export const queueOptions = {
  executor: { description: 'Look at a queue instead: slurm, command', value: 'WHERE', completes: ['slurm', 'command'] },
  executors: { description: 'With --executor: file of your own settings, as of runflow run', value: 'FILE' },
  hosts: { description: 'With --executor: how many different hosts are asked (1)', value: 'N' },
  wait: { description: 'With --executor: seconds to wait for a host (60)', value: 'S' },
  ...storeOption,
  ...workflowOptions,
} as const;

/** Variables that decide which device a probe finds. */
const variables = ['RUNFLOW_ADAPTER'];

/** Whether an invocation of doctor is about a queue. @throws UsageError when only its options are */
export function asksForQueue(invocation: Invocation): boolean {
  if (invocation.value('executor') !== undefined) return true;
  const given = Object.keys(queueOptions).find((option) => invocation.values(option).length > 0);
  if (given === undefined && invocation.positionals.length === 0) return false;
  const what = given === undefined ? `the workflow ${invocation.positionals[0]}` : `--${given}`;
  throw new UsageError(`${what} is for a queue`, { hint: 'Add --executor slurm.' });
}

/** Prints what a queue and its hosts lack. */
export async function examineQueueOf(invocation: Invocation): Promise<ExitCode> {
  const name = invocation.value('executor')!;
  if (!isQueueName(name)) throw new UsageError(`there is no queue ${name}`, { hint: 'Give slurm or command.' });
  const hosts = wholeNumber(invocation, 'hosts') ?? 1;
  const waitSeconds = wholeNumber(invocation, 'wait') ?? 60;
  const [file] = invocation.positionals;
  const options = loadOptions(invocation);
  const resources = file === undefined ? {} : (clusterOf(await studyNamed(file, options))?.resources ?? {});
  const store = openedStore(invocation);
  const executors = invocation.value('executors');
  const read = await readExecutorsFile(executors, process.env);
  const { queue, settings: ofRunners } = openQueue(name, read);
  const interruption = listenForSignals();
  let report: QueueReport;
  try {
    const { node } = ofRunners;
    const asked = { resources, variables, hosts, waitSeconds, environment: process.env, ...(node && { node }) };
    report = await examineQueue({ ...asked, store, queue, queueName: name, signal: interruption.stop });
  } finally {
    interruption.end();
  }
  const own: QueueFinding = {
    what: 'executors',
    ok: true,
    detail: read.file ?? 'no file of your own: no setup, no modules',
  };
  report = { ...report, findings: [own, ...report.findings] };
  const machine = { runflow: runflowVersion(), node: process.versions.node, store: store.path };
  if (invocation.switch('json')) printJson({ ...machine, ...report }, 2);
  else print(text(machine, report));
  if (interruption.stop.aborted) return exitCodes.interrupted;
  const findings = [...report.findings, ...report.hosts.flatMap((host) => host.findings)];
  return findings.every(({ ok }) => ok) ? exitCodes.done : exitCodes.environment;
}

function text(
  { runflow, node, store }: Readonly<Record<'runflow' | 'node' | 'store', string>>,
  report: QueueReport,
): string {
  const lines = [`runflow ${runflow}, Node ${node}, store ${store}`, '', `${report.queue}:`, section(report.findings)];
  for (const { host, findings } of report.hosts) lines.push('', `${printableLine(host)}:`, section(findings));
  return `${lines.join('\n')}\n`;
}

function section(findings: readonly QueueFinding[]): string {
  const rows = findings.map(({ what, ok, detail }) => [
    `  ${what}`,
    printableLine(`${ok ? 'ok' : 'FAILED'}: ${detail}`),
  ]);
  const advice = findings.flatMap((finding) => (finding.advice === undefined ? [] : [`  ${finding.advice}`]));
  return [columns(rows).trimEnd(), ...advice].join('\n');
}
