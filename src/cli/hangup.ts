import { readFileSync, readlinkSync } from 'node:fs';

/** Bit of SIGHUP in the masks of proc(5). */
const hangupBit = 1n;
/** O_ACCMODE and O_WRONLY of open(2). */
const accessMode = 3;
const writeOnly = 1;

/**
 * Whether this process was started to outlive its terminal: with SIGHUP ignored, as `nohup` does. Node resets what it
 * inherits of that before any script runs (PlatformInit in its src/node.cc), so the traces of it must do: the
 * shell's `_`, the unreadable /dev/null that GNU nohup puts in a terminal's place, a parent that ignores SIGHUP (a script
 * under nohup, `trap '' HUP`).
 */
export function outlivesTerminal(environment: NodeJS.ProcessEnv = process.env): boolean {
  return /(^|\/)nohup$/.test(environment._ ?? '') || isUnreadableNull() || parentIgnoresHangup();
}

/** Only one who wants to hear of SIGHUP stops at it; who outlives the terminal has a listener that does nothing. */
export function ignoreHangup(): void {
  process.on('SIGHUP', () => undefined);
}

function isUnreadableNull(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1] ?? '0';
    const mode = Number.parseInt(flags, 8) & accessMode;
    return readlinkSync('/proc/self/fd/0') === '/dev/null' && mode === writeOnly;
  } catch {
    return false; // no /proc: another system than Linux
  }
}

function parentIgnoresHangup(): boolean {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8');
    const ignored = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    return (ignored & hangupBit) !== 0n;
  } catch {
    return false;
  }
}
