import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { markVariable } from './protocol.js';

/** A process that is killed is still seen for a moment, and others may start while it ends. */
const patienceMilliseconds = 10_000;
const pauseMilliseconds = 5;

/**
 * Kills every process that was started with a mark in its environment, whatever group or session it has made its own,
 * and waits until they have ended. Linux tells environments by /proc; elsewhere this finds nothing. A process that has
 * wiped its mark is not found.
 */
export async function killMarked(mark: string): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    const found = markedProcesses(mark);
    if (found.length === 0 || performance.now() > deadline) return;
    for (const pid of found) kill(pid);
    await setTimeout(pauseMilliseconds);
  }
}

function markedProcesses(mark: string): number[] {
  const wanted = `${markVariable}=${mark}`;
  return processes().filter((pid) => pid !== process.pid && environmentOf(pid).includes(wanted));
}

function processes(): number[] {
  if (process.platform !== 'linux') return [];
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** Variables that a process was started with; none of one that is gone, a zombie, or another user's. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Kills a process group, whose leader may have ended. Windows has none: there the leader alone is killed. */
export function killGroup(leader: number): void {
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
