import type { BigIntStats } from 'node:fs';
import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { isDiskFull, writeFailure } from '../diagnostics/file-system-error.js';
import { formatBytes } from '../formats/byte-size.js';
import { removeFolder } from '../formats/remove-folder.js';
import { type FileContent, writeSynced } from '../formats/replace-file.js';
import { ProgramError } from './program-error.js';

/** So many files and folders a program may leave. */
const mostEntries = 20_000;

/**
 * The folder in which a program runs: copies of its own files, `inputs/` with what it is given, both read-only, and an
 * empty `outputs/`. Temporary files have a folder beside it.
 */
export class WorkingFolder {
  readonly #root: string;
  #inputs: ReadonlyMap<string, string> = new Map();
  /** Bytes of what it holds before the program runs, by path. */
  #given: ReadonlyMap<string, number> = new Map();

  private constructor(root: string) {
    this.#root = root;
  }

  /** Makes an empty one at `root`, where an earlier attempt may have left another. */
  static async make(root: string): Promise<WorkingFolder> {
    const folder = new WorkingFolder(root);
    await folder.remove();
    for (const path of [root, folder.path, folder.inputs, folder.outputs, folder.temporary]) {
      await writing(path, () => mkdir(path, { recursive: true, mode: 0o700 }));
    }
    return folder;
  }

  /** The current folder of the program. */
  get path(): string {
    return join(this.#root, 'work');
  }

  get inputs(): string {
    return join(this.path, 'inputs');
  }

  get outputs(): string {
    return join(this.path, 'outputs');
  }

  get temporary(): string {
    return join(this.#root, 'tmp');
  }

  /** Writes a file of the program, or an input (`inputs/rows.jsonl`). */
  async add(name: string, content: FileContent): Promise<void> {
    const file = join(this.path, name);
    await writing(file, async () => {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeSynced(file, content, { mode: 0o600 });
    });
  }

  /** Makes all but `outputs/` read-only; what is not an input may be executed, too. */
  async seal(): Promise<void> {
    const given = new Map<string, number>();
    for (const path of await entriesBelow(this.path)) {
      if (path === this.outputs) continue;
      const isInput = path === this.inputs || path.startsWith(this.inputs + sep);
      const status = await lstat(path);
      await chmod(path, isInput && !status.isDirectory() ? 0o444 : 0o555);
      given.set(path, status.size);
    }
    this.#given = given;
    await chmod(this.path, 0o555);
    this.#inputs = await statesBelow(this.inputs);
  }

  /** @throws ProgramError when something below `inputs/` is not as it was */
  async checkInputs(program: string): Promise<void> {
    const now = await statesBelow(this.inputs).catch(() => new Map<string, string>());
    const paths = [...new Set([...this.#inputs.keys(), ...now.keys()])];
    const changed = paths.find((path) => this.#inputs.get(path) !== now.get(path));
    if (changed === undefined) return;
    throw new ProgramError(`${program} changed ${relative(this.path, changed)}: inputs are to be read only`, {
      hint: 'Let it write to outputs/, or to the folder that TMPDIR names.',
    });
  }

  /**
   * Why a program must stop that has written so much, wherever; undefined when it need not. What it was given does not
   * count.
   * @param limit bytes
   */
  async overstepped(limit: number): Promise<string | undefined> {
    let bytes = 0;
    let count = 0;
    const pending = [this.temporary, this.path];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === this.inputs) continue;
      for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
        const path = join(next, entry.name);
        const given = this.#given.get(path);
        if (given === undefined) count += 1;
        if (count > mostEntries) return `left more than ${mostEntries} files`;
        if (entry.isDirectory()) pending.push(path);
        else bytes += Math.max(0, (await lstat(path).catch(() => ({ size: 0 }))).size - (given ?? 0));
      }
      if (bytes > limit) return `wrote more than ${formatBytes(limit)}`;
    }
    return undefined;
  }

  async remove(): Promise<void> {
    await writing(this.#root, () => removeFolder(this.#root));
  }
}

/** All that a folder holds, those that lie in others behind them. Links are not followed. */
async function entriesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      found.push(path);
      if (entry.isDirectory()) pending.push(path);
    }
  }
  return found;
}

/** What tells that a file or folder was not touched: the system sets the time of change, and no program can. */
async function statesBelow(folder: string): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (const path of [folder, ...(await entriesBelow(folder))])
    states.set(path, stateOf(await lstat(path, { bigint: true })));
  return states;
}

function stateOf({ ino, size, mode, ctimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mode} ${ctimeNs}`;
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = writeFailure(error);
    if (why === undefined) throw error;
    const hint = isDiskFull(error)
      ? 'Free space, or put the store on another disk.'
      : 'Look at the folder of the store.';
    throw new EnvironmentError(`${path}: ${why}`, { cause: error, hint });
  }
}
