/**
 * Peak memory and time of reading files that unpack to gigabytes, or say that they do: node dist/test/bench/data-bombs.js
 *
 * Makes them in a temporary folder (needs 100 MB, and xz where there is one) and reads each in a process of its own, the
 * way the step `rows` does. Prints one line a file: its size, the peak resident memory, the seconds (and those of CPU), and how it ended.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { DataFile } from '../../src/data/data-file.js';
import { readRows } from '../../src/data/read-rows.js';
import { RowSelection } from '../../src/data/transform-rows.js';

const unpackedBytes = 6 * 2 ** 30;
const memberBytes = 1 << 24;

/** Members one after the other, of together six gigabytes of one text repeated. */
function bomb(text: string, head = ''): Uint8Array {
  const member = gzipSync(text.repeat(Math.ceil(memberBytes / text.length)), { level: 9 });
  return Buffer.concat([gzipSync(head), ...Array.from({ length: unpackedBytes / memberBytes }, () => member)]);
}

function make(folder: string): string[] {
  const files: Record<string, Uint8Array> = {
    'plain.jsonl': Buffer.from('{"prompt":"a","response":"b"}\n'.repeat(100)),
    'rows.jsonl.gz': bomb('{"a":1}\n'),
    'empty-lines.jsonl.gz': bomb('\n'),
    'one-line.jsonl.gz': bomb('x', '{"a":"'),
    'nested.jsonl.gz': bomb('{"a":[[],[],[],[],[],[],[],[],[],[]]}\n'),
    'list.json.gz': bomb('{"a":1},', '['),
    'data.json.gz': bomb('{"a":1},', '{"data":['),
    'table.csv.gz': bomb('1,2\n', 'a,b\n'),
    'one-cell.csv.gz': bomb('x', 'a,b\n"'),
    'run.parquet': new Uint8Array(
      parquetWriteBuffer({ columnData: [{ name: 'n', data: new Int32Array(9_000_000), type: 'INT32' }] }),
    ),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'sparse.csv'), 'a,b\n');
  truncateSync(join(folder, 'sparse.csv'), 3e9);
  const xz = join(folder, 'rows.jsonl');
  writeFileSync(xz, '{"a":1}\n'.repeat(1 << 24));
  const packed = spawnSync('xz', ['-1', xz]).status === 0;
  return [...Object.keys(files), 'sparse.csv', packed ? 'rows.jsonl.xz' : 'rows.jsonl'].map((name) =>
    join(folder, name),
  );
}

async function read(path: string): Promise<void> {
  const descriptor = openSync(path, 'r');
  const file: DataFile = {
    name: basename(path),
    bytes: statSync(path).size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      readSync(descriptor, bytes, 0, length, offset);
      return bytes;
    },
  };
  const started = performance.now();
  let outcome: string;
  try {
    const selection = new RowSelection({}, file.name);
    for await (const batch of readRows(file)) for (const row of batch) selection.add(row);
    let rows = 0;
    for (const _ of selection.finish()) rows++;
    outcome = `${rows} rows`;
  } catch (error) {
    outcome = `${(error as Error).name}: ${(error as Error).message}`;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { user, system } = process.cpuUsage();
  const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
  const size = (file.bytes / 1e6).toFixed(1);
  console.log(
    `${file.name}: ${size} MB; peak ${mebibytes} MiB, ${seconds} s (CPU ${((user + system) / 1e6).toFixed(1)} s); ${outcome}`,
  );
}

const [given] = process.argv.slice(2);
if (given !== undefined) await read(given);
else {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-bombs-'));
  try {
    for (const file of make(folder)) {
      spawnSync(process.execPath, [fileURLToPath(import.meta.url), file], { stdio: 'inherit' });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
