import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outputFile, outputNames, readOutput } from '../../../src/programs/outputs.js';
import { WorkingFolder } from '../../../src/programs/working-folder.js';

const test = suite<{ root: string; folder: WorkingFolder }>('working folders');
test.before.each(async (context) => {
  context.root = mkdtempSync(join(tmpdir(), 'runflow-folder-'));
  context.folder = await WorkingFolder.make(join(context.root, 'command'));
});
test.after.each(({ root }) => rm(root, { recursive: true, force: true }));

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  );

test('all but outputs is read-only once it is sealed, and files of the program may be executed', async ({ folder }) => {
  await folder.add('lib/score.sh', 'x');
  await folder.add('inputs/rows.jsonl', '{}\n');
  await folder.seal();
  const modes = ['lib', 'lib/score.sh', 'inputs', 'inputs/rows.jsonl', 'outputs'].map(
    (name) => statSync(join(folder.path, name)).mode & 0o777,
  );
  assert.equal(modes, [0o555, 0o555, 0o555, 0o444, 0o700]);
});

test('a folder of an earlier attempt is removed, its read-only parts too, and links are not followed', async ({
  root,
  folder,
}) => {
  writeFileSync(join(root, 'mine'), 'kept');
  symlinkSync(root, join(folder.outputs, 'link'));
  await folder.add('inputs/deep/rows.jsonl', '{}\n');
  await folder.seal();
  const again = await WorkingFolder.make(join(root, 'command'));
  assert.equal(readdirSync(again.inputs), []);
  assert.ok(statSync(join(root, 'mine')).isFile());
});

test('read-only folders can be removed by a user who is not root', async ({ root, folder }) => {
  await folder.add('inputs/deep/rows.jsonl', '{}\n');
  await folder.seal();
  if (process.getuid?.() !== 0) return folder.remove();
  // Root may remove anything: the same is done as another user.
  spawnSync('chown', ['-R', '65534:65534', root]);
  chmodSync(root, 0o777);
  // The module is read as root: the project may lie in a folder that no one else may read.
  const script = `
    import('${new URL('../../../src/formats/remove-folder.js', import.meta.url)}').then(({ removeFolder }) => {
      process.setgid(65534); process.setuid(65534);
      return removeFolder(process.argv[1]);
    });`;
  const done = spawnSync(process.execPath, ['-e', script, join(root, 'command')], { encoding: 'utf8' });
  assert.is(done.status, 0, done.stderr);
  assert.equal(readdirSync(root), []);
});

test('an input that is changed, added, removed or linked to is found', async ({ folder, root }) => {
  await folder.add('inputs/rows.jsonl', '{}\n');
  await folder.seal();
  await folder.checkInputs('it');
  const file = join(folder.inputs, 'rows.jsonl');
  linkSync(file, join(root, 'linked'));
  assert.match(await messageOf(folder.checkInputs('it')), /it changed inputs\/rows\.jsonl: inputs are to be read only/);
  await folder.seal();
  chmodSync(folder.inputs, 0o700);
  assert.match(await messageOf(folder.checkInputs('it')), /it changed inputs: /);
  writeFileSync(join(folder.inputs, 'more'), '');
  await folder.seal();
  await rm(join(folder.inputs, 'more'), { force: true });
  assert.match(await messageOf(folder.checkInputs('it')), /it changed inputs/);
  await rm(folder.inputs, { recursive: true });
  assert.match(await messageOf(folder.checkInputs('it')), /it changed inputs/);
});

test('what a program writes is measured wherever it is, and inputs are not', async ({ folder }) => {
  await folder.add('inputs/rows.jsonl', 'x'.repeat(5000));
  assert.is(await folder.overstepped(1000), undefined);
  writeFileSync(join(folder.temporary, 'a'), 'x'.repeat(600));
  assert.is(await folder.overstepped(1000), undefined);
  writeFileSync(join(folder.outputs, 'b'), 'x'.repeat(600));
  assert.is(await folder.overstepped(1000), 'wrote more than 1000 B');
});

test('files of the program itself do not count as written, unless they grow', async ({ folder }) => {
  await folder.add('lib/large', 'x'.repeat(5000));
  await folder.seal();
  writeFileSync(join(folder.outputs, 'b'), 'x'.repeat(600));
  assert.is(await folder.overstepped(1000), undefined);
  chmodSync(join(folder.path, 'lib', 'large'), 0o700);
  writeFileSync(join(folder.path, 'lib', 'large'), 'x'.repeat(5500));
  assert.is(await folder.overstepped(1000), 'wrote more than 1000 B');
});

test('an output is a regular file of its folder; nothing is read through a link', async ({ folder, root }) => {
  writeFileSync(join(root, 'secret'), 'secret');
  const { outputs } = folder;
  writeFileSync(join(outputs, 'good'), 'good');
  mkdirSync(join(outputs, 'folder'));
  writeFileSync(join(outputs, 'folder', 'deep'), 'deep');
  symlinkSync(join(root, 'secret'), join(outputs, 'link'));
  symlinkSync(root, join(outputs, 'way'));
  spawnSync('mkfifo', [join(outputs, 'pipe')]);
  const parts: Uint8Array[] = [];
  for await (const part of readOutput('it', await outputFile('it', outputs, 'folder/deep'))) parts.push(part);
  assert.is(Buffer.concat(parts).toString(), 'deep');
  assert.match(await messageOf(outputFile('it', outputs, 'none')), /it ended without outputs\/none/);
  assert.match(await messageOf(outputFile('it', outputs, 'link')), /left outputs\/link, which is a link/);
  assert.match(await messageOf(outputFile('it', outputs, 'way/secret')), /left outputs\/way, which is a link/);
  assert.match(await messageOf(outputFile('it', outputs, 'pipe')), /which is not a regular file/);
  assert.match(await messageOf(outputFile('it', outputs, 'folder')), /which is not a regular file/);
  assert.match(await messageOf(outputNames('it', outputs, '.')), /which is (a link|not a regular file)/);
  assert.equal(await outputNames('it', outputs, 'folder'), ['folder/deep']);
});

test('outputs that a program put a link in place of are not taken', async ({ folder, root }) => {
  await rm(folder.outputs, { recursive: true });
  symlinkSync(root, folder.outputs);
  writeFileSync(join(root, 'scores.jsonl'), '{}');
  assert.match(await messageOf(outputFile('it', folder.outputs, 'scores.jsonl')), /outputs, which is a link/);
});

test.run();
