import { DataError } from '../diagnostics/errors.js';
import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import { type Digest, hexOf } from '../formats/digest.js';
import type { StoredObject } from '../store/object-writer.js';
import { seal } from '../store/sealed.js';
import type { Store } from '../store/store.js';
import { checkedAction, mostActionBytes } from './checked-action.js';
import { actionName, contentOf, objectName } from './layout.js';
import { readAll } from './read-all.js';
import type { RemoteOptions, RemoteStore } from './remote-store.js';

/** Bytes that are read of the local store at a time. */
const partBytes = 4 << 20;

export interface TransferOptions extends RemoteOptions {
  /** Told of bytes that have just been sent or have arrived. */
  readonly onBytes?: (bytes: number) => void;
}

/** The record that a remote store has of a key; undefined without one. @throws DataError when it is not one to use */
export async function fetchAction(
  remote: RemoteStore,
  key: Digest,
  options: RemoteOptions,
): Promise<Action | undefined> {
  const text = await readAll(remote, actionName(key), mostActionBytes, options);
  return text === undefined ? undefined : checkedAction(text, key);
}

/**
 * Brings an object into the local store, where it appears once all its bytes have arrived and have its digest.
 * @returns false when the remote store has none
 * @throws DataError when what arrives is something else: nothing of it stays
 */
export async function fetchObject(
  remote: RemoteStore,
  store: Store,
  { digest, bytes }: StoredObject,
  { onBytes, ...options }: TransferOptions,
): Promise<boolean> {
  const parts = await remote.read(objectName(digest), options);
  if (parts === undefined) return false;
  const writer = await store.objects.writer();
  let arrived = 0;
  try {
    for await (const part of parts) {
      arrived += part.length;
      // No more than was said is written, whatever comes.
      if (arrived > bytes) break;
      await writer.append(part);
      onBytes?.(part.length);
    }
    if (arrived <= bytes && (await writer.closeAs({ digest, bytes }))) return true;
  } finally {
    await writer.abort();
  }
  throw new DataError(`${objectName(digest)} of ${remote.place} is not what its name says: it was not taken`);
}

/**
 * Sends the bytes of an artifact, wherever they lie on this host, unless they are there. An entry of another size is damaged,
 * and is replaced.
 * @returns whether they were sent
 */
export async function sendObject(
  store: Store,
  remote: RemoteStore,
  artifact: Artifact,
  { onBytes, ...options }: TransferOptions,
): Promise<boolean> {
  const content = {
    bytes: artifact.bytes,
    sha256: hexOf(artifact.digest),
    open: async function* () {
      for (let offset = 0; offset < artifact.bytes; offset += partBytes) {
        const part = await store.read(artifact, offset, Math.min(partBytes, artifact.bytes - offset));
        yield part;
        onBytes?.(part.length);
      }
    },
  };
  const name = objectName(artifact.digest);
  if (await remote.writeIfAbsent(name, content, options)) return true;
  if (await remote.has(name, { ...options, bytes: artifact.bytes })) return false;
  await remote.replace(name, content, options);
  return true;
}

/** Sends the record of a step, whose objects are there. One that cannot be used is replaced. @returns whether it was sent */
export async function sendAction(remote: RemoteStore, action: Action, options: RemoteOptions): Promise<boolean> {
  const name = actionName(action.key);
  const content = contentOf(seal(action));
  if (await remote.writeIfAbsent(name, content, options)) return true;
  if ((await soundAction(remote, action.key, options)) !== undefined) return false;
  await remote.replace(name, content, options);
  return true;
}

/** The record that a remote store has of a key; undefined without one that can be used. */
export async function soundAction(
  remote: RemoteStore,
  key: Digest,
  options: RemoteOptions,
): Promise<Action | undefined> {
  try {
    return await fetchAction(remote, key, options);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
