import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import type { Artifact } from '../formats/artifact.js';
import { digestOf } from '../formats/digest.js';
import type { Store } from '../store/store.js';
import type { EventBus } from './event-bus.js';
import type { Prepared } from './prepare.js';

/** Where a user finds what came out. */
export class ResultsFolder {
  /** Absolute. */
  readonly path: string;
  readonly #store: Store;
  readonly #events: EventBus;

  constructor(path: string, store: Store, events: EventBus) {
    this.path = path;
    this.#store = store;
    this.#events = events;
  }

  /**
   * Copies every result whose step is done, unless its file is there already and has the same bytes. With targets, a
   * table that was not asked for is left as it is.
   *
   * @throws DamagedObjectError when an object is not what it should be; EnvironmentError when the folder cannot be written
   */
  async publish({ plan, outcomes }: Prepared): Promise<void> {
    for (const { file, node, output } of plan.results) {
      const outcome = outcomes.get(node);
      if (outcome?.status !== 'cached') continue;
      const path = join(this.path, file);
      const changed = await publishFile(this.#store, outcome.outputs[output]!, path);
      this.#events.publish({ type: 'result', file: path, changed });
    }
  }

  async writeRunJson(text: string): Promise<void> {
    await replaceFile(join(this.path, 'run.json'), text);
  }
}

async function publishFile(store: Store, artifact: Artifact, file: string): Promise<boolean> {
  const present = await readFile(file).catch(() => undefined);
  if (present?.length === artifact.bytes && digestOf(present) === artifact.digest) return false;
  await replaceFile(file, await store.read(artifact));
  return true;
}

/** Beside its place, synced, then renamed into place: a reader sees the old file or the new one. */
async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(file), `.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, content, { flag: 'wx' });
    const handle = await open(temporary, 'r');
    await handle.sync().finally(() => handle.close());
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new EnvironmentError(`${file} cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: 'Free space, or name another folder with --out.',
    });
  }
}
