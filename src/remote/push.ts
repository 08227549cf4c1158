import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import { publishedKind } from '../store/action-store.js';
import type { Store } from '../store/store.js';
import { forEachOf } from './for-each.js';
import { makeRemote, objectName } from './layout.js';
import type { RemoteStore } from './remote-store.js';
import { sendAction, sendObject, soundAction, type TransferOptions } from './transfer.js';

/** Objects that are sent at a time: fewer than other questions, for each is read from one disk, a part of 4 MiB at a time. */
const objectsAtATime = 16;

/** What there is to send, and what is left out. */
export interface PushPlan {
  readonly actions: readonly Action[];
  /** Bytes that the remote store lacks, or has in another size, each once. */
  readonly objects: readonly Artifact[];
  /** Bytes of `objects` that lie in files outside the store. */
  readonly sourceBytes: number;
  /** Actions that the remote store has already, in records that can be used. */
  readonly there: number;
  /** Steps that are left out, and why. */
  readonly leftOut: readonly { readonly step: string; readonly because: LeftOut }[];
}

export type LeftOut =
  /** An output lies in a file outside the store, and those are not to be sent. */
  | 'source'
  /** An output is not in the store any more. */
  | 'incomplete'
  /** An output has more bytes than the remote store takes in one piece. */
  | 'too-large';

/**
 * Finds what a remote store lacks of the records of keys. What a run published of itself stays here: no step needs it.
 * @param options.sources also send bytes that lie in files outside the store, such as those of the hub's cache
 * @param options.isDry makes no remote store where there is none
 * @throws EnvironmentError when the remote store cannot be used
 */
export async function planPush(
  store: Store,
  remote: RemoteStore,
  keys: Iterable<Digest>,
  { sources, isDry = false, ...options }: TransferOptions & { readonly sources: boolean; readonly isDry?: boolean },
): Promise<PushPlan> {
  await makeRemote(remote, { ...options, isDry });
  if (!isDry) await remote.tidy?.();
  const actions: Action[] = [];
  const leftOut: { step: string; because: LeftOut }[] = [];
  const named = new Map<Digest, Artifact>();
  let there = 0;
  await forEachOf(new Set(keys), async (key) => {
    const found = store.actions.lookUp(key);
    if (found.status === 'absent' || found.status === 'garbage' || found.action.kind === publishedKind) return;
    const { step } = found.action;
    if (found.status !== 'hit') {
      leftOut.push({ step, because: 'incomplete' });
      return;
    }
    const outputs = Object.values(found.action.outputs);
    const thereOf = await soundAction(remote, key, options);
    const because = outputs.map((one) => reasonAgainst(one, remote, sources)).find((reason) => reason !== undefined);
    if (thereOf === undefined && because !== undefined) {
      leftOut.push({ step, because });
      return;
    }
    if (thereOf === undefined) actions.push(found.action);
    else there += 1;
    // A record that is there may have lost objects since, or name others.
    const needed = thereOf === undefined ? outputs : outputsInBoth(found.action, thereOf);
    for (const one of needed) if (reasonAgainst(one, remote, sources) === undefined) named.set(one.digest, one);
  });
  const objects: Artifact[] = [];
  await forEachOf(named.values(), async (artifact) => {
    const { bytes, digest } = artifact;
    if (!(await remote.has(objectName(digest), { ...options, bytes }))) objects.push(artifact);
  });
  const sourceBytes = objects.reduce((sum, { at, bytes }) => sum + (at === undefined ? 0 : bytes), 0);
  return { actions, objects, sourceBytes, there, leftOut };
}

function outputsInBoth(here: Action, there: Action): readonly Artifact[] {
  const digests = new Set(Object.values(there.outputs).map(({ digest }) => digest));
  return Object.values(here.outputs).filter(({ digest }) => digests.has(digest));
}

function reasonAgainst({ at, bytes }: Artifact, { mostBytes }: RemoteStore, sources: boolean): LeftOut | undefined {
  if (!sources && at !== undefined) return 'source';
  return bytes > (mostBytes ?? Number.POSITIVE_INFINITY) ? 'too-large' : undefined;
}

/**
 * Sends objects, then the records that name them: a record in a remote store always has its objects beside it. What is
 * there already is passed over, so that an interrupted push goes on where it was.
 */
export async function push(
  store: Store,
  remote: RemoteStore,
  { actions, objects }: Pick<PushPlan, 'actions' | 'objects'>,
  options: TransferOptions,
): Promise<void> {
  await forEachOf(
    objects,
    async (artifact) => {
      await sendObject(store, remote, artifact, options);
    },
    objectsAtATime,
  );
  await forEachOf(actions, async (action) => {
    await sendAction(remote, action, options);
  });
}
