import { DataError } from '../diagnostics/errors.js';

export type RepositoryKind = 'model' | 'dataset';

export interface Repository {
  readonly kind: RepositoryKind;
  /** `owner/name`, or a name alone for the oldest ones. */
  readonly repo: string;
}

/** A repository at a branch, tag or commit, as a workflow names it. */
export interface HubReference extends Repository {
  readonly revision: string;
}

const commitPattern = /^[0-9a-f]{40}$/;

export function isCommit(revision: string): boolean {
  return commitPattern.test(revision);
}

/** Refuses names that are not the hub's: they become parts of paths and URLs. */
export function checkReference({ kind, repo, revision }: HubReference): void {
  const part = '[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?';
  if (repo.length > 200 || !new RegExp(`^${part}(?:/${part})?$`).test(repo) || /--|\.\./.test(repo)) {
    throw new DataError(`${JSON.stringify(repo)} is not the name of a ${kind} on the hub`, {
      hint: 'Names are owner/name, e.g. Qwen/Qwen2.5-1.5B.',
    });
  }
  if (revision.length > 200 || !/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(revision) || /\.\.|\/\/|\/$/.test(revision)) {
    throw new DataError(`${repo}: ${JSON.stringify(revision)} is not a branch, tag or commit`);
  }
}
