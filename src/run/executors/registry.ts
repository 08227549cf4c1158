import type { Executor, ExecutorName, ExecutorOptions } from './executor.js';
import { LocalExecutor } from './local.js';

/** Makes the executor of each name. */
export const executors: { readonly [Name in ExecutorName]: (options: ExecutorOptions) => Executor } = {
  local: (options) => new LocalExecutor(options),
};

export function isExecutorName(name: string): name is ExecutorName {
  return Object.hasOwn(executors, name);
}
