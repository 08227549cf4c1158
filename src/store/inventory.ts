import { join } from 'node:path';
import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import { type Digest, isDigest } from '../formats/digest.js';
import { entriesOf, listFiles, type StoredFile, statusOf } from './folder-entries.js';
import type { Store } from './store.js';
import type { StoreFolder } from './store-folder.js';

export interface ListedObject extends StoredFile {
  readonly digest: Digest;
}

export interface ListedAction extends StoredFile {
  readonly key: Digest;
  readonly action: Action | 'garbage';
}

export function listObjects(folder: StoreFolder): readonly ListedObject[] {
  return listNamed(folder, folder.in('objects', 'sha256')).map(({ digest, ...file }) => ({ ...file, digest }));
}

export function listActions(store: Store): readonly ListedAction[] {
  const listed: ListedAction[] = [];
  for (const { digest: key, ...file } of listNamed(store.folder, store.folder.in('actions'))) {
    const action = store.actions.read(key) ?? (isLink(store.folder, file.path) ? 'garbage' : undefined);
    if (action !== undefined) listed.push({ ...file, key, action });
  }
  return listed;
}

/** Digests of the objects that an action needs; outputs in files outside the store are not among them. */
export function objectsOf(action: Action): readonly Digest[] {
  return digestsOf(Object.values(action.outputs).filter(({ at }) => at === undefined));
}

/** The same with outputs in files outside the store, whose bytes may stand here as well: they were taken from elsewhere. */
export function objectsNamedBy(action: Action): readonly Digest[] {
  return digestsOf(Object.values(action.outputs));
}

function digestsOf(artifacts: readonly Artifact[]): readonly Digest[] {
  return [...new Set(artifacts.map(({ digest }) => digest))];
}

export function outputBytes(action: Action): number {
  return sumOf(Object.values(action.outputs).filter(({ at }) => at === undefined));
}

/** Bytes in each folder of the store; lock files, which come and go, are not counted. */
export function usage(folder: StoreFolder): Readonly<Record<string, number>> {
  const areas = ['objects', 'actions', 'files', 'runs', 'logs', 'scratch', 'tmp'];
  return Object.fromEntries(areas.map((area) => [area, sumOf(listFiles(folder, folder.in(area)))]));
}

export function sumOf(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((bytes, item) => bytes + item.bytes, 0);
}

/** Files that are named by a digest, in folders by its first two digits. Others are none of ours. */
function listNamed(folder: StoreFolder, path: string): readonly (StoredFile & { readonly digest: Digest })[] {
  return entriesOf(folder, path).flatMap(({ name: prefix }) =>
    entriesOf(folder, join(path, prefix)).flatMap(({ name }) => {
      const digest = `sha256:${name}`;
      if (!isDigest(digest) || !name.startsWith(prefix)) return [];
      return statusOf(folder, join(path, prefix, name)).map((file) => ({ ...file, digest }));
    }),
  );
}

/** A link in the place of a file that was not found leads nowhere. */
function isLink({ disk }: StoreFolder, path: string): boolean {
  return disk.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
