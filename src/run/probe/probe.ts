import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { runflowVersion } from '../../diagnostics/version.js';
import { errorCode, readText } from '../../store/disk.js';
import { freeBytes } from '../../store/size-limit.js';
import type { Store } from '../../store/store.js';
import type { ClusterResources } from '../../workflow/cluster.js';
import { findDevice } from '../device.js';
import type { QueueFinding } from './queue-finding.js';
import { submitsFromHere } from './slurm-findings.js';

/** What a probe finds on the host where it runs. */
export interface HostFacts {
  readonly host: string;
  /** Host identity: two hosts of one name differ in it. */
  readonly identity: string;
  readonly runflow: string;
  readonly node: string;
  readonly device: { readonly deviceClass: string; readonly description: string } | { readonly missing: string };
  /** Whether it could hand in jobs; absent where the queue does not ask for that. */
  readonly submits?: QueueFinding;
  /** The hub's cache of the host, and the folders of repositories in it. */
  readonly hub: HubCacheFacts;
  /** Free space where the store is. */
  readonly freeBytes: number;
}

export interface HubCacheFacts {
  readonly folder: string;
  readonly repositories: readonly string[];
}

/** What there is of the hub on this host. */
export function hubCacheFacts({ folder: { disk, participant } }: Store): HubCacheFacts {
  const folder = participant.hubCache;
  let names: readonly string[] = [];
  try {
    names = disk.readdirSync(folder);
  } catch {
    // No cache, or none that can be read: nothing is found in it here.
  }
  return { folder, repositories: names.filter((name) => /^(models|datasets)--/.test(name)).sort() };
}

/** What the submitting side writes when it has seen a probe, and the probe reads. */
export interface ProbeQuestion {
  readonly token: string;
}

/** What the probe says to it. */
export interface ProbeAnswer {
  readonly token: string;
  /** Milliseconds since 1970 by the clock of the host. */
  readonly clock: number;
}

/** Files of the folder of a probe. */
export const probeFiles = { facts: 'facts.json', question: 'question.json', answer: 'answer.json' } as const;

const lookMilliseconds = 50;

export interface ProbeOptions {
  readonly store: Store;
  /** Name of the folder below tmp/ of the store where the submitting side waits. */
  readonly folder: string;
  readonly index: number;
  /** Name of the queue that started it. */
  readonly queueName: string;
  readonly resources: Pick<ClusterResources, 'partition' | 'account'>;
  /** How long it waits for the question. */
  readonly waitSeconds: number;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Tells what this host is, and answers one question: what one side writes, the other reads.
 * @throws EnvironmentError when this host does not see the folder, or nobody asks
 */
export async function answerProbe(options: ProbeOptions): Promise<void> {
  const { environment, index, queueName, resources, store } = options;
  const { folder } = store;
  const own = folder.in('tmp', options.folder, `${index}`);
  const hint = 'The store must be on a file system that all hosts share, at the same path.';
  if (folder.disk.statSync(own, { throwIfNoEntry: false }) === undefined) {
    throw new EnvironmentError(`${own} is not there, as ${folder.participant.hostName} sees it`, { hint });
  }
  const write = (name: string, value: object) => folder.writeFile(`${own}/${name}`, JSON.stringify(value));
  const device = await findDevice(environment);
  const facts: HostFacts = {
    host: folder.participant.hostName,
    identity: folder.participant.identity.host,
    runflow: runflowVersion(),
    node: process.versions.node,
    device:
      device instanceof EnvironmentError
        ? { missing: device.message }
        : { deviceClass: device.deviceClass, description: device.description },
    ...(queueName === 'slurm' && { submits: await submitsFromHere(resources, environment) }),
    hub: hubCacheFacts(store),
    freeBytes: freeBytes(store.path, folder.disk),
  };
  await write(probeFiles.facts, facts);
  const end = performance.now() + options.waitSeconds * 1000;
  for (;;) {
    const question = await readProbeFile<ProbeQuestion>(store, own, probeFiles.question);
    if (question !== undefined) {
      const answer: ProbeAnswer = { token: question.token, clock: Date.now() };
      return write(probeFiles.answer, answer);
    }
    if (performance.now() > end) {
      throw new EnvironmentError(`nobody asked for ${options.waitSeconds} s`, { hint });
    }
    await sleep(lookMilliseconds);
  }
}

/** A file of a probe's folder, read past what this host remembers of it; undefined when it is not there. */
export async function readProbeFile<T>(store: Store, folder: string, name: string): Promise<T | undefined> {
  await store.folder.refresh(folder);
  try {
    return JSON.parse(readText(store.folder.disk, `${folder}/${name}`)) as T;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
