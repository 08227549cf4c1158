import { UsageError } from '../diagnostics/errors.js';
import type { ExitCode } from '../diagnostics/exit-codes.js';
import type { Store } from '../store/store.js';
import type { Invocation } from './command.js';

/** One `runflow cache …`; `rest` are the arguments behind its name. */
export type CacheCommand = (store: Store, rest: readonly string[], invocation: Invocation) => Promise<ExitCode>;

/** @throws UsageError when a subcommand without arguments got one */
export function expectNothing(name: string, rest: readonly string[]): void {
  if (rest.length > 0) throw new UsageError(`runflow cache ${name} takes no argument: ${rest[0]}`);
}
