import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { markVariable } from './protocol.js';

/** A process that is killed is still seen for a moment, and others may start while it ends. */
const patienceMilliseconds = 10_000;
const pauseMilliseconds = 5;

/**
 * Kills a program with all that it has started, and waits until they have ended: the process group of its leader, where
 * one is given, and every process that was started with the mark in its environment, whatever group or session it has
 * made its own. Linux tells both by /proc; elsewhere only the group is killed, and on Windows, which has none, only the
 * leader. A process that has left the group and wiped its mark is not found.
 */
export async function killMarked(mark: string, leader?: number): Promise<void> {
  if (leader !== undefined) kill(process.platform === 'win32' ? leader : -leader);
  const deadline = performance.now() + patienceMilliseconds;
  const killed = new Set<number>();
  for (;;) {
    const found = livingProcesses().filter(
      ({ pid, group }) => killed.has(pid) || group === leader || environmentOf(pid).includes(`${markVariable}=${mark}`),
    );
    if (found.length === 0 || performance.now() > deadline) return;
    for (const { pid } of found) {
      kill(pid);
      killed.add(pid);
    }
    await setTimeout(pauseMilliseconds);
  }
}

/**
 * Processes that have not ended, without this one. A killed process gives up its environment a moment before it ends:
 * the mark alone does not tell that it is still there.
 */
function livingProcesses(): { readonly pid: number; readonly group: number }[] {
  return processes().flatMap((pid) => {
    // Field 2 is the command's name in parentheses, which may hold any character; 3 is the state and 5 the group.
    const stat = read(`/proc/${pid}/stat`);
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return pid === process.pid || state === '' || state === 'Z' || state === 'X' ? [] : [{ pid, group: Number(group) }];
  });
}

function processes(): number[] {
  if (process.platform !== 'linux') return [];
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** Variables that a process was started with; none of one that is gone, or another user's. */
const environmentOf = (pid: number): readonly string[] => read(`/proc/${pid}/environ`).split('\0');

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
