import { commitName, hubInUse } from '../plan/hub-in-use.js';
import type { HubDefinition } from '../plan/plan.js';
import type { Study } from '../workflow/study.js';

/** Commits by the label of a cell, and by the name that Facts has. */
export type PinnedCommits = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The commits of hub models and datasets in use that the lock file beside the workflow holds; asks nobody. */
export function readPins(study: Study): Promise<PinnedCommits> {
  return ofEachCell(study, async (definitions) => {
    const { lockFileOf, pinnedCommits } = await import('../data/hub-lock.js');
    return pinnedCommits(definitions, lockFileOf(study.file));
  });
}

/**
 * The same, and what the lock file does not hold is looked up on the hub and written down.
 * @param options.locked refuse to look anything up
 * @throws EnvironmentError when the hub is needed and cannot be reached; UsageError with `locked`
 */
export function pinHub(
  study: Study,
  environment: NodeJS.ProcessEnv,
  options: { readonly locked: boolean; readonly signal?: AbortSignal },
): Promise<PinnedCommits> {
  return ofEachCell(study, async (definitions) => {
    const [{ lockFileOf, pinHubRevisions }, { Hub }, { hubSettings }] = await Promise.all([
      import('../data/hub-lock.js'),
      import('../data/hub.js'),
      import('../data/hub-settings.js'),
    ]);
    const hub = new Hub(hubSettings(environment), options.signal === undefined ? {} : { signal: options.signal });
    return pinHubRevisions(definitions, lockFileOf(study.file), hub, { frozen: options.locked });
  });
}

/** Cell after cell: what one has looked up, the lock file tells the next. */
async function ofEachCell(
  { cells }: Study,
  commitsOf: (definitions: readonly HubDefinition[]) => Promise<readonly (string | undefined)[]>,
): Promise<PinnedCommits> {
  const pinned = new Map<string, ReadonlyMap<string, string>>();
  for (const { label, workflow } of cells) {
    const definitions = hubInUse(workflow);
    pinned.set(label, definitions.length === 0 ? new Map() : byName(definitions, await commitsOf(definitions)));
  }
  return pinned;
}

function byName(definitions: readonly HubDefinition[], commits: readonly (string | undefined)[]): Map<string, string> {
  const known = new Map<string, string>();
  for (const [index, definition] of definitions.entries()) {
    const commit = commits[index];
    if (commit !== undefined) known.set(commitName(definition), commit);
  }
  return known;
}
