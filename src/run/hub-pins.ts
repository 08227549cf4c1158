import { commitName, hubInUse } from '../plan/hub-in-use.js';
import type { HubDefinition } from '../plan/plan.js';
import type { Workflow } from '../workflow/workflow.js';

/** The commits of hub models and datasets in use that the lock file beside the workflow holds; asks nobody. */
export async function readPins(workflow: Workflow): Promise<Map<string, string>> {
  const definitions = hubInUse(workflow);
  if (definitions.length === 0) return new Map();
  const { lockFileOf, pinnedCommits } = await import('../data/hub-lock.js');
  return byName(definitions, await pinnedCommits(definitions, lockFileOf(workflow.file)));
}

/**
 * The same, and what the lock file does not hold is looked up on the hub and written down.
 * @param options.locked refuse to look anything up
 * @throws EnvironmentError when the hub is needed and cannot be reached; UsageError with `locked`
 */
export async function pinHub(
  workflow: Workflow,
  environment: NodeJS.ProcessEnv,
  options: { readonly locked: boolean; readonly signal?: AbortSignal },
): Promise<Map<string, string>> {
  const definitions = hubInUse(workflow);
  if (definitions.length === 0) return new Map();
  const [{ lockFileOf, pinHubRevisions }, { Hub }, { hubSettings }] = await Promise.all([
    import('../data/hub-lock.js'),
    import('../data/hub.js'),
    import('../data/hub-settings.js'),
  ]);
  const hub = new Hub(hubSettings(environment), options.signal === undefined ? {} : { signal: options.signal });
  const lockFile = lockFileOf(workflow.file);
  return byName(definitions, await pinHubRevisions(definitions, lockFile, hub, { frozen: options.locked }));
}

function byName(definitions: readonly HubDefinition[], commits: readonly (string | undefined)[]): Map<string, string> {
  const known = new Map<string, string>();
  for (const [index, definition] of definitions.entries()) {
    const commit = commits[index];
    if (commit !== undefined) known.set(commitName(definition), commit);
  }
  return known;
}
