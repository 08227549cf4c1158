import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { encodeCanonical } from '../formats/canonical.js';
import { type Digest, digestOf, hexOf } from '../formats/digest.js';
import type { JsonObject } from '../formats/json.js';
import type { JudgeItem, Verdict } from './judge.js';

/** Verdicts by what decides them. A judge that is asked twice about one response is paid once. */
export interface VerdictCache {
  get(key: Digest): Promise<Verdict | undefined>;
  put(key: Digest, verdict: Verdict): Promise<void>;
}

/** Changes with everything that may change the verdict: the judge, its prompt, its sampling, the item (as well-formed Unicode). */
export function verdictKey(identity: JsonObject, { prompt, response }: JudgeItem): Digest {
  return digestOf(encodeCanonical({ judge: identity, prompt, response }));
}

/**
 * One small file a verdict, in a folder that several processes may share: written beside its place and renamed, so that
 * a killed process leaves whole verdicts only. What cannot be read counts as absent.
 */
export class VerdictFolder implements VerdictCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: Digest): Promise<Verdict | undefined> {
    const text = await readFile(this.#file(key), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : parseVerdict(text);
  }

  /** @throws EnvironmentError when the disk is full. */
  async put(key: Digest, verdict: Verdict): Promise<void> {
    const file = this.#file(key);
    const { score, raw } = verdict;
    const draft = `${file}.${randomUUID()}`;
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(draft, JSON.stringify({ score, raw }));
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      throw new EnvironmentError(`The disk is full: a verdict does not fit into ${this.#folder}`, {
        cause: error,
        hint: 'Free space or move the store (`--store`), and run again: verdicts that were kept are not asked for again.',
      });
    }
  }

  #file(key: Digest): string {
    const hex = hexOf(key);
    return join(this.#folder, hex.slice(0, 2), `${hex.slice(2)}.json`);
  }
}

function parseVerdict(text: string): Verdict | undefined {
  let value: { readonly score?: unknown; readonly raw?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  const known = value?.score === null || [1, 2, 3, 4, 5].includes(value?.score as number);
  return known && typeof value?.raw === 'string' ? (value as Verdict) : undefined;
}
