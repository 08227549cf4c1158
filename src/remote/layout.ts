import { DataError, EnvironmentError } from '../diagnostics/errors.js';
import { type Digest, digestOf, hexOf, isDigest } from '../formats/digest.js';
import { readAll } from './read-all.js';
import type { RemoteContent, RemoteOptions, RemoteStore } from './remote-store.js';

/**
 * Names of the entries of a remote store, as in the folder of a store:
 *
 *     format                    the text "remote store of runflow 1"
 *     actions/ab/<hex>          key → outputs, sealed JSON
 *     objects/sha256/ab/<hex>   bytes by their digest
 */
const formatName = 'format';
/** Raised when older versions could misread what is there. */
const formatText = 'remote store of runflow 1\n';
/** Another store of runflow: it can be read, and only its own machines write to it. */
const storeFormat = 'runflow store 1\n';
const mostFormatBytes = 64;

export const actionsPrefix = 'actions/';

export function actionName(key: Digest): string {
  const hex = hexOf(key);
  return `${actionsPrefix}${hex.slice(0, 2)}/${hex}`;
}

export function objectName(digest: Digest): string {
  const hex = hexOf(digest);
  return `objects/sha256/${hex.slice(0, 2)}/${hex}`;
}

/** The key that an entry's name stands for; undefined for a name that is not of an action. */
export function keyOfName(name: string): Digest | undefined {
  const key = `sha256:${name.slice(name.lastIndexOf('/') + 1)}`;
  return isDigest(key) && actionName(key) === name ? key : undefined;
}

/** @throws EnvironmentError when there is no remote store at that place, or one of another format */
export async function requireRemote(remote: RemoteStore, options: RemoteOptions): Promise<void> {
  const found = await formatOf(remote, options);
  if (found === formatText || found === storeFormat) return;
  if (found !== undefined) throw otherFormat(remote, JSON.stringify(found));
  throw new EnvironmentError(`there is no remote store at ${remote.place}`, {
    hint: 'Check the address. "runflow cache push" makes a remote store.',
  });
}

/** Makes a remote store unless there is one, or it is only asked whether one could be. @throws EnvironmentError when something else is there */
export async function makeRemote(
  remote: RemoteStore,
  { isDry, ...options }: RemoteOptions & { readonly isDry: boolean },
): Promise<void> {
  const found = await formatOf(remote, options);
  if (found === formatText) return;
  if (found === storeFormat) {
    throw new EnvironmentError(`${remote.place} is the store of runs, which takes nothing from others`, {
      hint: 'Name another folder for the remote store. A store of runs can be read: cache pull and --remote take from it.',
    });
  }
  if (found !== undefined) throw otherFormat(remote, JSON.stringify(found));
  for await (const name of remote.list('', options)) {
    throw new EnvironmentError(`${remote.place} is no remote store, and not empty: it has ${name}`, {
      hint: 'Name a new or empty folder, or another prefix in the bucket.',
    });
  }
  if (!isDry) await remote.writeIfAbsent(formatName, contentOf(formatText), options);
}

export function contentOf(text: string): RemoteContent {
  const bytes = Buffer.from(text);
  return {
    bytes: bytes.length,
    sha256: hexOf(digestOf(bytes)),
    open: async function* () {
      yield bytes;
    },
  };
}

async function formatOf(remote: RemoteStore, options: RemoteOptions): Promise<string | undefined> {
  try {
    return await readAll(remote, formatName, mostFormatBytes, options);
  } catch (error) {
    if (error instanceof DataError) throw otherFormat(remote, 'a longer text');
    throw error;
  }
}

function otherFormat(remote: RemoteStore, found: string): EnvironmentError {
  return new EnvironmentError(`${remote.place} has another format: ${found}`, {
    hint: 'It may be of a newer version of runflow, or of another program.',
  });
}
