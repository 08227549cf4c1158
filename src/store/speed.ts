import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, typicalSeconds, wallClock } from '../formats/clock.js';
import { makeFolder } from '../formats/make-folder.js';
import { replaceFile } from '../formats/replace-file.js';

/** A type, not an interface, so that it is JSON. */
export type DiskSpeed = {
  /** Seconds until a small file is safe on disk. */
  readonly fileSeconds: number;
  /** Large files that are written, and bytes that are hashed, a second, 10⁶. */
  readonly megabytesWritten: number;
  readonly megabytesHashed: number;
  /** Characters of JSON lines that are read and written, a second, 10⁶. */
  readonly megacharacters: number;
};

const largeBytes = 2 ** 24;

/** Measures the disk of a folder in about a second; leaves nothing there. */
export async function measureDisk(folder: string, clock: Clock = wallClock): Promise<DiskSpeed> {
  await makeFolder(folder);
  const quick = (repeats: number, action: (at: number) => Promise<void>) => {
    let at = 0;
    return typicalSeconds(() => action(at++), repeats, clock);
  };
  const own = await mkdtemp(join(folder, 'speed-'));
  try {
    const small = await quick(20, (at) => replaceFile(join(own, `small-${at}`), Buffer.alloc(4096, at)));
    const large = Buffer.alloc(largeBytes, 1);
    const written = await quick(4, (at) => replaceFile(join(own, `large-${at}`), large));
    const hashed = await quick(4, async () => void createHash('sha256').update(large).digest('hex'));
    const lines = Array.from({ length: 5000 }, (_, row) =>
      JSON.stringify({ row, text: 'how many are there '.repeat(4) }),
    );
    const characters = lines.reduce((sum, line) => sum + line.length, 0);
    const read = await quick(4, async () => void lines.map((line) => JSON.stringify(JSON.parse(line))));
    return {
      fileSeconds: small,
      megabytesWritten: largeBytes / Math.max(1e-6, written - small) / 1e6,
      megabytesHashed: largeBytes / hashed / 1e6,
      megacharacters: characters / read / 1e6,
    };
  } finally {
    await rm(own, { recursive: true });
  }
}
