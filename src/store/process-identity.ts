import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process for as long as its machine runs: process ids alone are used again. */
export interface ProcessIdentity {
  /**
   * Hash of the host's name, its boot and the process-id namespace. Two containers may share a name, never a namespace;
   * two machines may share a name and the number of a namespace, never a boot.
   */
  readonly host: string;
  readonly pid: number;
  /** Boot and start time in clock ticks; empty where the system does not tell (no /proc). */
  readonly start: string;
}

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  own ??= { host: hostIdentity(), pid: process.pid, start: startOf(process.pid)?.start ?? '' };
  return own;
}

export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.host === b.host && a.pid === b.pid && a.start === b.start;
}

/** `unknown`: on another host, or before this one was started anew, or on a system that does not tell. */
export function liveness(owner: ProcessIdentity, self: ProcessIdentity = thisProcess()): 'alive' | 'dead' | 'unknown' {
  if (owner.host !== self.host) return 'unknown';
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const found = startOf(owner.pid);
  if (found === undefined || owner.start === '') return 'unknown';
  return found.ended || found.start !== owner.start ? 'dead' : 'alive';
}

/** Text of the identity for a file name. */
export function formatIdentity({ host, pid, start }: ProcessIdentity): string {
  return `${host}.${pid}.${start}`;
}

export function parseIdentity(name: string): ProcessIdentity | undefined {
  const [host, pid, start] = name.split('.');
  if (!host || start === undefined || !/^\d+$/.test(pid ?? '')) return undefined;
  return { host, pid: Number(pid), start };
}

function hostIdentity(): string {
  return createHash('sha256')
    .update(`${hostname()}\n${bootOrEmpty()}\n${linkOrEmpty('/proc/self/ns/pid')}`)
    .digest('hex')
    .slice(0, 12);
}

/** Linux: /proc/<pid>/stat, proc(5): the 3rd field is the state, the 22nd the start time in ticks since boot. */
function startOf(pid: number): { start: string; ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 2nd field, the command's name in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: `${bootOrEmpty().slice(0, 8)}-${fields[19]}`, ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}

function bootOrEmpty(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
