import type { RemoteStore } from '../remote/remote-store.js';
import { withoutSecrets } from '../run/secrets.js';
import type { Store } from '../store/store.js';
import type { Invocation } from './command.js';

/** The option `--remote` of a command. */
export const remoteOption = {
  remote: {
    description: 'Remote store to take results from, a folder or s3://bucket/prefix; instead of RUNFLOW_REMOTE',
    value: 'ADDRESS',
    completes: 'folder',
  },
} as const;

/** The remote store that an invocation or the environment names; undefined without one. @throws UsageError */
export async function namedRemote(
  invocation: Invocation,
  options: { readonly isRequired: boolean },
): Promise<RemoteStore | undefined> {
  const address = invocation.value('remote') ?? process.env.RUNFLOW_REMOTE?.trim();
  if (!address) return undefined;
  const { openRemote } = await import('../remote/open-remote.js');
  return openRemote(address, process.env, options);
}

export interface ConnectOptions {
  readonly warn: (message: string, hint?: string) => void;
  readonly signal?: AbortSignal;
  /** Whether results that are found are kept in the store; else only what must be read is. */
  readonly keep: boolean;
}

/** Lets a store take from the remote store what it lacks, if one is named. */
export async function connectRemote(store: Store, invocation: Invocation, options: ConnectOptions): Promise<void> {
  const remote = await namedRemote(invocation, { isRequired: false });
  if (remote === undefined) return;
  const { ReadThrough } = await import('../remote/read-through.js');
  const { signal, keep } = options;
  const redacted = withoutSecrets(process.env);
  store.upstream = new ReadThrough(store, remote, {
    signal,
    takesSmall: keep,
    warn: (message, hint) => options.warn(redacted(message), hint),
  });
}
