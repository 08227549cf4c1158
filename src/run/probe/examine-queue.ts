import { EnvironmentError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import { runflowVersion } from '../../diagnostics/version.js';
import { formatBytes } from '../../formats/byte-size.js';
import { type AskedHost, type AskOptions, askHost, type ClockSkew } from './ask-host.js';
import { type HostFacts, type HubCacheFacts, hubCacheFacts } from './probe.js';
import type { QueueFinding } from './queue-finding.js';
import { slurmFindings, slurmWhereabouts } from './slurm-findings.js';

/** Slurm refuses messages of hosts whose clocks are farther apart. */
const mostSkewSeconds = 60;

/** What was found of a queue and of hosts where it starts runners. */
export interface QueueReport {
  readonly queue: string;
  readonly findings: readonly QueueFinding[];
  readonly hosts: readonly { readonly host: string; readonly findings: readonly QueueFinding[] }[];
}

export interface ExamineOptions extends AskOptions {
  /** How many different hosts are asked. */
  readonly hosts: number;
  readonly environment: NodeJS.ProcessEnv;
}

/** Looks at the queue from here, then has it start a probe on one host after the other. */
export async function examineQueue(options: ExamineOptions): Promise<QueueReport> {
  const { environment, queueName, resources, signal, store } = options;
  const findings: QueueFinding[] = [];
  if (queueName === 'slurm') findings.push(...(await slurmFindings(resources, environment)));
  const hosts: { host: string; findings: readonly QueueFinding[] }[] = [];
  const seen = new Set<string>();
  while (hosts.length < options.hosts && findings.every(({ ok }) => ok) && !signal.aborted) {
    const exclude = [...(resources.exclude ?? []), ...hosts.map(({ host }) => host)];
    const canLeaveOut = queueName === 'slurm' && exclude.length > 0;
    const limited = canLeaveOut ? { ...resources, exclude } : resources;
    let asked: AskedHost;
    try {
      asked = await askHost({ ...options, resources: limited });
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      findings.push(refusal(error, hosts.length));
      break;
    }
    findings.push(...asked.findings);
    if (asked.state === 'answered') {
      const { facts } = asked;
      // A queue that cannot leave hosts out starts the probe where it was before.
      if (seen.has(facts.identity)) break;
      seen.add(facts.identity);
      hosts.push({ host: facts.host, findings: findingsOf(facts, asked.skewSeconds, hubCacheFacts(store)) });
      continue;
    }
    const where = queueName === 'slurm' ? await slurmWhereabouts(asked.jobName, environment) : {};
    const note = where.reason ?? asked.note;
    if (asked.state === 'waiting') {
      findings.push(waited(options.waitSeconds, note));
      break;
    }
    const silent = vanished(store.path, note);
    if (where.host === undefined || where.host.startsWith('(')) {
      findings.push(silent);
      break;
    }
    hosts.push({ host: where.host, findings: [silent] });
  }
  return { queue: queueName, findings, hosts };
}

function refusal({ message, hint }: EnvironmentError, asked: number): QueueFinding {
  const more = asked === 0 ? 'a job' : 'a job for another host';
  return {
    what: 'job',
    ok: false,
    detail: `${more} is refused: ${message}`,
    ...(hint !== undefined && { advice: hint }),
  };
}

function waited(seconds: number, note: string | undefined): QueueFinding {
  const why = note === undefined ? '' : ` (${note})`;
  const advice = 'Try again with a longer --wait when the cluster has room, or name another partition.';
  return { what: 'job', ok: false, detail: `no host answered within ${seconds} s${why}`, advice };
}

function vanished(store: string, note: string | undefined): QueueFinding {
  const why = note === undefined ? '' : ` (${note})`;
  return {
    what: 'store',
    ok: false,
    detail: `the job ended without an answer${why}: this host does not see ${store}, or not Node and runflow at the paths of here`,
    advice: 'Put the store, Node and runflow on a file system that all hosts share, at the same paths.',
  };
}

function findingsOf(facts: HostFacts, skew: ClockSkew, hub: HubCacheFacts): readonly QueueFinding[] {
  return [
    { what: 'store', ok: true, detail: `seen and written, ${formatBytes(facts.freeBytes)} free` },
    programs(facts),
    clock(skew),
    device(facts),
    hubCache(facts.hub, hub),
    ...(facts.submits === undefined ? [] : [facts.submits]),
  ];
}

function programs({ node, runflow }: HostFacts): QueueFinding {
  const detail = `runflow ${runflow}, Node ${node}`;
  if (runflow === runflowVersion() && node === process.versions.node) return { what: 'runflow', ok: true, detail };
  const here = `here runflow ${runflowVersion()}, Node ${process.versions.node}`;
  const advice = 'Install one version on a file system that all hosts share.';
  return { what: 'runflow', ok: false, detail: `${detail}; ${here}`, advice };
}

function clock({ least, most }: ClockSkew): QueueFinding {
  const apart = least > 0 ? least : most < 0 ? -most : 0;
  const detail = apart === 0 ? 'as here' : `${apart.toFixed(1)} s ${least > 0 ? 'ahead of' : 'behind'} here`;
  if (apart <= mostSkewSeconds) return { what: 'clock', ok: true, detail };
  const advice =
    'Set the clocks by NTP: Slurm refuses messages between clocks that are minutes apart. Runs do not mind.';
  return { what: 'clock', ok: false, detail, advice };
}

function device({ device }: HostFacts): QueueFinding {
  if ('deviceClass' in device) return { what: 'device', ok: true, detail: device.deviceClass };
  const advice =
    'Ask for a GPU in cluster: { gpus: 1 }, or install a Vulkan driver there. Runners without a device take only steps that need none.';
  return { what: 'device', ok: false, detail: device.missing, advice };
}

/** Finds whether a host has what was fetched here. @param here the cache of the submitting side */
export function hubCache(there: HubCacheFacts, here: HubCacheFacts): QueueFinding {
  const what = 'hub cache';
  const missing = here.repositories.filter((name) => !there.repositories.includes(name));
  if (missing.length === 0) {
    const count = here.repositories.length;
    return { what, ok: true, detail: count === 0 ? 'nothing is fetched here yet' : `${there.folder} has all of here` };
  }
  const named = listedNames(
    missing.map((name) => name.split('--').slice(1).join('/')),
    3,
  );
  const advice = 'For workflows that use these, set HF_HOME to a folder that all hosts share.';
  // Whether it matters depends on the workflow.
  return { what, ok: true, detail: `${there.folder} lacks ${named}, which ${here.folder} has here`, advice };
}
