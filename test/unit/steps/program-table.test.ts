import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProgramStep } from '../../../src/worker/steps/program-step.js';
import { checkProgramTable } from '../../../src/worker/steps/program-table.js';
import { turnMilliseconds } from '../../turn-clock.js';

/** A step whose program left a table, which is read in parts of some bytes. */
function stepWith(bytes: Uint8Array, partBytes: number): ProgramStep {
  const step: Pick<ProgramStep, 'text' | 'output' | 'read'> = {
    text: 'the program',
    output: async () => ({ path: '', bytes: bytes.length }),
    async *read() {
      for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
    },
  };
  return step as ProgramStep;
}

async function verdict(text: string, partBytes: number): Promise<string> {
  try {
    await checkProgramTable(stepWith(Buffer.from(text), partBytes), 'a.csv');
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}

const tables: readonly (readonly [text: string, verdict: string])[] = [
  ['näme,value\n"é, ""x""\r\n",1\nlast,\n', 'taken'],
  ['\ufeffname,value\r\na,1\r\n\r\nb,-2.5e3', 'taken'],
  ['name,value\na,NaN\nb,some\n', 'taken'],
  ['name,value\na,1\nb, inf \n', 'outputs/a.csv, row 2: value is inf, which is no finite number'],
  ['name,value\na,1\r', 'outputs/a.csv is no table: it has a line that ends in \\r alone'],
  ['name,value\ra,1\n', 'outputs/a.csv is no table: it has a line that ends in \\r alone'],
  ['name,value\r\na,1\nb,2\n', 'outputs/a.csv is no table: it has lines that end in \\r\\n and others that end in \\n'],
  ['\n\n', 'outputs/a.csv is empty: its first line must name the columns'],
  ['name,name\n', 'outputs/a.csv has two columns of the name name'],
];

test('a table is judged alike, wherever its parts end', async () => {
  for (const [text, expected] of tables) {
    for (const partBytes of [1, 2, 3, 7, 1000]) {
      assert.is(await verdict(text, partBytes), expected, `${JSON.stringify(text)} in parts of ${partBytes}`);
    }
  }
  assert.match(await verdict('name,value\na,"1\n', 4), /a\.csv is no table: .*quote/i);
  const cut = Buffer.from('name\né').subarray(0, -1);
  await checkProgramTable(stepWith(cut, 3), 'a.csv').then(
    () => assert.unreachable('half a character was taken'),
    (error: Error) => assert.is(error.message, 'outputs/a.csv is not UTF-8 text'),
  );
});

test('the event loop turns while a large table is read', async () => {
  const rows = Array.from({ length: 200_000 }, (_, row) => `${row},some text,${row / 7}`);
  const folder = await mkdtemp(join(tmpdir(), 'runflow-table-'));
  const path = join(folder, 'a.csv');
  await writeFile(path, `at,text,value\n${rows.join('\n')}\n`);
  const step: Pick<ProgramStep, 'text' | 'output' | 'read'> = {
    text: 'the program',
    output: async () => ({ path, bytes: (await stat(path)).size }),
    read: (file) =>
      createReadStream(file.path, { highWaterMark: 1 << 20 })[Symbol.asyncIterator]() as AsyncGenerator<Buffer>,
  };
  const started = turnMilliseconds();
  let last = started;
  let longest = 0;
  const turn = () => {
    longest = Math.max(longest, turnMilliseconds() - last);
    last = turnMilliseconds();
  };
  const timer = setInterval(turn, 1);
  try {
    await checkProgramTable(step as ProgramStep, 'a.csv');
  } finally {
    clearInterval(timer);
    await rm(folder, { recursive: true });
  }
  turn();
  const whole = last - started;
  assert.ok(longest < whole / 2, `${whole} ms, ${longest} ms of them without a turn`);
});

test.run();
