import { join } from 'node:path';
import { UsageError } from '../diagnostics/errors.js';
import { type Digest, isDigest } from '../formats/digest.js';
import { isInnerName } from '../formats/inner-path.js';
import { placeFile } from '../formats/place-file.js';
import { unlessDamaged } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import { makeNewFolder } from './new-folder.js';
import { resultsOf } from './record.js';

/** The file of a results folder that tells of all others. */
const recordFile = 'run.json';

/** A file of the results folder that a run left. */
export interface PublishedResult {
  /** Below the folder, with `/`. */
  readonly file: string;
  readonly step: string;
  readonly digest: Digest;
  /** False: an earlier run had made it, and this one did not vouch for it. */
  readonly current: boolean;
  /** Whether the store still has its bytes. */
  readonly stored: boolean;
}

/** Files of a run's results folder besides its `run.json`; undefined where nothing is known of them. */
export function resultFiles(store: Store, run: string): readonly PublishedResult[] | undefined {
  const results = resultsOf(store, run);
  if (results === undefined) return undefined;
  const { results: files = [] } = JSON.parse(results.text) as { results?: readonly Record<string, unknown>[] };
  return files.flatMap(({ file, step, digest, current }) => {
    // Nothing that stands in a record may lead out of the folder.
    if (typeof file !== 'string' || !isDigest(digest) || !isInnerName(file)) return [];
    const stored = store.objects.find(digest) !== undefined;
    return [{ file, step: String(step), digest, current: current !== false, stored }];
  });
}

/** Names of what other programs had put into a run's results folder: the store never had them. */
function foreignFiles(store: Store, run: string): readonly string[] {
  const results = resultsOf(store, run);
  const { foreign = [] } = JSON.parse(results?.text ?? '{}') as { foreign?: readonly string[] };
  return foreign;
}

export interface Restored {
  /** Files that were written, `run.json` among them. */
  readonly written: readonly string[];
  /** Files whose bytes are not in the store any more. */
  readonly collected: readonly string[];
  /** Files of other programs, of which the store knows the names only. */
  readonly foreign: readonly string[];
}

/**
 * Writes the results folder of a run as the run left it.
 * @param to absolute
 * @throws UsageError when the folder is not empty or the run published nothing; EnvironmentError when it cannot be written
 */
export async function restoreResults(store: Store, run: string, to: string): Promise<Restored> {
  const results = resultsOf(store, run);
  const files = resultFiles(store, run);
  if (results === undefined || files === undefined) {
    throw new UsageError(`run ${run} left no results folder`, {
      hint: 'It was killed, made none (an export), or is of an earlier version of runflow. runflow path STEP finds single outputs.',
    });
  }
  await makeNewFolder(to);
  const written: string[] = [];
  const collected: string[] = [];
  for (const { file, digest } of files) {
    const object = store.objects.find(digest);
    const bytes = object === undefined ? undefined : await store.objects.read(object).catch(unlessDamaged);
    if (bytes === undefined) {
      collected.push(file);
      continue;
    }
    await placeFile(join(to, file), bytes, '--to');
    written.push(file);
  }
  await placeFile(join(to, recordFile), results.text, '--to');
  written.push(recordFile);
  return { written, collected, foreign: foreignFiles(store, run) };
}
