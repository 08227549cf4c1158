import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that it started, with their resident memory in bytes. */
export function residentBytes(pid: number): Map<number, number> {
  const found = new Map<number, number>();
  const pending = [pid];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    try {
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${next}/status`, 'utf8'))?.[1];
      if (kilobytes !== undefined) found.set(next, Number(kilobytes) * 1024);
      for (const thread of readdirSync(`/proc/${next}/task`)) {
        const children = readFileSync(`/proc/${next}/task/${thread}/children`, 'utf8').trim();
        pending.push(...children.split(' ').filter(Boolean).map(Number));
      }
    } catch {
      // It ended while it was looked at.
    }
  }
  return found;
}
