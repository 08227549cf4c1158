import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { digestOf } from '../../../src/formats/digest.js';
import { hashDataset } from '../../../src/run/dataset-files.js';
import { Store } from '../../../src/store/store.js';
import { range } from '../plan/sample-workflow.js';
import { temporaryFolder } from '../store/temporary-store.js';

const folder = temporaryFolder();
const store = Store.open(join(folder, 'store'));

const leftOut: string[] = [];
const hash = (path: string, files?: readonly string[]) =>
  hashDataset(
    { name: 'notes', range, path: join(folder, path), ...(files && { files }) },
    store,
    undefined,
    (message) => leftOut.push(message),
  );

async function refusal(path: string, files?: readonly string[]): Promise<string> {
  try {
    await hash(path, files);
  } catch (error) {
    assert.instance(error, InvalidWorkflowError, String(error));
    assert.match((error as Error).message, /^dataset notes: /);
    return renderDiagnostics((error as InvalidWorkflowError).diagnostics);
  }
  throw new Error('expected the dataset to be refused');
}

mkdirSync(join(folder, 'data/more'), { recursive: true });
writeFileSync(join(folder, 'data/b.jsonl'), '{}\n');
writeFileSync(join(folder, 'data/more/c.csv.gz'), 'c');
writeFileSync(join(folder, 'data/LICENSE'), 'free');
symlinkSync('b.jsonl', join(folder, 'data/a.jsonl'));

test('a file is its own dataset, found again where it lies', async () => {
  const artifacts = await hash('data/b.jsonl');
  const at = { file: join(folder, 'data/b.jsonl'), offset: 0 };
  assert.equal(artifacts, { 'file/b.jsonl': { digest: digestOf(Buffer.from('{}\n')), bytes: 3, at } });
});

test('of a folder all data files count, links to files among them, and nothing else', async () => {
  const artifacts = await hash('data');
  assert.equal(Object.keys(artifacts), ['file/a.jsonl', 'file/b.jsonl']);
  assert.is(artifacts['file/a.jsonl']!.digest, artifacts['file/b.jsonl']!.digest);
});

test('named files are those, also in folders below', async () => {
  assert.equal(Object.keys(await hash('data', ['more/c.csv.gz', 'b.jsonl'])), ['file/more/c.csv.gz', 'file/b.jsonl']);
});

test('what systems and editors leave behind is not data, and what looks like data and is not read is named', async () => {
  const littered = join(folder, 'littered');
  mkdirSync(join(littered, 'train'), { recursive: true });
  mkdirSync(join(littered, '.cache'));
  for (const name of ['._a.jsonl', '.a.swp.jsonl', '.DS_Store', 'Thumbs.db', 'a.jsonl~', '#a.jsonl#', 'a.jsonl']) {
    writeFileSync(join(littered, name), '{}\n');
  }
  writeFileSync(join(littered, 'train/b.csv'), 'b\n');
  writeFileSync(join(littered, '.cache/c.csv'), 'c\n');
  leftOut.length = 0;
  assert.equal(Object.keys(await hash('littered')), ['file/a.jsonl']);
  assert.equal(leftOut, [`dataset notes: of ${littered} ._a.jsonl, .a.swp.jsonl, train/ is not read`]);
  leftOut.length = 0;
  assert.equal(Object.keys(await hash('littered', ['a.jsonl'])), ['file/a.jsonl']);
  assert.equal(Object.keys(await hash('littered/.a.swp.jsonl')), ['file/.a.swp.jsonl']);
  assert.equal(leftOut, []);
});

test('a link to nothing among the data files is refused: its rows would be missing', async () => {
  mkdirSync(join(folder, 'linked'));
  writeFileSync(join(folder, 'linked/a.jsonl'), '{}\n');
  symlinkSync('nowhere', join(folder, 'linked/lost.jsonl'));
  assert.match(await refusal('linked'), /dataset notes: lost\.jsonl leads to no file/);
  assert.equal(Object.keys(await hash('linked', ['a.jsonl'])), ['file/a.jsonl']);
});

test('what is not there is refused at its place in the workflow, with what is there', async () => {
  assert.match(
    await refusal('none.jsonl'),
    /sample\.yaml:3:5: error: dataset notes: there is nothing at .*none\.jsonl/,
  );
  assert.match(await refusal('data', ['b.jsonl', 'd.jsonl', 'lost.jsonl']), /holds no d\.jsonl, lost\.jsonl/);
  assert.match(await refusal('data', ['d.jsonl']), /There is: LICENSE, a\.jsonl, b\.jsonl, more\./);
  assert.match(await refusal('data/LICENSE'), /is not a dataset file by its name\n.*\.jsonl, \.json, \.csv/s);
  assert.match(await refusal('data/b.jsonl', ['b.jsonl']), /is a file, and files chooses among those of a folder/);
  mkdirSync(join(folder, 'empty'));
  assert.match(await refusal('empty'), /holds no dataset file\n.*There is: nothing\. runflow reads/s);
});

test('a pipe is refused, not waited for, and a link to itself is called so', async () => {
  mkdirSync(join(folder, 'pipes'));
  execFileSync('mkfifo', [join(folder, 'pipes/x.jsonl')]);
  symlinkSync('round.jsonl', join(folder, 'round.jsonl'));
  assert.match(await refusal('pipes/x.jsonl'), /x\.jsonl is not a regular file/);
  assert.match(await refusal('pipes'), /pipes holds x\.jsonl, which is not a regular file/);
  assert.match(await refusal('pipes', ['x.jsonl']), /pipes holds x\.jsonl, which is not a regular file/);
  assert.match(await refusal('round.jsonl'), /leads back to itself/);
});

test.run();
