import type { FileHandle } from 'node:fs/promises';
import { type Disk, realDisk } from '../../../src/store/disk.js';

export interface Fault {
  /** Which call fails, from 1. */
  readonly call: number;
  readonly code: 'ENOSPC' | 'EIO' | 'EROFS';
  /** `once`: it alone. `from-then-on`: it and all that follow, as if the process had been killed there. */
  readonly how: 'once' | 'from-then-on';
  /** Which functions count; all unless told. */
  readonly only?: (name: string) => boolean;
}

/** The real disk with one fault in it. `calls()` is how many calls were made so far. */
export function failingDisk(fault: Fault): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0;
  const check = (name: string) => {
    // A close that fails has closed nevertheless; here it would only leak the handle.
    if (name === 'close' || (fault.only !== undefined && !fault.only(name))) return;
    calls += 1;
    if (calls !== fault.call && (fault.how === 'once' || calls < fault.call)) return;
    const error = new Error(`${fault.code}: injected fault, ${name}`);
    throw Object.assign(error, { code: fault.code, errno: -1, syscall: name });
  };
  const failing = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name) as unknown;
        if (name === 'promises') return failingPromises;
        if (typeof value !== 'function') return value;
        return (...rest: unknown[]) => {
          check(String(name));
          return value.apply(object, rest);
        };
      },
    });
  const failingPromises = new Proxy(realDisk.promises, {
    get(object, name) {
      const value = Reflect.get(object, name) as (...rest: unknown[]) => Promise<unknown>;
      return async (...rest: unknown[]) => {
        check(String(name));
        const result = await value.apply(object, rest);
        return name === 'open' ? failing(result as FileHandle) : result;
      };
    },
  });
  return { disk: failing(realDisk), calls: () => calls };
}
