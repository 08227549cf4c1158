import { hostname } from 'node:os';
import { hubCacheFolder } from '../formats/hub-cache-folder.js';
import { type Disk, realDisk } from './disk.js';
import { type ProcessIdentity, thisProcess } from './process-identity.js';

/** How often those who share a store give signs of life, and how long they wait for each other's. */
export interface Timing {
  /** Between two looks of who waits. It becomes a tenth of the time waited, up to the most. */
  readonly pollMilliseconds: number;
  readonly mostPollMilliseconds: number;
  readonly heartbeatMilliseconds: number;
  /**
   * An owner on another host, or one whose liveness the system does not tell, is dead after so long without a sign. More
   * than a heartbeat and the minute together for which a client of a network file system may remember a file's times.
   */
  readonly silenceMilliseconds: number;
  /** How often who waits for a silent owner is told so. */
  readonly reportMilliseconds: number;
}

const usualTiming: Timing = {
  pollMilliseconds: 200,
  mostPollMilliseconds: 5_000,
  heartbeatMilliseconds: 20_000,
  silenceMilliseconds: 120_000,
  reportMilliseconds: 10_000,
};

/** The usual times with another silence after which an owner is dead, and the heartbeat that goes with it. */
export function timingWithSilence(seconds: number): Timing {
  const silenceMilliseconds = seconds * 1000;
  const heartbeatMilliseconds = Math.min(usualTiming.heartbeatMilliseconds, silenceMilliseconds / 6);
  return { ...usualTiming, silenceMilliseconds, heartbeatMilliseconds };
}

/** A process that uses a store, with all that tells it from those it shares the store with. */
export interface Participant {
  readonly disk: Disk;
  readonly identity: ProcessIdentity;
  /** Name of the host for people. */
  readonly hostName: string;
  /** Milliseconds of a clock that only goes forward and is the same for all processes of the host. */
  readonly clock: () => number;
  readonly timing: Timing;
  /** Folder of this user's cache of the Hugging Face hub. */
  readonly hubCache: string;
}

/** This process. Tests replace its parts: the disk, the clock, or the host that it claims to be on. */
export function participant(replaced: Partial<Participant> = {}): Participant {
  return {
    disk: replaced.disk ?? realDisk,
    identity: replaced.identity ?? thisProcess(),
    hostName: replaced.hostName ?? hostname(),
    clock: replaced.clock ?? hostClock,
    timing: replaced.timing ?? usualTiming,
    hubCache: replaced.hubCache ?? hubCacheFolder(process.env),
  };
}

/** Milliseconds since the host was started, without the time that it slept: nobody sets this clock. */
function hostClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
