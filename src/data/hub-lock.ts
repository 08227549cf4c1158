import { stat } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { DataError, EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { readSmallFile } from '../formats/file-access.js';
import { parseStrictObject } from '../formats/model-config.js';
import { replaceFile } from '../formats/replace-file.js';
import type { Hub } from './hub.js';
import { type HubReference, isCommit, type RepositoryKind } from './hub-reference.js';

/** Commits by kind, repository and revision. */
type Lock = Map<string, string>;

const kinds: readonly RepositoryKind[] = ['model', 'dataset'];
const maximumLockBytes = 4 << 20;

/** The lock file of a workflow stands beside it: `exp3.yaml` → `exp3.lock.json`. */
export function lockFileOf(workflowFile: string): string {
  return join(dirname(workflowFile), `${parse(basename(workflowFile)).name}.lock.json`);
}

/**
 * The commits of branches and tags of the hub, in the order asked for. A revision in the lock file is what the lock file
 * says, with no request; any other is looked up once and written down, so that every later run and every colleague
 * uses the same bytes. Entries of other profiles stay.
 * @param options.frozen refuse to look up what the lock file does not have
 */
export async function pinHubRevisions(
  references: readonly HubReference[],
  lockFile: string,
  hub: Hub,
  options: { readonly frozen?: boolean } = {},
): Promise<readonly string[]> {
  const lock = await readLock(lockFile);
  const found = new Map<string, string>();
  const commits: string[] = [];
  for (const reference of references) {
    const name = entryName(reference);
    let commit = isCommit(reference.revision) ? reference.revision : (lock.get(name) ?? found.get(name));
    if (commit === undefined) {
      if (options.frozen) {
        throw new UsageError(`${lockFile} does not pin ${reference.repo}@${reference.revision}`, {
          hint: 'Run once without --locked to pin it.',
        });
      }
      commit = await hub.commitOf(reference);
      found.set(name, commit);
    }
    commits.push(commit);
  }
  if (found.size > 0) await writeLock(lockFile, found);
  return commits;
}

/** The commits that are known without a request, in the order asked for. */
export async function pinnedCommits(
  references: readonly HubReference[],
  lockFile: string,
): Promise<readonly (string | undefined)[]> {
  const lock = await readLock(lockFile);
  return references.map((reference) =>
    isCommit(reference.revision) ? reference.revision : lock.get(entryName(reference)),
  );
}

function entryName({ kind, repo, revision }: HubReference): string {
  return `${kind}s\n${repo}\n${revision}`;
}

async function readLock(file: string): Promise<Lock> {
  const lock: Lock = new Map();
  if ((await stat(file).catch(() => undefined)) === undefined) return lock;
  const root = parseStrictObject(await readSmallFile(file, maximumLockBytes), file);
  const refuse = (what: string): never => {
    throw new DataError(`${file}: ${what}`, { hint: 'Restore the file, or delete it to look the revisions up again.' });
  };
  if (root.get('lockfile') !== 1) refuse('not a lock file of this version of runflow');
  for (const kind of kinds) {
    const repositories = root.get(`${kind}s`) ?? new Map();
    if (!(repositories instanceof Map)) return refuse(`${kind}s is not an object`);
    for (const [repo, revisions] of repositories as ReadonlyMap<string, unknown>) {
      if (!(revisions instanceof Map)) return refuse(`${repo} is not an object of revisions`);
      for (const [revision, commit] of revisions as ReadonlyMap<string, unknown>) {
        if (typeof commit !== 'string' || !isCommit(commit))
          return refuse(`${repo}@${revision} is not pinned to a commit`);
        lock.set(entryName({ kind, repo, revision }), commit);
      }
    }
  }
  return lock;
}

/** Adds entries to what the file has by now, in sorted order; the file is replaced whole. */
async function writeLock(file: string, found: Lock): Promise<void> {
  const all = new Map([...(await readLock(file)), ...found]);
  const root: [string, unknown][] = [['lockfile', 1]];
  for (const kind of kinds) {
    const repositories = new Map<string, [string, string][]>();
    for (const name of [...all.keys()].sort()) {
      const [section, repo, revision] = name.split('\n') as [string, string, string];
      if (section !== `${kind}s`) continue;
      repositories.set(repo, [...(repositories.get(repo) ?? []), [revision, all.get(name)!]]);
    }
    const entries = [...repositories].map(([repo, revisions]) => [repo, Object.fromEntries(revisions)]);
    if (entries.length > 0) root.push([`${kind}s`, Object.fromEntries(entries)]);
  }
  try {
    await replaceFile(file, `${JSON.stringify(Object.fromEntries(root), null, 2)}\n`);
  } catch (cause) {
    throw new EnvironmentError(`${file} cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: 'The lock file pins hub revisions beside the workflow: copy the workflow to a folder that you may write to.',
    });
  }
}
