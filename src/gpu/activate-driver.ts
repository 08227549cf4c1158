import os from 'node:os';
import type { Driver } from './probe-cache.js';

/** dlopen's flag that keeps a library loaded after its handle is closed (glibc and musl; Node has no name for it). */
const RTLD_NODELETE = 0x1000;

/**
 * Prepares this process for a driver; call before Dawn loads. A bundled Vulkan loader is loaded here, ahead of Dawn: the
 * dynamic linker reads LD_LIBRARY_PATH only when a process starts, but a library asked for by its SONAME, as Dawn does
 * with `libvulkan.so.1`, is served from those already loaded.
 */
export function activateDriver(driver: Pick<Driver, 'variables' | 'loader'>): void {
  Object.assign(process.env, driver.variables);
  if (driver.loader === undefined) return;
  try {
    process.dlopen({ exports: {} }, driver.loader, os.constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    // Node loads the library and then complains that it is no Node addon; any other complaint is a real one.
    if (!(error as Error).message.includes('did not self-register')) throw error;
  }
}
