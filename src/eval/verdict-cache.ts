import { lstat, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { isDiskFull } from '../diagnostics/file-system-error.js';
import { encodeCanonical } from '../formats/canonical.js';
import { type Digest, digestOf, hexOf } from '../formats/digest.js';
import type { JsonObject } from '../formats/json.js';
import { makeFolder } from '../formats/make-folder.js';
import { openToRead } from '../formats/regular-file.js';
import { replaceFile } from '../formats/replace-file.js';
import type { ChatAnswer } from './chat-answer.js';

/** What a judge said, to be read as often and in as many ways as anybody wants. */
export type KeptAnswer = Pick<ChatAnswer, 'text' | 'reason'>;

/** A judge's answers by what it was asked. A judge that is asked twice about one response is paid once. */
export interface VerdictCache {
  get(key: Digest): Promise<KeptAnswer | undefined>;
  put(key: Digest, answer: KeptAnswer): Promise<void>;
}

/** Changes with everything that may change the answer: the judge, its prompt, its sampling, the item (as well-formed Unicode). */
export function verdictKey(
  identity: JsonObject,
  { prompt, response }: { readonly prompt: string; readonly response: string },
): Digest {
  return digestOf(encodeCanonical({ judge: identity, prompt, response }));
}

/**
 * One small file an answer, in a folder that several processes may share: a killed process leaves
 * whole answers only. What cannot be read counts as absent.
 */
export class VerdictFolder implements VerdictCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: Digest): Promise<KeptAnswer | undefined> {
    const text = await readFile(this.#file(key), { encoding: 'utf8', flag: openToRead }).catch(() => undefined);
    return text === undefined ? undefined : parseAnswer(text);
  }

  /** @throws EnvironmentError when the disk is full. */
  async put(key: Digest, { text, reason }: KeptAnswer): Promise<void> {
    const file = this.#file(key);
    try {
      await makeFolder(dirname(file));
      // A folder in the place of a verdict would cost this answer again in every run.
      if ((await lstat(file).catch(() => undefined))?.isDirectory()) await rm(file, { recursive: true, force: true });
      await replaceFile(file, JSON.stringify({ text, reason }));
    } catch (error) {
      if (!isDiskFull(error)) throw error;
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

function parseAnswer(json: string): KeptAnswer | undefined {
  let value: { readonly text?: unknown; readonly reason?: unknown } | null;
  try {
    value = JSON.parse(json) as typeof value;
  } catch {
    return undefined;
  }
  const { text, reason } = value ?? {};
  if (typeof reason !== 'string' || (typeof text !== 'string' && text !== null)) return undefined;
  return { text, reason };
}
