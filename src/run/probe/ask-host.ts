import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../diagnostics/errors.js';
import type { Store } from '../../store/store.js';
import type { ClusterResources } from '../../workflow/cluster.js';
import type { Queue } from '../queues/queue.js';
import { type HostFacts, type ProbeAnswer, probeFiles, readProbeFile } from './probe.js';
import type { QueueFinding } from './queue-finding.js';

const program = fileURLToPath(new URL('../../../../bin/runflow.js', import.meta.url));
const lookMilliseconds = 50;
const pollMilliseconds = 2000;
/** A probe that the queue no longer names may have written what a network file system shows later. */
const lateMilliseconds = 5000;

export interface AskOptions {
  readonly store: Store;
  readonly queue: Queue;
  readonly queueName: string;
  readonly resources: ClusterResources;
  /** Path of Node.js on the hosts. Default: that of here. */
  readonly node?: string;
  /** Names of variables that runners get. */
  readonly variables: readonly string[];
  /** How long a host is waited for. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
}

/** What came of one probe, and what the queue could not do with its job. */
export type AskedHost = HostAnswer & { readonly findings: readonly QueueFinding[] };

type HostAnswer =
  | { readonly state: 'answered'; readonly facts: HostFacts; readonly skewSeconds: ClockSkew }
  /** It was started, or not, and said nothing; `note`: what the queue says of it. */
  | { readonly state: 'waiting' | 'vanished'; readonly jobName: string; readonly note?: string };

/** Seconds by which a clock is ahead, from the least to the most that it can be. */
export interface ClockSkew {
  readonly least: number;
  readonly most: number;
}

/**
 * Has the queue start a probe where it would start a runner, and asks it a question through the store.
 * @throws EnvironmentError when the queue refuses the job
 */
export async function askHost(options: AskOptions): Promise<AskedHost> {
  const { node = process.execPath, queue, resources, store, variables, waitSeconds } = options;
  const jobName = `runflow-doctor-${randomBytes(6).toString('hex')}`;
  const folder = await store.folder.temporary();
  const own = join(folder, '0');
  const findings: QueueFinding[] = [];
  try {
    for (const path of [folder, own]) await store.folder.makeFolder(path);
    const argv = [
      ...[node, program, 'probe', '--store', store.path, '--folder', basename(folder)],
      ...['--executor', options.queueName, '--wait', `${waitSeconds}`],
      ...(resources.partition === undefined ? [] : ['--partition', resources.partition]),
      ...(resources.account === undefined ? [] : ['--account', resources.account]),
    ];
    await queue.submit({ jobName, count: 1, argv, variables, resources, folder, leadSeconds: 0 });
    if ((await queue.poll([jobName])) === undefined) findings.push(faulty('status', queue.note ?? 'no answer'));
    return { ...(await conversation(options, jobName, own)), findings };
  } finally {
    await queue.cancel([jobName]).catch((error: unknown) => {
      if (!(error instanceof EnvironmentError)) throw error;
      findings.push(faulty('cancel', error.message, error.hint));
    });
    await store.folder.disk.promises.rm(folder, { recursive: true, force: true });
  }
}

function faulty(what: 'status' | 'cancel', detail: string, advice?: string): QueueFinding {
  return { what, ok: false, detail, ...(advice !== undefined && { advice }) };
}

async function conversation(options: AskOptions, jobName: string, own: string): Promise<HostAnswer> {
  const { queue, signal, store, waitSeconds } = options;
  const end = performance.now() + waitSeconds * 1000;
  let polled = performance.now();
  let goneSince: number | undefined;
  for (;;) {
    const facts = await readProbeFile<HostFacts>(store, own, probeFiles.facts);
    if (facts !== undefined) {
      const skewSeconds = await ask(options, own, end);
      return skewSeconds === undefined ? { state: 'vanished', jobName } : { state: 'answered', facts, skewSeconds };
    }
    if (performance.now() - polled > pollMilliseconds) {
      polled = performance.now();
      const state = (await queue.poll([jobName]))?.get(jobName)?.get(0);
      if (state === 'pending' || state === 'running') goneSince = undefined;
      else goneSince ??= polled;
    }
    const note = queue.note === undefined ? {} : { note: queue.note };
    if (goneSince !== undefined && performance.now() - goneSince > lateMilliseconds) {
      return { state: 'vanished', jobName, ...note };
    }
    if (performance.now() > end || signal.aborted) return { state: 'waiting', jobName, ...note };
    await sleep(lookMilliseconds);
  }
}

/** @returns by how much the host's clock is ahead; undefined when no answer came */
async function ask({ signal, store }: AskOptions, own: string, end: number): Promise<ClockSkew | undefined> {
  const token = randomBytes(8).toString('hex');
  const asked = Date.now();
  await store.folder.writeFile(join(own, probeFiles.question), JSON.stringify({ token }));
  for (;;) {
    const answer = await readProbeFile<ProbeAnswer>(store, own, probeFiles.answer);
    const now = Date.now();
    if (answer?.token === token) {
      return { least: (answer.clock - now) / 1000, most: (answer.clock - asked) / 1000 };
    }
    if (performance.now() > end || signal.aborted) return undefined;
    await sleep(lookMilliseconds);
  }
}
