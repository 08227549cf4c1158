import { EnvironmentError, InterruptedError, RunflowError } from '../diagnostics/errors.js';
import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import { publishedKind } from '../store/action-store.js';
import { DamagedObjectError } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import type { Upstream } from '../store/upstream.js';
import { atATime, forEachOf } from './for-each.js';
import { objectName, requireRemote } from './layout.js';
import type { RemoteStore } from './remote-store.js';
import { fetchAction, fetchObject } from './transfer.js';

/** Outputs of a step that have no more bytes than this together come with its record; larger ones when they are needed. */
const smallBytes = 4 << 20;

export interface ReadThroughOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told once when the remote store does not answer, and of each thing that it has and that is not what it should be. */
  readonly warn: (message: string, hint?: string) => void;
  /** Told when the bytes of artifacts begin to be brought, and of how many have arrived. */
  readonly onBytes?: (arrived: number, total: number) => void;
  /** A remote store that does not answer is an error. Default: it is done without. */
  readonly isRequired?: boolean;
  /** Small outputs come with their record. A command that only looks takes nothing but what it must read. */
  readonly takesSmall?: boolean;
}

/**
 * What a remote store has of the keys that a plan asks for. Records come when a key is asked for, many at a time, and
 * each answer is remembered; bytes come when a step or a result needs them. A record is written to the local store once
 * all its outputs are here. Without an answer the run goes on alone: what was not brought is then made here.
 */
export class ReadThrough implements Upstream {
  readonly #store: Store;
  readonly #remote: RemoteStore;
  readonly #options: ReadThroughOptions;
  readonly #asked = new Map<Digest, Promise<void>>();
  readonly #found = new Map<Digest, Action>();
  /** Actions by the digests of their outputs. */
  readonly #naming = new Map<Digest, Set<Digest>>();
  readonly #bringing = new Map<Digest, Promise<void>>();
  readonly #queue: (() => void)[] = [];
  #busy = 0;
  #opened: Promise<void> | undefined;
  #failed = false;
  #faults = 0;
  #toBring = 0;
  #arrived = 0;

  constructor(store: Store, remote: RemoteStore, options: ReadThroughOptions) {
    this.#store = store;
    this.#remote = remote;
    this.#options = options;
  }

  /** Whether it was found not to answer. */
  get failed(): boolean {
    return this.#failed;
  }

  /** How many things it was found to have that are not what they should be. */
  get faults(): number {
    return this.#faults;
  }

  find(key: Digest): Action | undefined {
    return this.#found.get(key);
  }

  wish(key: Digest): void {
    // Whoever waits for the answer meets the error.
    this.#ask(key).catch(() => undefined);
  }

  async ask(keys: readonly Digest[]): Promise<number> {
    const all = await Promise.allSettled(keys.map((key) => this.#ask(key)));
    for (const end of all) if (end.status === 'rejected') throw end.reason;
    return keys.filter((key) => this.#found.has(key)).length;
  }

  async bring(artifacts: readonly Artifact[], onBytes?: (bytes: number) => void): Promise<void> {
    await forEachOf(this.#each(artifacts), (artifact) => this.#bring(artifact, onBytes));
  }

  async take(keys: readonly Digest[]): Promise<void> {
    const actions = keys.flatMap((key) => this.#found.get(key) ?? []);
    const missing = actions.flatMap(({ outputs }) => Object.values(outputs)).filter((one) => !this.#store.has(one));
    await forEachOf(this.#each(missing), (artifact) => this.#bring(artifact).catch(unlessGone));
    for (const action of actions) await this.#recordIfWhole(action);
  }

  /** Artifacts that are to be brought, each once. */
  #each(artifacts: readonly Artifact[]): Iterable<Artifact> {
    const each = new Map(artifacts.map((artifact) => [artifact.digest, artifact]));
    for (const [digest, { bytes }] of each) if (!this.#bringing.has(digest)) this.#toBring += bytes;
    return each.values();
  }

  #ask(key: Digest): Promise<void> {
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = this.#inTurn(() => this.#look(key));
      this.#asked.set(key, asked);
    }
    return asked;
  }

  async #look(key: Digest): Promise<void> {
    await this.#unlessFaulty(async () => {
      this.#opened ??= requireRemote(this.#remote, this.#options);
      await this.#opened;
      const action = await fetchAction(this.#remote, key, this.#options);
      if (action === undefined || action.kind === publishedKind || !(await this.#isWithinReach(action))) return;
      this.#found.set(key, action);
      for (const { digest } of Object.values(action.outputs)) {
        const naming = this.#naming.get(digest);
        if (naming === undefined) this.#naming.set(digest, new Set([key]));
        else naming.add(key);
      }
      if (!this.#options.takesSmall) return;
      const missing = Object.values(action.outputs).filter((artifact) => !this.#store.has(artifact));
      if (missing.reduce((sum, { bytes }) => sum + bytes, 0) > smallBytes) return;
      await this.bring(missing).catch(unlessGone);
      await this.#recordIfWhole(action);
    });
  }

  /** A store of runs has no bytes of outputs that lie in files of its host: they may be here, too. */
  async #isWithinReach({ outputs }: Action): Promise<boolean> {
    for (const artifact of Object.values(outputs)) {
      if (artifact.at === undefined || this.#store.has(artifact)) continue;
      return this.#remote.has(objectName(artifact.digest), this.#options);
    }
    return true;
  }

  /** Brings one object; of several that want the same one the first does it. */
  #bring(artifact: Artifact, onBytes?: (bytes: number) => void): Promise<void> {
    let bringing = this.#bringing.get(artifact.digest);
    if (bringing === undefined) {
      bringing = this.#fetch(artifact, onBytes).finally(() => this.#bringing.delete(artifact.digest));
      this.#bringing.set(artifact.digest, bringing);
    }
    return bringing;
  }

  async #fetch(artifact: Artifact, toldBytes?: (bytes: number) => void): Promise<void> {
    const { onBytes } = this.#options;
    const told = (bytes: number) => {
      this.#arrived += bytes;
      toldBytes?.(bytes);
      onBytes?.(this.#arrived, this.#toBring);
    };
    let isHere: boolean | undefined = false;
    await this.#unlessFaulty(async () => {
      isHere = await fetchObject(this.#remote, this.#store, artifact, { signal: this.#options.signal, onBytes: told });
    });
    const naming = [...(this.#naming.get(artifact.digest) ?? [])].flatMap((key) => this.#found.get(key) ?? []);
    if (isHere) {
      for (const action of naming) await this.#recordIfWhole(action);
      return;
    }
    // What it cannot give is no result: the steps run here.
    for (const { key } of naming) this.#found.delete(key);
    throw new DamagedObjectError(artifact.digest, `is not here, and ${this.#remote.place} cannot give it`);
  }

  async #recordIfWhole(action: Action): Promise<void> {
    if (this.#store.actions.lookUp(action.key).status === 'hit') return;
    if (!Object.values(action.outputs).every((artifact) => this.#store.has(artifact))) return;
    await this.#store.actions.record(action);
  }

  /** A faulty answer is no result, and a remote store that gives none is asked no more. */
  async #unlessFaulty(work: () => Promise<void>): Promise<void> {
    if (this.#failed) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof DamagedObjectError) throw error;
      if (!(error instanceof RunflowError) || error instanceof InterruptedError) throw error;
      if (!(error instanceof EnvironmentError)) {
        this.#faults += 1;
        return this.#options.warn(error.message, 'It is done without.');
      }
      if (this.#options.isRequired) throw error;
      if (this.#failed) return;
      this.#failed = true;
      this.#found.clear();
      this.#options.warn(error.message, 'The run goes on without the remote store.');
    }
  }

  /** So many questions are open at a time. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#busy >= atATime) await new Promise<void>((go) => this.#queue.push(go));
    this.#busy += 1;
    try {
      await work();
    } finally {
      this.#busy -= 1;
      this.#queue.shift()?.();
    }
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof DamagedObjectError)) throw error;
}
