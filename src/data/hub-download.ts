import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError, EnvironmentError } from '../diagnostics/errors.js';
import { isDiskFull, writeFailure } from '../diagnostics/file-system-error.js';
import { PassingFault } from '../diagnostics/passing-fault.js';
import { readParts } from '../formats/file-access.js';
import { makeFolder } from '../formats/make-folder.js';
import { renameSynced } from '../formats/replace-file.js';
import { describe, type HubConnection, type Subject } from './hub-connection.js';

/** What the hub says of a file: enough to know whether it arrived whole. */
export interface Expected {
  readonly bytes: number;
  /** Git's blob id (40 digits), or for large files the sha256 of the content (64 digits). */
  readonly checksum: string;
}

/** An incomplete download that was not written to for this long belongs to no living process. */
const abandonedMilliseconds = 120_000;
const progressWorthRetrying = 1 << 20;

/**
 * Downloads a file to `target`: resumed where an earlier attempt or run stopped, verified against its checksum, and
 * under its name only when it is whole and on disk.
 */
export async function downloadVerified(
  connection: HubConnection,
  url: string,
  target: string,
  expected: Expected,
  subject: Subject,
  onProgress: (bytes: number) => void,
): Promise<void> {
  try {
    await makeFolder(dirname(target));
    const incomplete = await adoptIncomplete(target);
    for (let mismatches = 0; ; mismatches++) {
      await downloadInto(incomplete, connection, url, expected, subject, onProgress);
      const found = await checksumOf(incomplete, expected);
      if (found === expected.checksum) break;
      await rm(incomplete);
      if (mismatches > 0) {
        throw new DataError(
          `${describe(subject)}: what arrives is not what the hub lists: checksum ${found} instead of ${expected.checksum}`,
          {
            hint: 'A proxy or mirror may change or cut files: check HF_ENDPOINT, and try again later.',
          },
        );
      }
    }
    await renameSynced(incomplete, target);
  } catch (error) {
    throw explained(error, dirname(target));
  }
}

/** Bytes [offset, offset + bytes) of a URL. A server that knows no ranges is read up to there, and no further. */
export async function downloadRange(
  connection: HubConnection,
  url: string,
  offset: number,
  bytes: number,
  subject: Subject,
): Promise<Uint8Array<ArrayBuffer>> {
  const end = offset + bytes;
  const headers = { 'accept-encoding': 'identity', range: `bytes=${offset}-${end - 1}` };
  return connection.retry(subject, async () => {
    const response = await connection.open(url, headers, subject);
    const given = response.headers.get('content-range')?.startsWith(`bytes ${offset}-`);
    let at = response.status === 206 && given ? offset : 0;
    const range = new Uint8Array(bytes);
    for await (const part of connection.body(response)) {
      const wanted = part.subarray(Math.max(0, offset - at), Math.max(0, end - at));
      range.set(wanted, Math.max(0, at - offset));
      at += part.length;
      if (at >= end) return range;
    }
    throw new PassingFault(`${at} of ${end} bytes arrived`);
  });
}

/** A name of its own for an incomplete download, so that two processes never write one file; takes over a dead one's. */
async function adoptIncomplete(target: string): Promise<string> {
  const own = `${target}.${randomUUID()}.runflow-incomplete`;
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith('.runflow-incomplete')) continue;
    const file = join(folder, name);
    const status = await stat(file).catch(() => undefined);
    if (status === undefined || Date.now() - status.mtimeMs < abandonedMilliseconds) continue;
    const adopted = await rename(file, own).then(
      () => true,
      () => false,
    );
    if (adopted) break;
  }
  return own;
}

async function downloadInto(
  file: string,
  connection: HubConnection,
  url: string,
  expected: Expected,
  subject: Subject,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const handle = await open(file, 'a+');
  try {
    let size = (await handle.stat()).size;
    let gained = 0;
    if (size > expected.bytes) {
      await handle.truncate(0);
      size = 0;
    }
    onProgress(size);
    const restart = async (): Promise<void> => {
      await handle.truncate(0);
      onProgress(-size);
      size = 0;
    };
    await connection.retry(
      subject,
      async () => {
        gained = 0;
        if (size === expected.bytes) return;
        const headers: Record<string, string> = { 'accept-encoding': 'identity' };
        if (size > 0) headers.range = `bytes=${size}-`;
        const response = await connection.open(url, headers, subject);
        const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${size}-`);
        if (size > 0 && !resumed) await restart();
        if (response.status === 416) throw new PassingFault('the hub refuses to resume');
        for await (const part of connection.body(response)) {
          if (size + part.length > expected.bytes) {
            await restart();
            throw new PassingFault(`more than the ${expected.bytes} bytes that the hub lists`);
          }
          await handle.writeFile(part);
          size += part.length;
          gained += part.length;
          onProgress(part.length);
        }
        if (size < expected.bytes) throw new PassingFault(`${size} of ${expected.bytes} bytes arrived`);
      },
      () => gained >= progressWorthRetrying,
    );
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The checksum of a file in the kind that is expected: sha256, or sha1 as git names blobs. */
export async function checksumOf(file: string, expected: Expected): Promise<string> {
  const hash = createHash(expected.checksum.length === 64 ? 'sha256' : 'sha1');
  if (expected.checksum.length === 40) hash.update(`blob ${expected.bytes}\0`);
  for await (const part of readParts(file, { offset: 0, bytes: expected.bytes })) hash.update(part);
  return hash.digest('hex');
}

function explained(error: unknown, folder: string): unknown {
  const why = writeFailure(error);
  if (why === undefined) return error;
  const hint = isDiskFull(error)
    ? 'Free space, or move the cache with HF_HOME; what has arrived is kept.'
    : 'Set HF_HOME to a folder that you may write to.';
  return new EnvironmentError(`${folder}: the Hugging Face cache cannot be written: ${why}`, { cause: error, hint });
}
